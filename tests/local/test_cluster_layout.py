"""The files and ports of a cluster, and the objects it applies."""

from __future__ import annotations

import shutil
import socket
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from cryptography import x509

from ai_platform.local import certificates, cluster, kserve, kueue, layout, objects, simulator
from ai_platform.local.errors import ClusterError


@pytest.fixture(autouse=True)
def small_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here is encrypted, and large keys take most of the time."""
    monkeypatch.setattr(certificates, "_RSA_BITS", 1024)


def test_what_was_made_once_is_kept(tmp_path: Path) -> None:
    first = layout.prepare_layout("dev", tmp_path, {})
    files = {path: path.read_bytes() for path in first.directory.rglob("*") if path.is_file()}
    assert layout.prepare_layout("dev", tmp_path, {}) == first
    assert {path: path.read_bytes() for path in first.directory.rglob("*") if path.is_file()} == files


def test_nobody_else_may_read_a_key(tmp_path: Path) -> None:
    made = layout.prepare_layout("dev", tmp_path, {})
    private = [*made.directory.rglob("*.key"), made.kubeconfig, *(made.directory / "kubeconfigs").iterdir()]
    assert len(private) > 5
    assert {path.stat().st_mode & 0o077 for path in private} == {0}


def test_a_kubeconfig_is_complete_in_itself(tmp_path: Path) -> None:
    made = layout.prepare_layout("dev", tmp_path, {})
    content = yaml.load(made.kubeconfig.read_text(), yaml.CSafeLoader)
    assert content["current-context"] == "ai-platform-dev"
    assert content["clusters"][0]["cluster"]["server"] == f"https://127.0.0.1:{made.ports['kube-apiserver']}"
    assert str(tmp_path) not in made.kubeconfig.read_text()


def test_two_clusters_trust_different_authorities(tmp_path: Path) -> None:
    both = [layout.prepare_layout(name, tmp_path, {}) for name in ("one", "two")]
    texts = [made.pair("authority").certificate.read_text() for made in both]
    assert texts[0] != texts[1]


def test_kueues_rotation_finds_its_own_name_in_the_authority(tmp_path: Path) -> None:
    made = layout.prepare_layout("dev", tmp_path, {})
    authority = x509.load_pem_x509_certificate(made.pair("webhook-authority").certificate.read_bytes())
    names = authority.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["kueue-ca"]
    assert b"BEGIN RSA PRIVATE KEY" in made.pair("webhook-authority").key.read_bytes()


def test_ports_are_free_and_different() -> None:
    chosen = layout.choose_ports({"kube-apiserver": 6443})
    assert set(chosen) == set(layout.PORTS)
    assert len(set(chosen.values())) == len(chosen)
    assert chosen["kube-apiserver"] == 6443
    for port in chosen.values():
        with socket.socket() as free:
            free.bind(("127.0.0.1", port))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems can't hold a port for somebody")
def test_a_port_that_was_chosen_is_kept_for_its_program() -> None:
    with ExitStack() as holding:
        port = layout.choose_ports({}, holding)["etcd"]
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))
        with socket.create_server(("127.0.0.1", port)):
            socket.create_connection(("127.0.0.1", port)).close()


@pytest.mark.parametrize(
    ("ports", "message"),
    [
        ({"kubelet": 1}, "unknown ports kubelet"),
        ({"etcd": 7, "kwok": 7}, "a port was given twice: etcd 7, kwok 7"),
    ],
)
def test_ports_that_make_no_sense_are_refused(ports: dict[str, int], message: str) -> None:
    with pytest.raises(ClusterError, match=message):
        layout.choose_ports(ports)


def test_a_cluster_does_not_move_to_other_ports(tmp_path: Path) -> None:
    layout.prepare_layout("dev", tmp_path, {"kube-apiserver": 6443})
    with pytest.raises(ClusterError, match=r"kube-apiserver 6443.*take it down"):
        layout.prepare_layout("dev", tmp_path, {"kube-apiserver": 6444})


@pytest.mark.parametrize("name", ["", "Dev", "a_b", "../dev", "-a", "a-", "a" * 41, "a\n"])
def test_a_name_that_could_lead_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="is no name for a cluster"):
        cluster.down(name, root=tmp_path, report=lambda _: None)


def test_there_is_nothing_to_say_about_a_cluster_that_was_never_started(tmp_path: Path) -> None:
    assert cluster.status("dev", root=tmp_path) == []
    cluster.down("dev", root=tmp_path, report=lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_cluster_that_is_half_made_can_be_looked_at_and_removed(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "ports.json").write_text('{"etcd": 1')
    with pytest.raises(ClusterError, match="take the cluster down"):
        cluster.status("dev", root=tmp_path)
    cluster.down("dev", root=tmp_path, report=lambda _: None)
    layout.prepare_layout("dev", tmp_path, {})
    assert [entry.running for entry in cluster.status("dev", root=tmp_path)] == [False] * 7
    cluster.down("dev", root=tmp_path, report=lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_missing_tools_are_named_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"the program etcd \(not given\).*the manifests of kueue"):
        cluster.up("dev", root=tmp_path, tools={}, manifests={}, report=lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_who_waited_for_a_cluster_that_was_removed_gets_a_new_lock(tmp_path: Path) -> None:
    directory = tmp_path / "dev"
    entered = threading.Event()

    def wait_for_it() -> None:
        with layout.locked(directory):
            assert (directory / "lock").is_file()
            entered.set()

    waiting = threading.Thread(target=wait_for_it)
    with layout.locked(directory):
        waiting.start()
        assert not entered.wait(0.2)
        shutil.rmtree(directory)
    waiting.join(60)
    assert entered.is_set()


def test_settings_of_kueue_and_kserve_stay_on_the_loopback_interface(tmp_path: Path) -> None:
    made = layout.prepare_layout("dev", tmp_path, {})
    settings = kueue.settings(made)
    assert settings["metrics"]["bindAddress"].startswith("127.0.0.1:")
    assert settings["health"]["healthProbeBindAddress"].startswith("127.0.0.1:")
    assert settings["webhook"]["host"] == "127.0.0.1"
    tools = dict.fromkeys(cluster.TOOLS, Path("tool"))
    assert "--health-probe-addr=127.0.0.1" in " ".join(kserve.program(made, tools).command)


def test_kueue_shares_fairly_only_where_it_is_told_to(tmp_path: Path) -> None:
    made = layout.prepare_layout("dev", tmp_path, {})
    assert not kueue.shares_fairly(made)
    for fair in (True, False):
        kueue.write_settings(made, fair_sharing=fair)
        assert kueue.shares_fairly(made) is fair
    assert kueue.settings(made, fair_sharing=True)["fairSharing"]["preemptionStrategies"]
    tools = dict.fromkeys(cluster.TOOLS, Path("tool"))
    with_it, without = (kueue.program(made, tools, fair_sharing=fair).settings for fair in (True, False))
    assert with_it != without


def test_webhooks_lead_to_the_host(tmp_path: Path) -> None:
    upstream = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "checks", "creationTimestamp": None},
        "webhooks": [
            {"name": "one", "clientConfig": {"service": {"name": "a", "namespace": "b", "path": "/c"}}}
        ],
    }
    path = tmp_path / "manifests.yaml"
    path.write_text(yaml.safe_dump_all([upstream, {"kind": "Service", "metadata": {"name": "a"}}]))
    (made,) = objects.read_webhooks(path, service="s", namespace="n", port=1234, ca_bundle="Y2E=")
    assert made["metadata"] == {
        "name": "checks",
        "labels": {"app.kubernetes.io/managed-by": "ai-platform-local"},
    }
    assert made["webhooks"][0]["clientConfig"] == {
        "caBundle": "Y2E=",
        "service": {"name": "s", "namespace": "n", "port": 1234, "path": "/c"},
    }


def test_stages_belong_to_us_and_have_different_names() -> None:
    stages = simulator.stages()
    names = [stage["metadata"]["name"] for stage in stages]
    assert len(set(names)) == len(names)
    assert all(name.startswith("simulated-") for name in names)
    assert all(stage["metadata"]["labels"] for stage in stages)

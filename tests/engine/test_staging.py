"""``staging`` applied on the real engine: GKE with TCPXO, with stand-ins for the cloud and its cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ai_platform.local.api import Api, connect
from ai_platform.local.cluster import Cluster
from ai_platform.local.waiting import wait_until
from tests.clouds.moto_server import running_moto
from tests.engine.environments import Applied, applied, ops

pytestmark = pytest.mark.engine
CRDS = Path(__file__).parents[1] / "gpu" / "gcp" / "gke_crds.yaml"
"""What GKE brings to its clusters."""


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory, simulated_cluster: Cluster) -> Iterator[Applied]:
    api = connect(simulated_cluster.kubeconfig)
    api.apply_all(yaml.safe_load_all(CRDS.read_text()))
    assert wait_until(lambda: networks_are_served(api), limit_s=30)
    root = tmp_path_factory.mktemp("staging")
    with running_moto() as moto, applied(root, ["staging"], moto, simulated_cluster) as made:
        yield made


def networks_are_served(api: Api) -> bool:
    groups = {group["name"] for group in api.send("GET", "/apis")["groups"]}
    return "networking.gke.io" in groups and bool(api.send("GET", "/apis/networking.gke.io/v1")["resources"])


def test_the_preview_before_fits_and_asks_nothing_of_a_cloud(staging: Applied) -> None:
    preview = staging.previews["staging"]
    assert preview.code == 0, preview.output
    assert preview.deprecated == []
    assert staging.calls == []


def test_pools_are_node_pools_of_their_machines(staging: Applied) -> None:
    kept = [found["properties"] for found in staging.first.cloud() if found["type"].endswith(":NodePool")]
    machines = {(pool["nodeConfig"]["machineType"], pool["nodeConfig"].get("spot", False)) for pool in kept}
    assert {("a2-highgpu-8g", False), ("a3-megagpu-8g", True)} <= machines


def test_every_gpu_of_the_fabric_has_a_network_of_its_own_in_the_cluster(staging: Applied) -> None:
    objects = staging.api.list("networking.gke.io/v1", "Network")
    parameters = staging.api.list("networking.gke.io/v1", "GKENetworkParamSet")
    assert len(objects) == len(parameters) == 8
    pools = [found["properties"] for found in staging.first.cloud() if found["type"].endswith(":NodePool")]
    (fabric,) = [pool for pool in pools if pool["nodeConfig"]["machineType"] == "a3-megagpu-8g"]
    interfaces = fabric["networkConfig"]["additionalNodeNetworkConfigs"]
    subnets = {interface["subnetwork"] for interface in interfaces}
    assert {item["spec"]["vpcSubnet"] for item in parameters} == subnets


def test_endpoints_on_slices_and_on_whole_gpus_are_ready(staging: Applied) -> None:
    for name in ("chat-small", "chat-large"):
        service = staging.api.get("serving.kserve.io/v1beta1", "InferenceService", name, "assistants")
        assert service
        conditions = {item["type"]: item["status"] for item in service["status"]["conditions"]}
        assert conditions["Ready"] == "True", name


def test_a_second_up_changes_nothing(staging: Applied) -> None:
    assert ops(staging.first.steps()) == {"same"}


def test_the_state_holds_no_secret_and_nothing_of_this_machine(staging: Applied) -> None:
    state = staging.first.run("stack", "export").output
    assert "ciphertext" not in state
    assert str(staging.first.root) not in state


def test_no_connection_left_this_machine_and_no_sdk_of_a_cloud_was_loaded(staging: Applied) -> None:
    assert staging.first.attempts() == []
    assert staging.moto.calls() == []
    assert staging.first.programs() >= 2
    assert not {name for name in staging.first.modules() if name.startswith(("pulumi_aws", "pulumi_gcp"))}


# Last: what the engine may delete is gone after it.
def test_destroy_refuses_pools_and_cluster(staging: Applied) -> None:
    done = staging.first.destroy()
    assert done.code != 0
    assert "staging-a100-nodes" in done.output
    assert "cannot be deleted" in done.output
    assert {"staging-a100-nodes", "staging-h100-nodes", "staging-cluster"} <= staging.first.export().keys()

"""Runs over RDMA on machines of nobody's cloud, in a cluster that somebody else made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ai_platform.environment import parse
from ai_platform.gpu.simulated_nodes import node_manifest
from ai_platform.local.api import Api, connect
from ai_platform.local.guard import down_afterwards
from ai_platform.local.waiting import wait_until
from ai_platform.plan import make_plan
from tests.cluster_fixture import start
from tests.engine.project import make_project
from tests.foreign_kinds import foreign_kinds

pytestmark = pytest.mark.engine

NAME = "munich"
OPERATOR = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "nvidia-network-operator"}}
THERE = ("cert-manager", "kueue", "kserve-crd", "kserve-resources", "gpu-operator", "network-operator")
MACHINE = {
    "name": "dgx-h100",
    "cloud": "on_premises",
    "gpu": "H100-80GB",
    "gpu_count": 8,
    "vcpu": 224,
    "memory_gib": 2048,
    "fabric": "rdma",
}
CARDS: dict[str, dict[str, Any]] = {
    "functions": {"mode": "sriov", "interfaces": ["ens2f0np0", "ens3f0np0"], "subnet": "192.168.2.0/24"},
    "shared": {"interfaces": ["ens2f0np0"], "subnet": "192.168.3.0/24"},
}
DESCRIPTION: dict[str, Any] = {
    "name": NAME,
    # Runs over RDMA need more than restricted allows, and their image here is only a name.
    "gates": {"levels": {"images-by-digest": "advisory", "pod-security": "advisory"}},
    "cluster": {"provider": "existing", "cluster_identifier": NAME, "kubeconfig": "../munich.kubeconfig"},
    "charts": {"existing": dict.fromkeys(THERE, "skip")},
    "machines": [MACHINE],
    "node_pools": [
        {
            "name": name,
            "machine": "dgx-h100",
            "max_nodes": 2,
            "purchase_option": "owned",
            "fabric": "rdma",
            "rdma": rdma,
        }
        for name, rdma in CARDS.items()
    ],
    "teams": [{"name": "lab", "weight": 1, "pod_security": "privileged"}],
    "training_jobs": [
        {
            "name": f"over-{name}",
            "team": "lab",
            "pool": name,
            "workers": 2,
            "gpus_per_worker": 8,
            "image": "torch",
            "command": ["train"],
            "simulated_seconds": 3600,
        }
        for name in CARDS
    ],
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The platform on a cluster with Kueue, KServe, the network operator's kinds and nodes with cards."""
    root = tmp_path_factory.mktemp("clusters")
    with down_afterwards(NAME, root):
        kubeconfig = start(NAME, root).kubeconfig
        found = connect(kubeconfig)
        found.apply(OPERATOR)
        with foreign_kinds(found):
            for plan in make_plan(parse(DESCRIPTION, subject=NAME)).pools:
                found.apply_all([node_manifest(plan, node) for node in plan.nodes])
            project = make_project(tmp_path_factory.mktemp("project"), NAME)
            project.description.write_text(yaml.safe_dump(DESCRIPTION))
            (project.root / "munich.kubeconfig").write_text(kubeconfig.read_text())
            done = project.run("up")
            assert done.code == 0, done.output
            yield found


@pytest.mark.parametrize("pool", CARDS)
def test_kueue_admits_a_run_over_rdma_and_its_pods_find_nodes_of_their_pool(api: Api, pool: str):
    def placed() -> list[str]:
        pods = api.list("v1", "Pod", labels=f"batch.kubernetes.io/job-name=over-{pool}")
        return sorted(str(pod["spec"].get("nodeName")) for pod in pods)

    wait_until(lambda: placed() == [f"{pool}-0", f"{pool}-1"], limit_s=300, interval_s=0.2)
    assert placed() == [f"{pool}-0", f"{pool}-1"]


def test_the_networks_that_the_pods_name_are_described(api: Api):
    pods = {
        network
        for pod in api.list("v1", "Pod", labels="ai-platform/team=lab")
        for network in pod["metadata"]["annotations"]["k8s.v1.cni.cncf.io/networks"].split(",")
    }
    assert pods == {"default/functions", "default/shared-0"}
    functions = api.get(
        "sriovnetwork.openshift.io/v1", "SriovNetwork", "functions", "nvidia-network-operator"
    )
    assert functions
    assert functions["spec"]["networkNamespace"] == "default"
    assert api.get("mellanox.com/v1alpha1", "MacvlanNetwork", "shared-0")


def test_the_policy_of_an_operator_that_was_there_is_left_alone(api: Api):
    assert not api.list("mellanox.com/v1alpha1", "NicClusterPolicy")

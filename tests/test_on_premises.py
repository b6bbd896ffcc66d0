"""A platform on the machines of nobody's cloud: what is planned, refused, asked for and printed."""

from __future__ import annotations

import pulumi
import pytest

from ai_platform.catalogs import machines_of
from ai_platform.cli.nodes import node_lines
from ai_platform.components.cluster import Cluster
from ai_platform.components.cluster_spec import ClusterProvider
from ai_platform.components.errors import InvalidInput
from ai_platform.environment import parse
from ai_platform.gpu.doctor.expectation import pool_expectation
from ai_platform.gpu.gpu_software import make_gpu_software, rdma_pools
from ai_platform.gpu.simulated_nodes import node_manifest
from ai_platform.gpu.training_job import TrainingJobArgs, job_manifest
from ai_platform.plan import make_plan
from ai_platform.platform_parts import make_software
from ai_platform.testing import record
from tests.clusters import SIMULATED as SIMULATED_CLUSTER

EXISTING = {"provider": "existing", "cluster_identifier": "munich-1", "kubeconfig": "munich.kubeconfig"}
POLICY = "kubernetes:mellanox.com/v1alpha1:NicClusterPolicy"
SIMULATED = {"provider": "simulated"}
EKS = {"provider": "eks", "kubernetes_version": "1.35", "zones": ["us-east-1a", "us-east-1b"]}
MACHINE = {
    "name": "dgx-h100",
    "cloud": "on_premises",
    "gpu": "H100-80GB",
    "gpu_count": 8,
    "vcpu": 224,
    "memory_gib": 2048,
    "fabric": "rdma",
}
PORTS = [f"ens{number}f0np0" for number in range(8)]
SRIOV = {"mode": "sriov", "interfaces": PORTS, "subnet": "192.168.0.0/20"}
SHARED = {"interfaces": ["ens2f0np0", "ens3f0np0"], "subnet": "192.168.2.0/24"}
INFINIBAND = {"link": "ib"}
POOL = {
    "name": "train",
    "machine": "dgx-h100",
    "max_nodes": 2,
    "fabric": "rdma",
    "purchase_option": "owned",
    "rdma": SRIOV,
}
RUN = {
    "name": "run",
    "team": "lab",
    "pool": "train",
    "workers": 2,
    "gpus_per_worker": 8,
    "image": "torch",
    "command": ["train"],
}
LAB = {"name": "lab", "weight": 1, "pod_security": "privileged"}


def described(cluster=EXISTING, machine=MACHINE, run=RUN, team=LAB, prices=(), others=(), **pool):
    described = {key: value for key, value in {**POOL, **pool}.items() if value is not None}
    return parse(
        {
            "name": "test",
            "cluster": cluster,
            "machines": [machine],
            "node_pools": [described, *others],
            "teams": [team],
            "training_jobs": [run],
            "prices": list(prices),
        },
        subject="test",
    )


def refused(**keys):
    with pytest.raises(InvalidInput) as caught:
        make_plan(described(**keys))
    return {problem.path: problem.expected for problem in caught.value.problems}


def pod_of(**keys):
    plan = make_plan(described(**keys))
    return job_manifest(TrainingJobArgs(**plan.training_jobs[0].model_dump()))["spec"]["template"]


def flavor_of(plan, name):
    (flavor,) = plan.teams[0].queue.flavors
    return next((item.nominal_quota for item in flavor.resources if item.name == name), None)


def test_a_run_gets_its_part_of_the_virtual_functions_and_a_network_for_each():
    pod = pod_of(run={**RUN, "gpus_per_worker": 2})
    worker = pod["spec"]["containers"][0]
    assert worker["resources"]["limits"]["nvidia.com/rdma_vf"] == "2"
    assert pod["metadata"]["annotations"]["k8s.v1.cni.cncf.io/networks"] == "default/train,default/train"


def test_a_run_on_shared_cards_takes_one_share_and_the_network_of_each_card():
    pod = pod_of(rdma=SHARED)
    worker = pod["spec"]["containers"][0]
    assert worker["resources"]["limits"]["rdma/rdma_shared_device"] == "1"
    assert pod["metadata"]["annotations"]["k8s.v1.cni.cncf.io/networks"] == "default/train-0,default/train-1"


def test_shared_infiniband_needs_no_network():
    assert "k8s.v1.cni.cncf.io/networks" not in pod_of(rdma=INFINIBAND)["metadata"]["annotations"]


def test_locking_memory_takes_a_capability_which_only_root_can_use():
    pod = pod_of()
    assert pod["spec"]["containers"][0]["securityContext"]["capabilities"] == {
        "drop": ["ALL"],
        "add": ["IPC_LOCK"],
    }
    assert "runAsUser" not in pod["spec"]["securityContext"]


def test_a_team_that_may_not_lock_memory_is_told():
    found = refused(team={"name": "lab", "weight": 1})
    assert found == {"teams[0].pod_security": "privileged: pods of run lock memory for rdma"}


def test_virtual_functions_have_a_quota():
    plan = make_plan(described())
    assert plan.pools[0].capacity["nvidia.com/rdma_vf"] == 128
    assert flavor_of(plan, "nvidia.com/rdma_vf") == "128"


def test_shared_cards_have_no_quota_since_nobody_can_run_out_of_them():
    plan = make_plan(described(rdma=SHARED))
    assert "rdma/rdma_shared_device" not in plan.pools[0].capacity
    assert flavor_of(plan, "rdma/rdma_shared_device") is None


@pytest.mark.parametrize(
    ("rdma", "name", "count"),
    [(SRIOV, "nvidia.com/rdma_vf", "64"), (SHARED, "rdma/rdma_shared_device", "63")],
)
def test_a_simulated_node_offers_what_the_plugin_would(rdma, name, count):
    plan = make_plan(described(SIMULATED, rdma=rdma)).pools[0]
    annotations = node_manifest(plan, plan.nodes[0])["metadata"]["annotations"]
    assert f'"{name}": "{count}"' in annotations["simulated.ai-platform/resources"]


def test_own_machines_cost_what_their_owner_says_and_else_nobody_knows():
    assert make_plan(described()).cost.unknown == ("train",)
    price = {"machine": "dgx-h100", "region": "us-east-1", "option": "owned", "usd_per_hour": 20}
    paid = make_plan(described(prices=[{**price, "source": "controlling", "date": "2026-11-01"}]))
    assert paid.pool_costs["train"].maximum == 29200


def test_own_machines_are_not_sold_by_a_cloud():
    assert refused(purchase_option="on_demand") == {
        "node_pools[0].purchase_option": "what dgx-h100 is sold as: owned"
    }
    found = refused(machine={**MACHINE, "purchase_options": ["on_demand"]}, rdma=None, fabric="none")
    assert "machines[0].purchase_options" in found


def test_own_machines_are_on_no_cluster_of_a_cloud():
    assert refused(cluster=EKS)["node_pools[0].machine"] == "a machine of aws, where the cluster is"


def test_a_machine_of_a_cloud_may_be_on_a_cluster_that_somebody_else_made():
    theirs = {"name": "efa", "machine": "p5.48xlarge", "fabric": "efa"}
    assert make_plan(described(others=[theirs])).pools[1].efa_interfaces == 32


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"rdma": None}, "node_pools[0].rdma"),
        ({"fabric": "none"}, "node_pools[0].rdma"),
        ({"machine": {**MACHINE, "fabric": "none"}}, "node_pools[0].fabric"),
        ({"machine": {**MACHINE, "fabric": "efa", "efa_interfaces": 4}}, "machines[0].fabric"),
        ({"rdma": {**SRIOV, "virtual_functions": 1, "interfaces": PORTS[:4]}}, "node_pools[0].rdma"),
        ({"rdma": {**SHARED, "subnet": "192.168.2.0/28"}}, "node_pools[0].rdma"),
        (
            {"fall_back_to": ["more"], "others": [{**POOL, "name": "more"}]},
            "node_pools[0].fall_back_to",
        ),
    ],
)
def test_what_pods_could_not_use_is_refused(keys, path):
    assert path in refused(**keys)


def test_the_operator_learns_of_the_pools_with_rdma_alone():
    environment = described(
        taints=[{"key": "team"}],
        others=[{"name": "serve", "machine": "dgx-h100", "purchase_option": "owned"}],
    )
    (pool,) = rdma_pools(environment.node_pools, machines_of(environment))
    assert (pool.pool, pool.gpus_per_node, [taint.key for taint in pool.taints]) == ("train", 8, ["team"])


def installed(cluster, environment):
    return record(
        lambda: make_gpu_software(
            "test",
            environment.node_pools,
            pulumi.ResourceOptions(),
            cluster=cluster,
            charts=environment.charts,
            machines=machines_of(environment),
            labels={},
        )
    )


def test_a_cluster_that_exists_gets_the_network_operator_behind_the_gpu_operator():
    cluster = Cluster(ClusterProvider.EXISTING, "munich-1", "kubeconfig")
    made = installed(cluster, described())
    operator = made.only("ai-platform:index:NetworkOperator")
    assert any("GpuOperator" in urn for urn in operator.options.depends_on)
    assert made.only(POLICY)


def test_without_rdma_there_is_no_network_operator():
    cluster = Cluster(ClusterProvider.EXISTING, "munich-1", "kubeconfig")
    without = described(fabric=None, rdma=None)
    assert not installed(cluster, without).of("ai-platform:index:NetworkOperator")


def test_a_simulated_cluster_needs_no_network_operator():
    assert not installed(SIMULATED_CLUSTER, described(SIMULATED)).resources


def test_the_node_doctor_looks_for_the_cards():
    environment = described()
    plan = make_plan(environment).pools[0]
    assert pool_expectation(plan, machines_of(environment)["dgx-h100"]).rdma_devices == 8


def test_the_plan_says_which_labels_and_taints_the_nodes_need():
    environment = described(mig=[{"nodes": 1, "gpus": [{"count": 8, "devices": {"1g.10gb": 7}}]}])
    environment = environment.model_copy(update={"training_jobs": []})
    plan = make_plan(environment)
    whole, cut, taint = node_lines(environment, plan)[2:]
    assert whole.strip() == (
        "kubectl label node --overwrite ai-platform/pool=train ai-platform/gpu-stack=operator "
        "nvidia.com/device-plugin.config=whole nvidia.com/mig.config=all-disabled <1 of train>"
    )
    assert f"nvidia.com/mig.config={plan.pools[0].nodes[0].layout} <1 of train>" in cut
    assert taint.strip() == "kubectl taint node --overwrite nvidia.com/gpu=present:NoSchedule <2 of train>"


def test_nodes_that_the_platform_makes_need_nothing():
    environment = described(SIMULATED)
    assert not node_lines(environment, make_plan(environment))


@pytest.mark.parametrize(
    ("said", "driver", "toolkit"),
    [
        ({}, True, True),
        ({"nodes_have": "gpu_driver"}, False, True),
        ({"nodes_have": "gpu_driver_and_toolkit"}, False, False),
    ],
)
def test_the_operator_installs_what_the_nodes_lack(said, driver, toolkit):
    environment = described({**EXISTING, **said})
    cluster = Cluster(ClusterProvider.EXISTING, "munich-1", "munich.kubeconfig")

    def program():
        make_software("test", environment, cluster, pulumi.ComponentResource("test:index:Test", "test"))

    [operator] = (
        item.inputs["values"]
        for item in record(program).of("kubernetes:helm.sh/v4:Chart")
        if item.inputs["chart"].endswith("gpu-operator")
    )
    assert operator["driver"]["enabled"] is driver
    assert operator["toolkit"]["enabled"] is toolkit

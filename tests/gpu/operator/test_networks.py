import json

import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.gpu.machines import Fabric
from ai_platform.gpu.operator.efa import efa_pools, efa_values
from ai_platform.gpu.operator.network_operator import NetworkOperator, sriov_resource
from ai_platform.gpu.spec import NodePoolSpec, TaintSpec
from ai_platform.testing import record

POLICY = "kubernetes:mellanox.com/v1alpha1:NicClusterPolicy"
FUNCTIONS = "kubernetes:sriovnetwork.openshift.io/v1:SriovNetworkNodePolicy"
CUT = {"pool": "train", "mode": "sriov", "interfaces": ["ens2f0np0"], "virtual_functions": 4, "link": "ib"}
POOLS = [
    NodePoolSpec(
        name="train",
        machine="p5.48xlarge",
        fabric=Fabric.EFA,
        zones=["us-east-1a"],
        taints=[TaintSpec(key="team")],
    ),
    NodePoolSpec(name="serve", machine="p5.48xlarge"),
]


def installed(*pools):
    return record(lambda: NetworkOperator("rdma", {"pools": list(pools)}))


def test_one_policy_serves_the_nodes_of_all_rdma_pools():
    policy = installed({"pool": "b"}, {"pool": "a", "taints": [{"key": "team"}]}).only(POLICY).inputs["spec"]
    terms = policy["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert terms[0]["matchExpressions"][0]["values"] == ["a", "b"]
    assert [toleration["key"] for toleration in policy["tolerations"]] == ["nvidia.com/gpu", "team"]


def test_shared_cards_are_one_resource():
    policy = installed({"pool": "a"}).only(POLICY).inputs["spec"]
    (shared,) = json.loads(policy["rdmaSharedDevicePlugin"]["config"])["configList"]
    assert shared["resourceName"] == "rdma_shared_device"
    assert shared["selectors"] == {"vendors": ["15b3"]}


def test_every_image_of_the_policy_is_pinned():
    policy = installed({"pool": "a"}).only(POLICY).inputs["spec"]
    images = [policy["nvIpam"], policy["rdmaSharedDevicePlugin"], *policy["secondaryNetwork"].values()]
    assert {image["version"] for image in images} == {"network-operator-v26.4.1"}


def test_virtual_functions_are_cut_on_the_nodes_of_their_pool_alone():
    recording = installed(CUT, {"pool": "other"})
    spec = recording.only(FUNCTIONS).inputs["spec"]
    assert spec["nodeSelector"] == {"ai-platform/pool": "train"}
    assert spec["numVfs"] == 4
    assert spec["nicSelector"] == {"vendor": "15b3", "pfNames": ["ens2f0np0"]}
    assert spec["linkType"] == "ib"
    assert sriov_resource("train").endswith(spec["resourceName"])
    values = recording.only("kubernetes:helm.sh/v4:Chart").inputs["values"]
    assert values["sriovNetworkOperator"] == {"enabled": True}


def test_shared_cards_need_no_sriov():
    recording = installed({"pool": "a"})
    assert not recording.of(FUNCTIONS)
    values = recording.only("kubernetes:helm.sh/v4:Chart").inputs["values"]
    assert values["sriovNetworkOperator"] == {"enabled": False}


@pytest.mark.parametrize(
    "pool", [{"pool": "a", "mode": "sriov"}, {"pool": "a", "interfaces": ["ens1"]}], ids=["none", "too many"]
)
def test_virtual_functions_come_from_named_interfaces(pool):
    with pytest.raises(InvalidArgs, match="interfaces with mode sriov"):
        installed(pool)


def test_efas_plugin_runs_on_efa_pools_alone_and_tolerates_their_taints():
    assert [pool.name for pool in efa_pools(POOLS)] == ["train"]
    values = efa_values("eu-west-1", POOLS)
    assert values["supportedInstanceLabels"] == {"keys": ["ai-platform/pool"], "values": ["train"]}
    assert [toleration["key"] for toleration in values["tolerations"]] == ["nvidia.com/gpu", "team"]
    assert ".ecr.eu-west-1." in values["image"]["repository"]

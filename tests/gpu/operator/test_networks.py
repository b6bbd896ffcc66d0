import json

import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.gpu.machines import Fabric
from ai_platform.gpu.operator.efa import efa_pools, efa_values
from ai_platform.gpu.operator.network_operator import NetworkOperator
from ai_platform.gpu.spec import NodePoolSpec, TaintSpec
from ai_platform.testing import record

POLICY = "kubernetes:mellanox.com/v1alpha1:NicClusterPolicy"
FUNCTIONS = "kubernetes:sriovnetwork.openshift.io/v1:SriovNetworkNodePolicy"
CUT = {"mode": "sriov", "interfaces": ["ens2f0np0", "ens3f0np0"], "virtual_functions": 4, "link": "ib"}
SHARED_IB = {"link": "ib"}
SHARED_ETH = {"interfaces": ["ens2f0np0", "ens3f0np0"], "subnet": "192.168.2.0/24"}
IPAM = json.dumps({"type": "nv-ipam", "poolName": "train"})
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


def installed(charts=None, **pools):
    described = [{"pool": name, "rdma": rdma, "taints": [{"key": "team"}]} for name, rdma in pools.items()]
    return record(lambda: NetworkOperator("rdma", {"pools": described, "charts": charts or {}}))


def kind(group, name):
    return f"kubernetes:{group}:{name}"


def test_one_policy_serves_the_nodes_of_all_rdma_pools_and_tolerates_their_taints():
    policy = installed(b=SHARED_IB, a=SHARED_IB).only(POLICY).inputs["spec"]
    terms = policy["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert terms[0]["matchExpressions"][0]["values"] == ["a", "b"]
    assert [toleration["key"] for toleration in policy["tolerations"]] == ["nvidia.com/gpu", "team"]


@pytest.mark.parametrize(
    ("pools", "selectors"),
    [
        ({"a": SHARED_IB}, {"vendors": ["15b3"]}),
        ({"a": SHARED_ETH}, {"vendors": ["15b3"], "ifNames": ["ens2f0np0", "ens3f0np0"]}),
        ({"a": SHARED_ETH, "b": SHARED_IB}, {"vendors": ["15b3"]}),
    ],
)
def test_shared_cards_are_one_resource_bounded_by_names_where_every_pool_gives_some(pools, selectors):
    policy = installed(**pools).only(POLICY).inputs["spec"]
    (shared,) = json.loads(policy["rdmaSharedDevicePlugin"]["config"])["configList"]
    assert shared["resourceName"] == "rdma_shared_device"
    assert shared["selectors"] == selectors


def test_every_image_of_the_policy_is_pinned():
    policy = installed(a=SHARED_IB).only(POLICY).inputs["spec"]
    images = [policy["nvIpam"], policy["rdmaSharedDevicePlugin"], *policy["secondaryNetwork"].values()]
    assert {image["version"] for image in images} == {"network-operator-v26.4.1"}


def test_virtual_functions_are_cut_on_the_nodes_of_their_pool_alone():
    recording = installed(train=CUT, other=SHARED_IB)
    spec = recording.only(FUNCTIONS).inputs["spec"]
    assert spec["nodeSelector"] == {"ai-platform/pool": "train"}
    assert spec["numVfs"] == 4
    assert spec["nicSelector"] == {"vendor": "15b3", "pfNames": ["ens2f0np0", "ens3f0np0"]}
    assert spec["linkType"] == "ib"
    values = recording.only("kubernetes:helm.sh/v4:Chart").inputs["values"]
    assert values["sriovNetworkOperator"] == {"enabled": True}


def test_functions_of_infiniband_have_a_network_without_addresses():
    recording = installed(train=CUT)
    network = recording.only(kind("sriovnetwork.openshift.io/v1", "SriovIBNetwork")).inputs["spec"]
    assert network["resourceName"] == "rdma_vf"
    assert network["networkNamespace"] == "default"
    assert "ipam" not in network
    assert not recording.of(kind("nv-ipam.nvidia.com/v1alpha1", "IPPool"))


def test_functions_of_ethernet_have_addresses_for_all_of_them():
    recording = installed(train={**CUT, "link": "eth", "subnet": "192.168.2.0/24"})
    network = recording.only(kind("sriovnetwork.openshift.io/v1", "SriovNetwork")).inputs["spec"]
    addresses = recording.only(kind("nv-ipam.nvidia.com/v1alpha1", "IPPool")).inputs["spec"]
    assert network["ipam"] == IPAM
    assert (addresses["subnet"], addresses["perNodeBlockSize"]) == ("192.168.2.0/24", 8)


def test_a_shared_ethernet_card_has_a_network_on_which_pods_get_addresses():
    recording = installed(train=SHARED_ETH)
    networks = recording.of(kind("mellanox.com/v1alpha1", "MacvlanNetwork"))
    assert [(item.inputs["metadata"]["name"], item.inputs["spec"]["master"]) for item in networks] == [
        ("train-0", "ens2f0np0"),
        ("train-1", "ens3f0np0"),
    ]
    assert {item.inputs["spec"]["ipam"] for item in networks} == {IPAM}
    addresses = recording.only(kind("nv-ipam.nvidia.com/v1alpha1", "IPPool")).inputs["spec"]
    assert addresses["perNodeBlockSize"] == 16


def test_shared_cards_need_no_sriov():
    recording = installed(a=SHARED_IB)
    assert not recording.of(FUNCTIONS)
    values = recording.only("kubernetes:helm.sh/v4:Chart").inputs["values"]
    assert values["sriovNetworkOperator"] == {"enabled": False}


def test_where_the_operator_is_there_its_policy_is_left_alone_and_networks_are_made():
    recording = installed({"existing": {"network-operator": "skip"}}, train=CUT)
    assert not recording.of(POLICY)
    assert not recording.of("kubernetes:helm.sh/v4:Chart")
    assert recording.only(FUNCTIONS)
    assert recording.only(kind("sriovnetwork.openshift.io/v1", "SriovIBNetwork"))


@pytest.mark.parametrize(
    ("rdma", "said"),
    [
        ({"mode": "sriov", "link": "ib"}, "names of the interfaces"),
        ({"subnet": "192.168.2.0/24"}, "names of the interfaces"),
        ({"interfaces": ["ens1"]}, "a subnet with link eth"),
        ({**SHARED_IB, "subnet": "192.168.2.0/24"}, "none with link ib"),
        ({**SHARED_ETH, "interfaces": ["ens1", "ens1"]}, "each interface once"),
    ],
)
def test_cards_that_pods_could_not_use_are_refused(rdma, said):
    with pytest.raises(InvalidArgs, match=said):
        installed(a=rdma)


def test_efas_plugin_runs_on_efa_pools_alone_and_tolerates_their_taints():
    assert [pool.name for pool in efa_pools(POOLS)] == ["train"]
    values = efa_values("eu-west-1", POOLS)
    assert values["supportedInstanceLabels"] == {"keys": ["ai-platform/pool"], "values": ["train"]}
    assert [toleration["key"] for toleration in values["tolerations"]] == ["nvidia.com/gpu", "team"]
    assert ".ecr.eu-west-1." in values["image"]["repository"]

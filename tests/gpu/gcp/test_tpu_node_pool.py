import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.components.cluster import AwsCluster, Cluster
from ai_platform.components.cluster_spec import ClusterProvider
from ai_platform.components.gcp.force_new import FORCE_NEW
from ai_platform.gpu.gcp.provisioning import provisioning_manifests
from ai_platform.gpu.node_pool import NodePool
from ai_platform.testing import record
from tests.clouds.check import check
from tests.clouds.sdk_types import resource_type
from tests.gpu.gcp.gke_pools import POOL, ZONE, recorded

V5E, V6E, TPU7X = "ct5lp-hightpu-4t", "ct6e-standard-8t", "tpu7x-standard-4t"


def slices(machine=V5E, **keys):
    return recorded(machine, **{"zones": [ZONE], "tpu_topology": "2x4", "max_nodes": 4, **keys})


def test_each_slice_of_several_machines_is_a_node_pool_that_comes_and_goes_whole():
    made = slices(min_nodes=2).of(POOL)
    always, sometimes = (pool.inputs for pool in made)
    assert always["nodeCount"] == 2
    assert "autoscaling" not in always
    assert sometimes["initialNodeCount"] == 0
    assert sometimes["autoscaling"] == {"minNodeCount": 0, "maxNodeCount": 2, "locationPolicy": "ANY"}
    for pool in (always, sometimes):
        assert pool["placementPolicy"] == {"type": "COMPACT", "tpuTopology": "2x4"}
        assert pool["nodeLocations"] == [ZONE]
    assert always["name"] != sometimes["name"]
    assert [pool.options.protect for pool in made] == [True, False]


def test_machines_that_are_a_slice_each_are_one_node_pool_without_placement():
    pool = recorded(V6E, max_nodes=3).only(POOL).inputs
    assert pool["autoscaling"]["totalMaxNodeCount"] == 3
    assert "placementPolicy" not in pool


def test_nodes_have_googles_taint_and_nothing_of_nvidia():
    config = slices(taints=[{"key": "team", "value": "search"}]).of(POOL)[0].inputs["nodeConfig"]
    assert config["machineType"] == V5E
    assert config["taints"][0] == {"key": "google.com/tpu", "value": "present", "effect": "NO_SCHEDULE"}
    assert config["taints"][1]["key"] == "team"
    assert config["labels"] == {"ai-platform/pool": "gpus"}
    assert "guestAccelerators" not in config
    assert config["resourceLabels"] == {"environment": "prod", "pool": "gpus"}
    assert config["shieldedInstanceConfig"]["enableSecureBoot"] is True
    assert (config["diskType"], recorded(V6E).only(POOL).inputs["nodeConfig"]["diskType"]) == (
        "pd-balanced",
        "hyperdisk-balanced",
    )


def test_the_newest_tpus_are_asked_for_by_a_workload_policy():
    recording = slices(TPU7X, tpu_topology="2x2x2")
    policy = recording.only("gcp:compute/resourcePolicy:ResourcePolicy").inputs["workloadPolicy"]
    assert policy == {"type": "HIGH_THROUGHPUT", "acceleratorTopology": "2x2x2"}
    for pool in recording.of(POOL):
        assert pool.inputs["placementPolicy"] == {"type": "COMPACT", "policyName": "pool-slice-policy"}
    assert not recorded(TPU7X).of("gcp:compute/resourcePolicy:ResourcePolicy")


def test_spot_flex_start_queued_and_reserved_slices_say_so():
    spot, flex, queued = (
        slices(purchase_option=option, max_nodes=2).only(POOL).inputs
        for option in ("spot", "flex_start", "queued_provisioning")
    )
    assert spot["nodeConfig"]["spot"] is True
    assert flex["nodeConfig"]["flexStart"] is queued["nodeConfig"]["flexStart"] is True
    assert queued["queuedProvisioning"] == {"enabled": True}
    assert queued["nodeConfig"]["labels"]["cloud.google.com/gke-queued"] == "true"
    assert [pool["management"]["autoRepair"] for pool in (spot, flex, queued)] == [True, False, False]
    reserved = slices(purchase_option="reserved", reservation="tpus", max_nodes=2).only(POOL).inputs
    assert reserved["nodeConfig"]["reservationAffinity"]["values"] == ["projects/acme-ml/reservations/tpus"]


def test_a_slice_that_waits_asks_for_its_chips_at_once():
    config, _ = provisioning_manifests("tpus", "4x4")
    assert config["spec"]["managedResources"] == ["google.com/tpu"]
    assert config["spec"]["parameters"] == {"tpu-topology": "4x4"}


def test_every_property_is_one_that_the_provider_takes():
    made = slices(TPU7X, tpu_topology="2x2x2", min_nodes=2).resources
    for resource in (*made, *slices().resources):
        if resource.custom:
            assert not check(resource.inputs, resource_type(resource.type).inputs).wrong


def test_more_slices_replace_none():
    before, after = slices(min_nodes=2), slices(min_nodes=4, max_nodes=8)
    for old, new in zip(before.of(POOL), after.of(POOL), strict=False):
        for key in set(FORCE_NEW[POOL]) - set(old.options.ignore_changes):
            assert old.inputs.get(key) == new.inputs.get(key), key


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("tpu_topology", {"tpu_topology": "4x2"}),
        ("tpu_topology", {"tpu_topology": "4x4x4"}),
        ("tpu_topology", {"max_nodes": 3}),
        ("zones", {"zones": []}),
        ("min_nodes", {"min_nodes": 2, "purchase_option": "flex_start"}),
        ("reservation", {"reservation": "r", "purchase_option": "spot"}),
        ("placement", {"placement": "compact"}),
        ("image", {"image": "ubuntu"}),
        ("sharing", {"sharing": {"strategy": "mps", "replicas": 2}}),
        ("fabric", {"fabric": "rdma"}),
        ("gpu_stack", {"gpu_stack": "dra"}),
        ("local_disk", {"local_disk": "none"}),
    ],
)
def test_what_gke_would_refuse_is_refused_before_anything_is_made(path, keys):
    with pytest.raises(InvalidArgs) as error:
        slices(**keys)
    assert [problem.path for problem in error.value.problems] == [path]


def test_aws_has_none():
    aws = AwsCluster.__new__(AwsCluster)
    cluster = Cluster(provider=ClusterProvider.EKS, cluster_identifier="a", kubeconfig="{}", aws=aws)
    with pytest.raises(InvalidArgs, match="machine of aws"):
        record(lambda: NodePool("pool", {"name": "tpus", "machine": V6E}, cluster=cluster))

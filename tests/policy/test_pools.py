import dataclasses

import pytest

from ai_platform.gpu.node_pool import NodePool
from ai_platform.policy.pools import pools
from ai_platform.testing import record
from tests.clusters import EKS as EKS_CLUSTER
from tests.clusters import GKE as GKE_CLUSTER
from tests.policy.gates import NOT_YET, lines, made, resources_of

EKS, GKE, TEMPLATE = (
    "aws:eks/nodeGroup:NodeGroup",
    "gcp:container/nodePool:NodePool",
    "aws:ec2/launchTemplate:LaunchTemplate",
)
H100 = made(TEMPLATE, "template", instanceType="p5.48xlarge")
MIG = "nvidia.com/mig.config"


def eks(name="h100", *, template=H100, protected=True, **changes):
    properties = {
        "amiType": "AL2023_x86_64_NVIDIA",
        "launchTemplate": {"id": NOT_YET},
        "scalingConfig": {"maxSize": 2},
        "labels": {"ai-platform/pool": name},
        "tags": {"ai-platform/pool": name},
        **changes,
    }
    made_ = made(EKS, name, protected=protected, **properties)
    return dataclasses.replace(made_, depends_on={"launchTemplate": (template.urn,)})


def gke(name="a100", *, protected=True, accelerator=None, config=None, **changes):
    properties = {
        "nodeLocations": ["us-central1-a"],
        "autoscaling": {"totalMaxNodeCount": 3},
        "nodeConfig": {
            "machineType": "a2-highgpu-8g",
            "guestAccelerators": [{"type": "nvidia-tesla-a100", "count": 8, **(accelerator or {})}],
            "resourceLabels": {"pool": name},
            **(config or {}),
        },
        **changes,
    }
    return made(GKE, name, protected=protected, **properties)


def layouts(**configs):
    text = "version: v1\nmig-configs:\n" + "".join(
        f"  {name}:\n  - devices: all\n    mig-enabled: true\n    mig-devices: {devices}\n"
        for name, devices in configs.items()
    )
    return made("kubernetes:core/v1:ConfigMap", "mig", data={"config.yaml": text})


def test_a_pool_is_read_with_the_machine_of_its_launch_template():
    [found] = pools([H100, eks()])
    assert (found.machine, found.max_nodes, found.gpus, found.pool) == ("p5.48xlarge", 2, 16, "h100")


@pytest.mark.parametrize(
    ("changes", "most"),
    [
        ({}, 3),
        ({"nodeLocations": ["a", "b"], "autoscaling": {"maxNodeCount": 2}}, 4),
        ({"autoscaling": None, "nodeCount": 2}, 2),
        ({"autoscaling": {}}, None),
        ({"nodeLocations": None, "autoscaling": {"maxNodeCount": 2}, "location": "us-central1-a"}, 2),
        ({"nodeLocations": None, "autoscaling": {"maxNodeCount": 2}, "location": "us-central1"}, 6),
    ],
)
def test_the_ceiling_of_a_pool_on_gke_counts_all_zones(changes, most):
    assert pools([gke(**changes)])[0].max_nodes == most


def test_a_pool_that_names_no_zones_has_those_of_its_cluster():
    cluster = made(
        "gcp:container/cluster:Cluster", location="us-central1", nodeLocations=["a", "b", "c", "d"]
    )
    pool = gke(nodeLocations=None, autoscaling={"maxNodeCount": 2})
    pool = dataclasses.replace(pool, depends_on={"cluster": (cluster.urn,)})
    assert pools([cluster, pool])[0].max_nodes == 8


@pytest.mark.parametrize(
    ("cluster", "machine", "option"),
    [
        (EKS_CLUSTER, "g6e.12xlarge", "on_demand"),
        (EKS_CLUSTER, "g6e.12xlarge", "spot"),
        (EKS_CLUSTER, "p5.48xlarge", "capacity_block"),
        (EKS_CLUSTER, "p5.48xlarge", "reserved"),
        (GKE_CLUSTER, "a3-highgpu-8g", "on_demand"),
        (GKE_CLUSTER, "a3-highgpu-8g", "spot"),
        (GKE_CLUSTER, "a3-highgpu-8g", "flex_start"),
        (GKE_CLUSTER, "a3-highgpu-8g", "queued_provisioning"),
        (GKE_CLUSTER, "a3-highgpu-8g", "reserved"),
    ],
)
def test_how_our_own_pools_are_paid_for_is_seen(cluster, machine, option):
    spec = {"name": "gpus", "machine": machine, "max_nodes": 2, "purchase_option": option, "zones": []}
    if option in ("capacity_block", "reserved"):
        spec |= {"reservation": "cr-0123456789abcdef0" if cluster is EKS_CLUSTER else "gpus"}
        spec |= {"zones": ["us-east-1a" if cluster is EKS_CLUSTER else "us-central1-a"]}
    made_ = resources_of(
        record(lambda: NodePool("prod-gpus", spec, cluster=cluster), outputs=lambda _: {"latestVersion": 1})
    )
    assert {(pool.option.value, pool.max_nodes) for pool in pools(made_)} == {(option, 2)}


def test_of_several_machines_none_is_left_out():
    group = eks(instanceTypes=["p5.48xlarge", "g6e.12xlarge"], labels={MIG: "all-1g.10gb"})
    assert pools([group])[0].gpus_per_node == 4
    [line] = lines("mig-possible", group)
    assert "L40S of g6e.12xlarge can't be cut" in line


def test_a_partition_that_is_not_known_is_noted():
    pool = gke(accelerator={"gpuPartitionSize": NOT_YET})
    assert lines("mig-possible", pool) == []
    assert pool.unseen == ["nodeConfig.guestAccelerators.gpuPartitionSize"]


def test_a_pool_without_a_ceiling_or_an_owner_is_found():
    rule = "gpu-pool-ceiling-and-owner"
    assert lines(rule, H100, eks(), gke()) == []
    assert lines(rule, gke(autoscaling={})) == ["has no largest number of nodes"]
    [line] = lines(rule, H100, eks(tags={"environment": "prod"}))
    assert line.startswith("no tag of its nodes says who answers for them")
    hidden = gke(autoscaling={"totalMaxNodeCount": NOT_YET})
    assert lines(rule, hidden) == []
    assert hidden.unseen == ["autoscaling.totalMaxNodeCount"]
    assert lines(rule, eks(amiType="AL2023_x86_64_STANDARD", template=made(TEMPLATE), tags={})) == []


def test_one_group_of_a_pool_is_protected_and_so_is_what_holds_data():
    rule = "protected-state"
    second = eks("h100-nodes-1", protected=False, labels={"ai-platform/pool": "h100"})
    assert lines(rule, H100, eks(), second, made("aws:s3/bucket:Bucket", protected=True)) == []
    claim = "kubernetes:core/v1:PersistentVolumeClaim"
    assert lines(rule, made(claim, spec={"volumeName": "corpus"})) == []
    found = lines(rule, H100, second, made("aws:kms/key:Key"), made(claim, spec={}))
    assert [line.rpartition("holds ")[2] for line in found] == [
        "what makes data readable",
        "data",
        "GPUs that may not come back",
    ]


@pytest.mark.parametrize(
    "resources",
    [
        [H100, eks(labels={MIG: "small"}), layouts(small="{1g.10gb: 7}")],
        [H100, eks(labels={MIG: "all-balanced"})],
        [H100, eks(labels={MIG: "all-disabled"})],
        [gke(accelerator={"gpuPartitionSize": "3g.20gb"})],
    ],
)
def test_mig_passes_where_the_gpu_can_be_cut_so(resources):
    assert lines("mig-possible", *resources) == []


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        ([H100, eks(labels={MIG: "big"}), layouts(big="{3g.40gb: 3}")], "layout big: "),
        (
            [H100, eks(labels={MIG: "lost"}), layouts(small="{1g.10gb: 7}")],
            "no ConfigMap for the MIG manager",
        ),
        (
            [
                made(TEMPLATE, instanceType="g6e.12xlarge"),
                eks(template=made(TEMPLATE), labels={MIG: "all-1g.10gb"}),
            ],
            "can't be cut",
        ),
        ([gke(accelerator={"gpuPartitionSize": "1g.10gb"})], "GKE can't cut A100-40GB into 1g.10gb"),
        (
            [gke(config={"machineType": "g2-standard-48"}, accelerator={"gpuPartitionSize": "1g.5gb"})],
            "GKE can't cut L4",
        ),
    ],
)
def test_mig_that_can_not_be_is_found(resources, said):
    [line] = lines("mig-possible", *resources)
    assert said in line


def test_a_layout_that_can_not_be_read_is_noted():
    group, unknown = eks(labels={MIG: "ours"}), made("kubernetes:core/v1:ConfigMap", data=NOT_YET)
    assert lines("mig-possible", H100, group, unknown) == []
    assert group.unseen == ["the layout ours"]
    alone = eks(labels={MIG: "ours"})
    assert lines("mig-possible", H100, alone) == []
    assert alone.hidden
    machine = eks(template=made(TEMPLATE, "hidden", instanceType=NOT_YET), labels={MIG: "ours"})
    assert lines("mig-possible", made(TEMPLATE, "hidden", instanceType=NOT_YET), machine) == []
    assert machine.unseen

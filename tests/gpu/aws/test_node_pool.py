"""A GPU pool as managed node groups of EKS."""

from __future__ import annotations

import base64
import json
from functools import cache
from itertools import groupby
from pathlib import Path

import pulumi
import pytest
import yaml

from ai_platform.components.aws.eks_cluster import EksCluster
from ai_platform.components.aws.force_new import FORCE_NEW
from ai_platform.components.cluster import AwsCluster, Cluster
from ai_platform.components.cluster_spec import ClusterProvider
from ai_platform.gpu.node_pool import NodePool
from ai_platform.testing import record

GOLDEN = Path(__file__).parent / "golden"
GROUP = "aws:eks/nodeGroup:NodeGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
ZONES = ("us-east-1a", "us-east-1b")
MIG = [{"nodes": 1, "gpus": [{"count": 8, "devices": {"1g.10gb": 7}}]}]
BLOCK = "cr-0123456789abcdef0"


def eks(version="1.35"):
    aws = AwsCluster(
        region="us-east-1",
        cluster_name="prod",
        kubernetes_version=version,
        vpc_id="vpc-0a",
        subnet_ids={zone: f"subnet-{zone[-1]}" for zone in ZONES},
        security_group_id="sg-cluster",
        node_role_arn="arn:aws:iam::123456789012:role/node",
        tags={"cost-center": "4711"},
        kms_key_arn="arn:aws:kms:us-east-1:123456789012:key/1",
    )
    return Cluster(ClusterProvider.EKS, "eks-us-east-1-prod", "{}", aws=aws)


def pool(*, preview=False, version="1.35", **args):
    return recorded(preview, version, json.dumps(args, sort_keys=True))


@cache
def recorded(preview, version, args):
    spec = {"name": "train", "machine": "p5.48xlarge", "max_nodes": 4, **json.loads(args)}
    return record(
        lambda: NodePool("prod-train", spec, cluster=eks(version)),
        preview=preview,
        outputs=lambda _: {} if preview else {"latestVersion": 1},
    )


def group(**args):
    return pool(**args).only(GROUP)


def template(**args):
    return pool(**args).only(TEMPLATE).inputs


def readable(recording):
    """Every resource of a pool, with its interfaces and its user data as a person reads them."""
    found = {}
    for resource in recording.resources:
        if not resource.custom:
            continue
        inputs = {key: value for key, value in resource.inputs.items() if value is not None}
        if "networkInterfaces" in inputs:
            inputs["networkInterfaces"] = ranges(inputs["networkInterfaces"])
        if "userData" in inputs:
            inputs["userData"] = base64.b64decode(inputs["userData"]).decode()
        options = {"protect": resource.options.protect, "ignore_changes": [*resource.options.ignore_changes]}
        kept = {name: value for name, value in options.items() if value}
        found[resource.name] = {"type": resource.type, **kept, "inputs": inputs}
    return found


def ranges(interfaces):
    kinds = groupby(
        enumerate(interfaces),
        lambda item: (
            item[1]["networkCardIndex"] - item[0],
            item[1]["deviceIndex"],
            item[1]["interfaceType"],
            tuple(item[1]["securityGroups"]),
            item[1]["deleteOnTermination"],
        ),
    )
    lines = []
    for (_, device, kind, groups, deleted), members in kinds:
        cards = [item["networkCardIndex"] for _, item in members]
        which = f"card {cards[0]}" if len(cards) == 1 else f"cards {cards[0]:.0f} to {cards[-1]:.0f}"
        text = f"{which}, device {device}: {kind}, in {' and '.join(groups)}, deleted with it: {deleted}"
        lines.append(text)
    return lines


@pytest.mark.parametrize(
    "machine", ["p4d.24xlarge", "p5.48xlarge", "p5en.48xlarge", "p6-b200.48xlarge", "p6-b300.48xlarge"]
)
def test_a_pool_with_efa_is_what_was_reviewed(machine):
    expected = yaml.load((GOLDEN / f"{machine}.yaml").read_text(), yaml.CSafeLoader)
    assert readable(pool(machine=machine, fabric="efa", min_nodes=1, zones=["us-east-1b"])) == expected


def test_without_fabric_eks_gives_the_interface_and_every_zone_is_used():
    recording = pool()
    assert "networkInterfaces" not in template()
    assert recording.only(GROUP).inputs["subnetIds"] == ["subnet-a", "subnet-b"]
    assert not recording.of("aws:ec2/securityGroup:SecurityGroup")
    assert not recording.of("aws:ec2/placementGroup:PlacementGroup")


@pytest.mark.parametrize("one_zone", [{"fabric": "efa"}, {"placement": "compact"}])
def test_what_stands_in_one_zone_takes_the_clusters_first(one_zone):
    assert group(**one_zone).inputs["subnetIds"] == ["subnet-a"]
    assert template(**one_zone)["placement"] == {"groupName": "prod-train-placement-id"}


def test_a_capacity_block_is_targeted_and_starts_without_nodes():
    block = {"purchase_option": "capacity_block", "reservation": BLOCK, "zones": ["us-east-1b"]}
    found = template(**block, fabric="efa")
    assert found["instanceMarketOptions"] == {"marketType": "capacity-block"}
    target = found["capacityReservationSpecification"]["capacityReservationTarget"]
    assert target == {"capacityReservationId": BLOCK}
    assert "placement" not in found
    nodes = group(**block).inputs
    assert nodes["capacityType"] == "CAPACITY_BLOCK"
    assert nodes["scalingConfig"]["desiredSize"] == 0
    assert nodes["updateConfig"]["updateStrategy"] == "MINIMAL"


def test_a_group_of_reservations_is_targeted_by_its_arn():
    arn = "arn:aws:resource-groups:us-east-1:123456789012:group/gpus"
    target = template(reservation=arn, zones=["us-east-1a"])["capacityReservationSpecification"]
    assert target == {"capacityReservationTarget": {"capacityReservationResourceGroupArn": arn}}


@pytest.mark.parametrize(
    ("option", "capacity"), [("on_demand", "ON_DEMAND"), ("spot", "SPOT"), ("reserved", "ON_DEMAND")]
)
def test_how_a_pool_is_bought_decides_its_capacity_type(option, capacity):
    assert group(purchase_option=option).inputs["capacityType"] == capacity


@pytest.mark.parametrize(
    ("machine", "image", "expected"),
    [
        ("p5.48xlarge", None, "AL2023_x86_64_NVIDIA"),
        ("p5.48xlarge", "bottlerocket", "BOTTLEROCKET_x86_64_NVIDIA"),
        ("p6e-gb200.36xlarge", None, "AL2023_ARM_64_NVIDIA"),
    ],
)
def test_the_image_fits_the_processor(machine, image, expected):
    assert group(machine=machine, image=image).inputs["amiType"] == expected


def test_bottlerocket_keeps_images_on_its_second_disk():
    first, second = template(image="bottlerocket", disk_gib=300)["blockDeviceMappings"]
    assert "volumeSize" not in first["ebs"]
    assert second["deviceName"] == "/dev/xvdb"
    assert second["ebs"]["volumeSize"] == 300
    assert first["ebs"]["encrypted"] == second["ebs"]["encrypted"] == "true"


@pytest.mark.parametrize(
    ("change", "waited_for"),
    [
        ({}, True),
        ({"mig": [{"nodes": 4, "gpus": [{"count": 8, "devices": {"1g.10gb": 7}}]}]}, False),
        ({"sharing": {"strategy": "mps", "replicas": 2}}, False),
        ({"gpu_stack": "dra"}, False),
    ],
    ids=["whole", "cut", "shared", "dra"],
)
def test_the_autoscaler_waits_for_drivers_only_where_whole_gpus_will_show(change, waited_for):
    assert ("k8s.amazonaws.com/accelerator" in group(**change).inputs["labels"]) is waited_for


def test_labels_and_taints_of_the_description_join_those_of_the_platform():
    nodes = group(
        labels={"example.com/tier": "gold"},
        taints=[{"key": "example.com/only", "value": "ml", "effect": "NoExecute"}],
    ).inputs
    assert nodes["labels"] == {
        "example.com/tier": "gold",
        "ai-platform/pool": "train",
        "k8s.amazonaws.com/accelerator": "NVIDIA-H100-80GB-HBM3",
        "nvidia.com/mig.config": "all-disabled",
        "nvidia.com/device-plugin.config": "whole",
        "ai-platform/gpu-stack": "operator",
    }
    assert nodes["taints"] == [
        {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"},
        {"key": "example.com/only", "value": "ml", "effect": "NO_EXECUTE"},
    ]


def test_each_mig_layout_has_a_group_and_min_nodes_fill_whole_gpus_first():
    groups = pool(mig=MIG, min_nodes=2).of(GROUP)
    assert [item.name for item in groups] == ["prod-train-nodes", "prod-train-nodes-1"]
    assert [item.inputs["scalingConfig"]["maxSize"] for item in groups] == [3, 1]
    assert [item.inputs["scalingConfig"]["minSize"] for item in groups] == [2, 0]
    layouts = [item.inputs["labels"]["nvidia.com/mig.config"] for item in groups]
    assert layouts[0] == "all-disabled"
    assert layouts[1] != "all-disabled"


def test_the_first_group_is_protected_and_those_of_layouts_come_and_go():
    assert [item.options.protect for item in pool(mig=MIG).of(GROUP)] == [True, False]


def at(inputs, path):
    for key in path.split("."):
        inputs = inputs.get(key) if isinstance(inputs, dict) else None
    return inputs


@pytest.mark.parametrize(
    "change",
    [
        {"max_nodes": 9},
        {"min_nodes": 2},
        {"labels": {"example.com/tier": "gold"}},
        {"taints": [{"key": "example.com/only"}]},
        {"mig": [{"nodes": 4, "gpus": [{"count": 8, "devices": {"3g.40gb": 2}}]}]},
        {"version": "1.36"},
        {"disk_gib": 500},
        {"machine": "p5en.48xlarge"},
        {"local_disk": "none"},
        {"owner": "ml-platform"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_changes_often_replaces_nothing(change):
    before, after = pool(fabric="efa"), pool(fabric="efa", **change)
    assert set(before.urns()) <= set(after.urns())
    later = {resource.urn: resource.inputs for resource in after.resources}
    for resource in before.resources:
        for path in FORCE_NEW.get(resource.type, ()):
            assert at(resource.inputs, path) == at(later[resource.urn], path), (resource.name, path)


@pytest.mark.parametrize("change", [{"zones": ["us-east-1b"]}, {"purchase_option": "spot"}])
def test_what_must_replace_has_no_physical_name_in_its_way(change):
    for resource in pool(fabric="efa", **change).resources:
        assert not {"name", "namePrefix", "nodeGroupName", "nodeGroupNamePrefix"} & set(resource.inputs)


@pytest.mark.parametrize(
    ("change", "path"),
    [({"zones": ["us-east-1b"]}, "subnetIds"), ({"purchase_option": "spot"}, "capacityType")],
)
def test_what_replaces_a_pool_is_known_to_the_table(change, path):
    assert path in FORCE_NEW[GROUP]
    assert at(group(**change).inputs, path) != at(group().inputs, path)


def test_the_table_knows_every_type_of_a_pool():
    types = {resource.type for resource in pool(fabric="efa").resources if resource.custom}
    assert types <= set(FORCE_NEW)


def test_everything_carries_the_cost_tags_also_what_is_launched():
    recording = pool(fabric="efa")
    for resource in recording.resources:
        if resource.custom:
            tags = resource.inputs["tags"]
            assert (tags["cost-center"], tags["ai-platform/pool"]) == ("4711", "train")
    launched = recording.only(TEMPLATE).inputs["tagSpecifications"]
    assert [item["resourceType"] for item in launched] == ["instance", "volume", "network-interface"]


def test_a_new_owner_is_a_tag_of_the_group_and_rolls_no_node():
    assert group(owner="ml-platform").inputs["tags"]["owner"] == "ml-platform"
    assert "owner" not in group().inputs["tags"]
    assert template(owner="ml-platform") == template()


def test_the_autoscaler_knows_what_the_first_node_of_a_group_will_offer():
    prefix = "k8s.io/cluster-autoscaler/node-template/resources/"
    whole, cut = (item.inputs["tags"] for item in pool(mig=MIG, fabric="efa").of(GROUP))
    assert whole[f"{prefix}nvidia.com/gpu"] == "8"
    assert cut[f"{prefix}nvidia.com/gpu"] == "0"
    assert cut[f"{prefix}nvidia.com/mig-1g.10gb"] == "56"
    assert cut[f"{prefix}vpc.amazonaws.com/efa"] == "32"
    assert f"{prefix}nvidia.com/mig-1g.10gb" not in whole


def test_a_preview_makes_the_same_resources():
    assert pool(fabric="efa", preview=True).urns() == pool(fabric="efa").urns()


def test_no_name_is_longer_than_eks_takes():
    long = "a" * 40
    spec = {"name": long, "machine": "p5.48xlarge"}
    recording = record(
        lambda: NodePool(f"environment-{long}", spec, cluster=eks()), outputs=lambda _: {"latestVersion": 1}
    )
    assert len(recording.only(GROUP).name) <= 63 - 8


def test_a_pool_takes_what_it_needs_from_a_cluster_of_ours():
    description = {"provider": "eks", "kubernetes_version": "1.35", "zones": list(ZONES)}

    def program():
        made = EksCluster("prod", description, region="us-east-1", tags={"cost-center": "4711"})
        args = {"name": "train", "machine": "p5.48xlarge", "fabric": "efa", "zones": [ZONES[1]]}
        NodePool("prod-train", args, cluster=made.cluster)

    def outputs(resource):
        arn = f"arn:aws:iam::123456789012:role/{resource.name}"
        config = {"clusterSecurityGroupId": "sg-cluster"}
        return {"arn": arn, "name": resource.name, "latestVersion": 1, "vpcConfig": config}

    recording = record(program, outputs=outputs)
    nodes = {item.name: item for item in recording.of(GROUP)}["prod-train-nodes"]
    assert nodes.inputs["clusterName"] == "prod-cluster"
    assert nodes.inputs["subnetIds"] == ["prod-network-us-east-1b-private-id"]
    assert nodes.inputs["nodeRoleArn"].endswith("role/prod-node-role")
    templates = {item.name: item.inputs for item in recording.of(TEMPLATE)}
    groups = templates["prod-train-template"]["networkInterfaces"][0]["securityGroups"]
    assert groups == ["sg-cluster", "prod-train-efa-id"]


def test_a_cluster_that_somebody_else_made_keeps_its_nodes():
    existing = Cluster(ClusterProvider.EXISTING, "lab", "kubeconfig")
    recording = record(lambda: NodePool("lab", {"name": "lab", "machine": "p5.48xlarge"}, cluster=existing))
    assert not [resource for resource in recording.resources if resource.custom]


def test_outputs_of_the_cluster_can_be_unknown():
    def unknown():
        return Cluster(
            ClusterProvider.EKS,
            "eks",
            "{}",
            aws=AwsCluster(
                region="us-east-1",
                cluster_name=pulumi.Output.from_input("prod"),
                kubernetes_version="1.35",
                vpc_id=pulumi.Output.from_input("vpc-0a"),
                subnet_ids={"us-east-1a": pulumi.Output.from_input("subnet-a")},
                security_group_id=pulumi.Output.from_input("sg"),
                node_role_arn=pulumi.Output.from_input("arn"),
                tags={},
            ),
        )

    args = {"name": "one", "machine": "p5.48xlarge", "fabric": "efa"}
    recording = record(lambda: NodePool("one", args, cluster=unknown()), preview=True)
    disk = recording.only(TEMPLATE).inputs["blockDeviceMappings"][0]["ebs"]
    assert "kmsKeyId" not in disk

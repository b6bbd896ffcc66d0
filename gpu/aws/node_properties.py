"""What the resources of a GPU pool on EKS say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from ...components.aws.launch_template import (
    BOTTLEROCKET_DATA_DISK,
    ROOT_DISK,
    encrypted_disk,
    node_launch_template,
)
from ...components.cluster import AwsCluster
from ...components.cluster_spec import ClusterProvider
from ...components.node_labels import POOL_LABEL
from ...components.tag_values import aws_value
from ...finops.prices import PurchaseOption
from ..machines import Fabric, Machine
from ..node_groups import MIG_CONFIG_LABEL, NodeGroup
from ..node_plan import PoolPlan
from ..operator.node_labels import stack_labels
from ..spec import LocalDisk, NodeImage, NodePoolSpec, Placement, TaintEffect, TaintSpec
from .interfaces import efa_interfaces
from .scale_from_zero import accelerator_label, node_template_tags
from .user_data import user_data

GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}

ROLLED_PERCENT = 10
"""Part of a group that a new launch template replaces at once, at least one node: ten rounds for any size."""

_EFFECTS = {
    TaintEffect.NO_SCHEDULE: "NO_SCHEDULE",
    TaintEffect.PREFER_NO_SCHEDULE: "PREFER_NO_SCHEDULE",
    TaintEffect.NO_EXECUTE: "NO_EXECUTE",
}
_CAPACITY = {PurchaseOption.SPOT: "SPOT", PurchaseOption.CAPACITY_BLOCK: "CAPACITY_BLOCK"}
_AMI_FAMILIES = {NodeImage.AL2023: "AL2023", NodeImage.BOTTLEROCKET: "BOTTLEROCKET"}


def image_of(spec: NodePoolSpec) -> NodeImage:
    """What the nodes boot."""
    return spec.image or NodeImage.AL2023


def ami_type(image: NodeImage, *, arm64: bool) -> str:
    """The image with NVIDIA's driver and container toolkit (EKS API, Nodegroup.amiType, read 2026-11)."""
    return f"{_AMI_FAMILIES[image]}_{'ARM_64' if arm64 else 'x86_64'}_NVIDIA"


def pool_zones(spec: NodePoolSpec, zones: Sequence[str]) -> list[str]:
    """Zones of a pool on a cluster with these zones: the first one for what stands in one."""
    if spec.zones:
        return list(spec.zones)
    return list(zones[:1]) if stands_in_one_zone(spec) else list(zones)


def stands_in_one_zone(spec: NodePoolSpec) -> bool:
    """Whether the machines must be in one zone: for the fabric, the placement or the reservation."""
    return spec.fabric is Fabric.EFA or spec.placement is Placement.COMPACT or spec.reservation is not None


def has_placement_group(spec: NodePoolSpec) -> bool:
    """Whether the pool gets a cluster placement group. Where a reservation's machines stand is its affair."""
    return spec.reservation is None and (spec.fabric is Fabric.EFA or spec.placement is Placement.COMPACT)


def launch_template(
    spec: NodePoolSpec,
    row: Machine,
    cluster: AwsCluster,
    security_groups: Sequence[pulumi.Input[str]],
    placement_group: pulumi.Input[str] | None,
) -> dict[str, Any]:
    """The launch template of every node of a pool. ``security_groups``: those of the interfaces with EFA."""
    image = image_of(spec)
    tags = pool_tags(spec, cluster)
    found = node_launch_template(spec.machine, _disks(image, spec.disk_gib, cluster.kms_key_arn), tags)
    efa = spec.fabric is Fabric.EFA
    if efa:
        # No subnet here: the node group decides it.
        found["networkInterfaces"] = [
            {
                "networkCardIndex": interface.card,
                "deviceIndex": interface.device,
                "interfaceType": interface.type.value,
                "securityGroups": list(security_groups),
                "deleteOnTermination": "true",
            }
            for interface in efa_interfaces(row)
        ]
    if placement_group is not None:
        found["placement"] = {"groupName": placement_group}
    if spec.reservation:
        found["capacityReservationSpecification"] = {"capacityReservationTarget": _target(spec.reservation)}
    if spec.purchase_option is PurchaseOption.CAPACITY_BLOCK:
        found["instanceMarketOptions"] = {"marketType": "capacity-block"}
    disks = spec.local_disk is LocalDisk.EPHEMERAL and bool(row.local_disk_gib)
    if data := user_data(image, local_disk=disks, efa=efa):
        found["userData"] = data
    return found


def node_group(
    spec: NodePoolSpec,
    plan: PoolPlan,
    group: NodeGroup,
    row: Machine,
    cluster: AwsCluster,
    template: Mapping[str, Any],
) -> dict[str, Any]:
    """A managed node group. Counts, labels, taints and Kubernetes versions change in place."""
    return {
        "clusterName": cluster.cluster_name,
        "nodeRoleArn": cluster.node_role_arn,
        "subnetIds": [cluster.subnet_ids[zone] for zone in pool_zones(spec, list(cluster.subnet_ids))],
        "version": cluster.kubernetes_version,
        "amiType": ami_type(image_of(spec), arm64=row.arm64),
        "capacityType": _CAPACITY.get(spec.purchase_option, "ON_DEMAND"),
        "launchTemplate": dict(template),
        "scalingConfig": {
            "minSize": group.min_nodes,
            "maxSize": group.max_nodes,
            "desiredSize": group.min_nodes,
        },
        "updateConfig": _update(spec),
        "labels": node_labels(spec, plan, group),
        "taints": [GPU_TAINT, *map(_taint, spec.taints)],
        "tags": {
            **pool_tags(spec, cluster),
            # Not on instances: another owner would be another launch template, which rolls every node.
            **({"owner": aws_value(spec.owner)} if spec.owner else {}),
            **node_template_tags(spec, plan, group, row),
        },
    }


def node_labels(spec: NodePoolSpec, plan: PoolPlan, group: NodeGroup) -> dict[str, str]:
    """Labels of a group's nodes: the pool, its GPUs, its MIG layout, and those of the description."""
    layout = {MIG_CONFIG_LABEL: group.layout} if plan.mig_capable else {}
    stack = stack_labels(ClusterProvider.EKS, spec)
    accelerator = accelerator_label(spec, plan, group)
    return {**spec.labels, POOL_LABEL: spec.name, **accelerator, **layout, **stack}


def pool_tags(spec: NodePoolSpec, cluster: AwsCluster) -> dict[str, str]:
    """Cost tags, and the pool for whoever reads the bill."""
    return {**cluster.tags, POOL_LABEL: spec.name}


def _disks(image: NodeImage, gib: int, kms_key_arn: pulumi.Input[str] | None) -> list[dict[str, Any]]:
    if image is NodeImage.BOTTLEROCKET:
        return [
            encrypted_disk(ROOT_DISK, None, kms_key_arn),
            encrypted_disk(BOTTLEROCKET_DATA_DISK, gib, kms_key_arn),
        ]
    return [encrypted_disk(ROOT_DISK, gib, kms_key_arn)]


def _target(reservation: str) -> dict[str, str]:
    if reservation.startswith("arn:"):
        return {"capacityReservationResourceGroupArn": reservation}
    return {"capacityReservationId": reservation}


def _update(spec: NodePoolSpec) -> dict[str, Any]:
    # A reservation has no machine to spare: an old node must go before its successor can start.
    strategy = {"updateStrategy": "MINIMAL"} if spec.reservation else {}
    return {"maxUnavailablePercentage": ROLLED_PERCENT, **strategy}


def _taint(taint: TaintSpec) -> dict[str, str]:
    value = {"value": taint.value} if taint.value else {}
    return {"key": taint.key, "effect": _EFFECTS[taint.effect], **value}

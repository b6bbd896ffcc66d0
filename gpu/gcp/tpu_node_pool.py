"""Slices of TPUs of a GKE cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

from ...components.args import InvalidArgs
from ...components.cloud_objects import cloud_object, output
from ...components.cluster import GcpCluster
from ...components.errors import Problem
from ...components.gcp.force_new import NODE_POOL, node_pool_name
from ...components.gcp.nodes import first_nodes_per_zone, node_base
from ...components.node_labels import POOL_LABEL
from ...finops.prices import PurchaseOption
from ..node_groups import NodeGroup, slice_groups
from ..node_plan import PoolPlan, TpuSlices
from ..spec import NodeImage, NodePoolSpec
from ..tpus import TPU_MACHINES, TPU_RESOURCE, TpuMachine
from .node_config import IMAGES, bought, pool_cost_labels, taints_of
from .tpu_rules import slice_findings, tpu_findings

TPU_TAINT = {"key": TPU_RESOURCE, "value": "present", "effect": "NO_SCHEDULE"}
_WAITS_FOR_CAPACITY = {PurchaseOption.FLEX_START, PurchaseOption.QUEUED_PROVISIONING}


def gke_tpu_node_pool(
    name: str,
    spec: NodePoolSpec,
    plan: PoolPlan,
    slices: TpuSlices,
    cluster: GcpCluster,
    opts: pulumi.ResourceOptions,
) -> None:
    """Makes one node pool of GKE for each slice, or one for all where a machine is a slice of its own.

    The first is protected; others come and go with ``max_nodes``. Raises ``InvalidArgs`` with everything
    that GKE would refuse, before anything is made.
    """
    row = TPU_MACHINES[spec.machine]
    found = (*slice_findings(spec, row), *tpu_findings(spec, row, cluster.zones))
    problems = [Problem(*finding) for finding in found]
    if problems:
        raise InvalidArgs(f"NodePool {name!r}", problems)
    policy = _workload_policy(name, row, slices, cluster, opts)
    for index, group in enumerate(slice_groups(plan, slices)):
        properties = {
            **tpu_pool_properties(spec, group, row, slices, cluster, policy),
            "cluster": cluster.cluster_name,
        }
        more = pulumi.ResourceOptions(protect=not index, ignore_changes=["initialNodeCount"])
        cloud_object(f"{name}-{group.role}", NODE_POOL, properties, pulumi.ResourceOptions.merge(opts, more))


def tpu_pool_properties(
    spec: NodePoolSpec,
    group: NodeGroup,
    row: TpuMachine,
    slices: TpuSlices,
    cluster: GcpCluster,
    policy: pulumi.Input[str] | None = None,
) -> dict[str, Any]:
    """One node pool in the provider's words, without its cluster. ``policy``: name of the workload policy."""
    zones = spec.zones or list(cluster.zones)
    waits = spec.purchase_option in _WAITS_FOR_CAPACITY
    properties = {
        "project": cluster.project,
        "location": cluster.region,
        "nodeLocations": list(zones),
        **_size(group, slices, zones),
        "management": {"autoRepair": not waits, "autoUpgrade": True},
        "networkConfig": {"enablePrivateNodes": True},
        "nodeConfig": {
            **node_base(cluster.node_service_account, pool_cost_labels(spec, cluster)),
            "machineType": spec.machine,
            "imageType": IMAGES[NodeImage.COS],
            "diskType": row.boot_disk,
            "diskSizeGb": spec.disk_gib,
            "labels": _labels(spec),
            "taints": [TPU_TAINT, *taints_of(spec)],
            **bought(spec, cluster.project),
        },
    }
    if not waits:
        properties["upgradeSettings"] = {"strategy": "SURGE", "maxSurge": 0, "maxUnavailable": 1}
    if spec.purchase_option is PurchaseOption.QUEUED_PROVISIONING:
        properties["queuedProvisioning"] = {"enabled": True}
        # In a release channel autoUpgrade can't be off. This keeps running jobs from losing their nodes.
        properties["maintenancePolicies"] = [{"exclusionUntilEndOfSupports": [{"enabled": True}]}]
    if slices.nodes_per_slice > 1:
        where = {"policyName": policy} if policy is not None else {"tpuTopology": slices.topology}
        properties["placementPolicy"] = {"type": "COMPACT", **where}
    return {"name": node_pool_name(f"{spec.name}-{group.role}", properties), **properties}


def _size(group: NodeGroup, slices: TpuSlices, zones: Sequence[str]) -> dict[str, Any]:
    if slices.nodes_per_slice > 1 and group.min_nodes:
        # A slice that always runs is all there is to its node pool, so there is nothing to scale.
        return {"nodeCount": group.max_nodes}
    if slices.nodes_per_slice > 1:
        # All of its nodes or none; by zone, as cluster-toolkit's blueprints of queued slices have it.
        sizes = {"minNodeCount": 0, "maxNodeCount": group.max_nodes}
        return {"initialNodeCount": 0, "autoscaling": {**sizes, "locationPolicy": "ANY"}}
    return {
        "initialNodeCount": first_nodes_per_zone(group.min_nodes, group.max_nodes, len(zones)),
        "autoscaling": {
            "totalMinNodeCount": group.min_nodes,
            "totalMaxNodeCount": group.max_nodes,
            "locationPolicy": "ANY",
        },
    }


def _labels(spec: NodePoolSpec) -> dict[str, str]:
    queued = spec.purchase_option is PurchaseOption.QUEUED_PROVISIONING
    waiting = {"cloud.google.com/gke-queued": "true"} if queued else {}
    return {**spec.labels, POOL_LABEL: spec.name, **waiting}


def _workload_policy(
    name: str, row: TpuMachine, slices: TpuSlices, cluster: GcpCluster, opts: pulumi.ResourceOptions
) -> pulumi.Output[str] | None:
    if not row.workload_policy or slices.nodes_per_slice == 1:
        return None
    policy = cloud_object(
        f"{name}-slice-policy",
        "gcp:compute/resourcePolicy:ResourcePolicy",
        {
            "project": cluster.project,
            "region": cluster.region,
            "workloadPolicy": {"type": "HIGH_THROUGHPUT", "acceleratorTopology": slices.topology},
        },
        opts,
        outputs=("name",),
    )
    policy_name: pulumi.Output[str] = output(policy, "name")
    return policy_name

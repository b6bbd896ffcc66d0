"""GPU nodes of a GKE cluster."""

from __future__ import annotations

from typing import Any

import pulumi

from ...components.args import InvalidArgs
from ...components.cloud_objects import cloud_object, output
from ...components.cluster import GcpCluster
from ...components.errors import Problem
from ...components.gcp.force_new import NODE_POOL, node_pool_name
from ...components.gcp.nodes import first_nodes_per_zone
from ...finops.prices import PurchaseOption
from ..fall_backs import Networks
from ..machines import Machine
from ..node_groups import NodeGroup, node_groups
from ..node_plan import PoolPlan
from ..spec import NodePoolSpec, Placement
from .fabric_networks import fabric_installers, fabric_networks
from .node_config import node_config
from .pool_rules import machine_findings, nvlink_domain, pool_findings

_WAITS_FOR_CAPACITY = {PurchaseOption.FLEX_START, PurchaseOption.QUEUED_PROVISIONING}


def gke_node_pool(
    name: str,
    spec: NodePoolSpec,
    plan: PoolPlan,
    row: Machine,
    cluster: GcpCluster,
    opts: pulumi.ResourceOptions,
    shared: Networks | None = None,
) -> Networks:
    """Makes one node pool of GKE for each group of like nodes, and first the networks of their fabric.

    With ``shared`` networks, those of another pool with the same fabric, it makes none. Returns its networks.

    The pool of the first group is protected. Those of more MIG layouts come and go with the layouts. Raises
    ``InvalidArgs`` with everything that GKE would refuse, before anything is made.
    """
    found = (*machine_findings(spec, row), *pool_findings(spec, row, cluster.zones))
    problems = [Problem(*finding) for finding in found]
    if problems:
        raise InvalidArgs(f"NodePool {name!r}", problems)
    zones = spec.zones or list(cluster.zones)
    networks = shared or fabric_networks(name, spec.name, spec.fabric, row, zones[0], cluster, opts)
    fabric_installers(name, spec.name, spec.fabric, row, opts)
    policy = _nvlink_policy(name, row, cluster, opts)
    for index, group in enumerate(node_groups(plan)):
        properties = {
            **pool_properties(spec, group, row, cluster, networks, policy),
            "cluster": cluster.cluster_name,
        }
        # Changes of min_nodes must not make another pool. GKE reads the value only once.
        more = pulumi.ResourceOptions(protect=not index, ignore_changes=["initialNodeCount"])
        cloud_object(f"{name}-{group.role}", NODE_POOL, properties, pulumi.ResourceOptions.merge(opts, more))
    return networks


def pool_properties(
    spec: NodePoolSpec,
    group: NodeGroup,
    row: Machine,
    cluster: GcpCluster,
    networks: Networks | None = None,
    policy: pulumi.Input[str] | None = None,
) -> dict[str, Any]:
    """One node pool in the provider's words, without its cluster.

    ``networks`` are those of the fabric, ``policy`` the name of the resource policy that keeps an NVLink
    domain together.
    """
    zones = spec.zones or list(cluster.zones)
    waits = spec.purchase_option in _WAITS_FOR_CAPACITY
    queued = spec.purchase_option is PurchaseOption.QUEUED_PROVISIONING
    properties = {
        "project": cluster.project,
        "location": cluster.region,
        "nodeLocations": list(zones),
        "initialNodeCount": first_nodes_per_zone(group.min_nodes, group.max_nodes, len(zones)),
        "autoscaling": {
            "totalMinNodeCount": group.min_nodes,
            "totalMaxNodeCount": group.max_nodes,
            # GPUs are taken where there are some; equal zones would leave them unused.
            "locationPolicy": "ANY",
        },
        "management": {"autoRepair": not waits, "autoUpgrade": True},
        "networkConfig": {
            "enablePrivateNodes": True,
            **({"additionalNodeNetworkConfigs": list(networks.cards)} if networks and networks.cards else {}),
        },
        "nodeConfig": node_config(spec, group, row, cluster),
    }
    if not waits:
        # There is seldom one more machine of this type to be had, so nodes are upgraded in their own place.
        properties["upgradeSettings"] = {"strategy": "SURGE", "maxSurge": 0, "maxUnavailable": 1}
    if queued:
        properties["queuedProvisioning"] = {"enabled": True}
        # In a release channel autoUpgrade can't be off. This keeps running jobs from losing their nodes.
        properties["maintenancePolicies"] = [{"exclusionUntilEndOfSupports": [{"enabled": True}]}]
    if spec.placement is Placement.COMPACT or policy is not None:
        properties["placementPolicy"] = {
            "type": "COMPACT",
            **({"policyName": policy} if policy is not None else {}),
        }
    networks_of = networks.pool if networks and networks.pool != spec.name else None
    return {"name": node_pool_name(f"{spec.name}-{group.role}", properties, networks_of), **properties}


def _nvlink_policy(
    name: str, row: Machine, cluster: GcpCluster, opts: pulumi.ResourceOptions
) -> pulumi.Output[str] | None:
    topology = nvlink_domain(row)
    if topology is None:
        return None
    policy = cloud_object(
        f"{name}-nvlink-policy",
        "gcp:compute/resourcePolicy:ResourcePolicy",
        {
            "project": cluster.project,
            "region": cluster.region,
            "workloadPolicy": {"type": "HIGH_THROUGHPUT", "acceleratorTopology": topology},
        },
        opts,
        outputs=("name",),
    )
    policy_name: pulumi.Output[str] = output(policy, "name")
    return policy_name

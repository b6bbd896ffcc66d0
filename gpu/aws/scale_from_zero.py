"""What the autoscaler must be told of nodes that don't run yet."""

from __future__ import annotations

from ..layout import WHOLE_GPU
from ..machines import Machine
from ..node_groups import NodeGroup
from ..node_plan import EFA, PoolPlan
from ..spec import LocalDisk, NodePoolSpec
from .fabric_pods import HUGE_PAGES, NODE_HUGE_PAGES_MIB

PREFIX = "k8s.io/cluster-autoscaler/node-template/resources/"
"""Cluster Autoscaler reads these tags of a managed node group (aws_manager.go, read 2026-11)."""


def node_template_tags(spec: NodePoolSpec, plan: PoolPlan, group: NodeGroup, row: Machine) -> dict[str, str]:
    """Tags of a node group that name the resources of its nodes beside CPU and memory.

    An instance type tells of whole GPUs alone. Without these, pods that ask for MIG devices, shared GPUs or
    the fabric would wait for ever for the first node.
    """
    offered = next(node.resources for node in plan.nodes if node.layout == group.layout)
    found = {name: str(count) for name, count in offered.items() if count or name == WHOLE_GPU}
    disk_gib = row.local_disk_gib if spec.local_disk is LocalDisk.EPHEMERAL else None
    found["ephemeral-storage"] = f"{disk_gib or spec.disk_gib}Gi"
    if plan.efa_interfaces:
        found |= {EFA: str(plan.efa_interfaces), HUGE_PAGES: f"{NODE_HUGE_PAGES_MIB}Mi"}
    return {f"{PREFIX}{name}": value for name, value in sorted(found.items())}

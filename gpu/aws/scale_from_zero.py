"""What the autoscaler must be told of nodes that don't run yet, or not fully."""

from __future__ import annotations

from ..machines import Machine
from ..mig.layout import WHOLE_GPU
from ..node_groups import NodeGroup
from ..node_plan import EFA, PoolPlan
from ..spec import GpuStack, LocalDisk, NodePoolSpec
from .fabric_pods import HUGE_PAGES, NODE_HUGE_PAGES_MIB

PREFIX = "k8s.io/cluster-autoscaler/node-template/resources/"
"""Cluster Autoscaler reads these tags of a managed node group (aws_manager.go, read 2026-11)."""

ACCELERATOR_LABEL = "k8s.amazonaws.com/accelerator"
"""With it, a node without ``nvidia.com/gpu`` counts as not ready (gpu_processor.go 1.36.1, read 2026-11)."""


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


def accelerator_label(spec: NodePoolSpec, plan: PoolPlan, group: NodeGroup) -> dict[str, str]:
    """The label by which the autoscaler waits for a new node's driver, instead of starting another node.

    Only where all GPUs stay whole and a device plugin offers them: other nodes would never count as ready,
    and idle ones among them would not be told from busy ones.
    """
    offered = next(node.resources for node in plan.nodes if node.layout == group.layout)
    whole = offered.get(WHOLE_GPU) == plan.gpus_per_node and spec.gpu_stack is GpuStack.OPERATOR
    return {ACCELERATOR_LABEL: plan.gpu_product} if whole else {}

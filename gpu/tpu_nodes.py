"""Simulated nodes of a pool of TPUs: what GKE makes of them."""

from __future__ import annotations

import json
from typing import Any

from ..components.node_labels import POOL_LABEL
from .node_groups import slice_groups
from .node_plan import NodePlan, PoolPlan, TpuSlices
from .tpus import ACCELERATOR_LABEL, NODE_POOL_LABEL, TOPOLOGY_LABEL, TPU_RESOURCE


def tpu_node_manifest(plan: PoolPlan, slices: TpuSlices, node: NodePlan) -> dict[str, Any]:
    """A simulated node with its chips, its labels and the taint that GKE gives it."""
    groups = slice_groups(plan, slices)
    place = plan.nodes.index(node)
    group = groups[place // slices.nodes_per_slice if slices.nodes_per_slice > 1 else 0]
    offered = {
        "cpu": str(plan.vcpu),
        "memory": f"{plan.memory_gib}Gi",
        "ephemeral-storage": "1Ti",
        "pods": "250",
        TPU_RESOURCE: str(plan.gpus_per_node),
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": node.name,
            "labels": {
                POOL_LABEL: plan.name,
                "kubernetes.io/hostname": node.name,
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/os": "linux",
                "node.kubernetes.io/instance-type": plan.machine,
                "topology.kubernetes.io/zone": "simulated-a",
                NODE_POOL_LABEL: f"{plan.name}-{group.role}",
                ACCELERATOR_LABEL: slices.accelerator,
                TOPOLOGY_LABEL: slices.topology,
            },
            "annotations": {
                "kwok.x-k8s.io/node": "fake",
                "simulated.ai-platform/resources": json.dumps(offered),
            },
        },
        "spec": {"taints": [{"key": TPU_RESOURCE, "value": "present", "effect": "NoSchedule"}]},
    }

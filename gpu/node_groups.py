"""How a pool's nodes become groups of like nodes, which is what a cloud scales."""

from __future__ import annotations

from dataclasses import dataclass

from .node_plan import PoolPlan, TpuSlices

MIG_CONFIG_LABEL = "nvidia.com/mig.config"
"""Node label that asks the MIG manager for a layout."""


@dataclass(frozen=True, slots=True)
class NodeGroup:
    """Nodes of a pool with the same MIG layout."""

    role: str
    """``nodes``, ``nodes-1``, … It stays when the layout changes, so that no node is replaced for that."""
    layout: str
    """Value of the node label nvidia.com/mig.config."""
    min_nodes: int
    max_nodes: int


def node_groups(plan: PoolPlan) -> tuple[NodeGroup, ...]:
    """The groups of a pool: whole GPUs first, then layouts as described; ``min_nodes`` fills them so."""
    counts: dict[str, int] = {}
    for node in sorted(plan.nodes, key=lambda node: node.layout != "all-disabled"):
        counts[node.layout] = counts.get(node.layout, 0) + 1
    groups, left = [], plan.min_nodes
    for index, (layout, count) in enumerate(counts.items()):
        least = min(left, count)
        left -= least
        groups.append(NodeGroup(f"nodes-{index}" if index else "nodes", layout, least, count))
    return tuple(groups)


def slice_groups(plan: PoolPlan, slices: TpuSlices) -> tuple[NodeGroup, ...]:
    """The groups of a pool of TPUs: one for each slice of several nodes, else one for all.

    Slices that always run come first.
    """
    if slices.nodes_per_slice == 1:
        return (NodeGroup("nodes", slices.topology, plan.min_nodes, plan.max_nodes),)
    each = slices.nodes_per_slice
    return tuple(
        NodeGroup(
            f"nodes-{index}" if index else "nodes",
            slices.topology,
            each if index * each < plan.min_nodes else 0,
            each,
        )
        for index in range(plan.max_nodes // each)
    )

"""How the nodes of a pool are cut, for a reader."""

from __future__ import annotations

from collections.abc import Sequence

from ..gpu.gpus import GPUS
from ..gpu.mig.layout import NodeLayout
from ..gpu.node_plan import NodePlan, PoolPlan

_KINDS = {"gpu": "whole", "gpu.shared": "shared"}


def pool_layouts(pool: PoolPlan) -> list[str]:
    """Each different layout with the number of its nodes, ``1 × (6 whole, 4 1g.10gb)``."""
    if pool.tpu:
        each = pool.tpu.nodes_per_slice
        return [f"{pool.max_nodes // each} × slice of {pool.tpu.topology}, {each} node{'s' * (each > 1)}"]
    layouts = [_layout(node) for node in pool.nodes]
    return [f"{layouts.count(layout)} × ({layout})" for layout in dict.fromkeys(layouts)]


def _layout(node: NodePlan) -> str:
    counts = {name.removeprefix("nvidia.com/"): count for name, count in node.resources.items() if count}
    parts = [f"{count} {_KINDS.get(name) or name.removeprefix('mig-')}" for name, count in counts.items()]
    return ", ".join(parts)


def unsettled(layouts: Sequence[NodeLayout]) -> str | None:
    """Why what is known of the GPU isn't settled, where that matters to these layouts of one pool."""
    gpu = GPUS[layouts[0].gpu]
    cut = any(layout.whole < layout.gpu_count for layout in layouts)
    return gpu.provisional if gpu.geometry and cut else None

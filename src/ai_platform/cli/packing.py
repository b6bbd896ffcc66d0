"""How good MIG layouts are that were worked out, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..components.counted import counted

if TYPE_CHECKING:
    from ..gpu.node_plan import PoolPacking


def proof(used: int, bound: int) -> str:
    """What is known of a number that is to be small."""
    return "proven fewest" if used == bound else f"at least {bound} are needed"


def packing_lines(packing: PoolPacking) -> list[str]:
    """A line for GPUs, and one for different node layouts where there are several."""
    gpus = counted(packing.gpus_used, "GPU")
    lines = [f"quotas take {gpus}, {proof(packing.gpus_used, packing.gpus_needed)}"]
    if packing.node_layouts > 1:
        sure = proof(packing.node_layouts, packing.node_layouts_needed)
        lines.append(f"{packing.node_layouts} different node layouts, {sure}")
    return lines

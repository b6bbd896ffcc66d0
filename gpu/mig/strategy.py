"""What a node with a MIG layout offers under each MIG strategy of the device plugin.

Rules: device plugin and GPU feature discovery v0.20.0, ``internal/lm/mig-strategy.go`` (read 2026-11).
"""

from __future__ import annotations

from enum import StrEnum

from ..gpus import GPUS
from .layout import WHOLE_GPU, NodeLayout, node_resources


class MigStrategy(StrEnum):
    """Flag ``migStrategy`` of the device plugin."""

    NONE = "none"
    """MIG is not looked at: for nodes whose GPUs are all whole."""
    SINGLE = "single"
    """Every device of the node is alike and counts as ``nvidia.com/gpu``."""
    MIXED = "mixed"
    """Each profile is a resource of its own, beside whole GPUs."""


def strategies(layout: NodeLayout) -> tuple[MigStrategy, ...]:
    """The strategies under which the node offers all its devices."""
    if layout.whole == layout.gpu_count:
        return tuple(MigStrategy)
    return (MigStrategy.SINGLE, MigStrategy.MIXED) if _only_profile(layout) else (MigStrategy.MIXED,)


def offered(layout: NodeLayout, strategy: MigStrategy) -> dict[str, int]:
    """Allocatable GPU resources, none with 0. Raises ``ValueError`` where the strategy refuses the layout.

    Under ``single`` GPU feature discovery labels such a node ``MIG-INVALID`` and counts no device.
    """
    if strategy not in strategies(layout):
        reason = "cuts none, or cuts every GPU into devices of one profile"
        raise ValueError(f"the strategy {strategy} wants a layout that {reason}")
    counts = {name: count for name, count in node_resources(layout).items() if count}
    return counts if strategy is MigStrategy.MIXED else {WHOLE_GPU: sum(counts.values())}


def product_label(layout: NodeLayout, strategy: MigStrategy) -> str:
    """Value of the node label ``nvidia.com/gpu.product``; ``single`` adds ``-MIG-`` and the profile."""
    profile, product = _only_profile(layout), GPUS[layout.gpu].product
    if strategy is not MigStrategy.SINGLE or layout.whole == layout.gpu_count:
        return product
    return f"{product}-MIG-{profile.replace('+', '.') if profile else 'INVALID'}"


def _only_profile(layout: NodeLayout) -> str | None:
    names = {name for devices in layout.partitions for name, _ in devices}
    return names.pop() if len(names) == 1 and not layout.whole else None

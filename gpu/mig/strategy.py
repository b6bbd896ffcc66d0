"""Under which MIG strategies of the device plugin a node with a MIG layout offers all its devices.

Rules: device plugin and GPU feature discovery v0.20.0, ``internal/lm/mig-strategy.go`` (read 2026-11).
"""

from __future__ import annotations

from enum import StrEnum

from .layout import NodeLayout


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
    return (MigStrategy.SINGLE, MigStrategy.MIXED) if _alike(layout) else (MigStrategy.MIXED,)


def _alike(layout: NodeLayout) -> bool:
    return not layout.whole and len({name for devices in layout.partitions for name, _ in devices}) == 1

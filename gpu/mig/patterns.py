"""The ways to cut one GPU that a packing chooses from, and the devices that satisfy a need."""

from __future__ import annotations

from functools import cache

from ..gpus import GPUS, GpuName
from .layout import Devices
from .placement import all_layouts
from .profiles import profiles

WHOLE = "gpus"
"""The key of whole GPUs where MIG profiles are the other keys."""


@cache
def patterns(gpu: GpuName, wanted: frozenset[str]) -> tuple[Devices, ...]:
    """The layouts of one GPU in devices of ``wanted`` to which no such device can be added.

    Those that hold more and smaller devices come last. A layout that is part of another one never helps.
    """
    inside = [layout for layout in all_layouts(gpu) if all(name in wanted for name, _ in layout)]
    known = {frozenset(layout) for layout in inside}
    largest = [
        layout
        for layout in inside
        if not any(
            frozenset(({**dict(layout), name: dict(layout).get(name, 0) + 1}).items()) in known
            for name in wanted
        )
    ]
    return tuple(sorted(largest, key=lambda layout: _rank(gpu, layout)))


def smallest_for(gpu: GpuName, memory_mib: int, compute_slices: int) -> tuple[str, ...]:
    """The devices worth considering for a need, the best first; empty when the GPU is too small.

    Devices that hold scarce media or graphics engines are kept for those who name them. Where a ``-me`` twin
    exists it comes second: it alone can stand beside a ``+me.all`` device.
    """
    rows = [
        row
        for row in profiles(gpu).values()
        if row.memory_mib >= memory_mib and row.compute_slices >= compute_slices
        if row.starts and "+" not in row.name
    ]
    plain = [row for row in rows if not row.name.endswith("-me")]
    twins = [row for row in rows if row.name.endswith("-me")]
    best = [
        min(group, key=lambda row: (row.memory_slices, row.compute_slices))
        for group in (plain, twins)
        if group
    ]
    if best:
        return tuple(row.name for row in best)
    # Some memory is lost even to the largest MIG device.
    whole = GPUS[gpu].memory_mib >= memory_mib and compute_slices <= compute_slices_of(gpu)
    return (WHOLE,) if whole else ()


def compute_slices_of(gpu: GpuName) -> int:
    """Compute slices of a whole GPU; 7 for one without MIG, so that each need can be compared with it."""
    return max((row.compute_slices for row in profiles(gpu).values()), default=7)


def _rank(gpu: GpuName, row: Devices) -> tuple[object, ...]:
    position = {name: index for index, name in enumerate(profiles(gpu))}
    return len(row), sum(count for _, count in row), [(position[name], -count) for name, count in row]

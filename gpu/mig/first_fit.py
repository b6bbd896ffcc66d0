"""First fit, largest device first: the packing a person would do, and a quick start for the exact one."""

from __future__ import annotations

from collections.abc import Mapping

from ..gpus import GpuName
from .layout import Devices
from .placement import all_layouts
from .profiles import MigProfile, all_balanced, placement_units, profiles


def first_fit(gpu: GpuName, devices: Mapping[str, int]) -> tuple[Devices, ...]:
    """GPUs that hold all ``devices``: each device, largest first, goes to the first GPU that it fits on.

    Of devices of one size those come first of which a GPU holds fewest.

    Raises ``KeyError`` for a profile that the GPU doesn't have.
    """
    known = {frozenset(layout): layout for layout in all_layouts(gpu)}
    rows = profiles(gpu)
    bins: list[Devices] = []
    for name in sorted(devices, key=lambda name: _urgency(rows[name])):
        at = 0
        for _ in range(devices[name]):
            # A GPU that this device didn't fit on has got no emptier since.
            while at < len(bins) and (grown := _with_one(bins[at], name, known)) is None:
                at += 1
            if at == len(bins):
                bins.append(((name, 1),))
            elif grown is not None:
                bins[at] = grown
    return tuple(bins)


def balanced_gpus(gpu: GpuName, devices: Mapping[str, int]) -> int | None:
    """GPUs that hold all ``devices`` when each is cut as NVIDIA's ``all-balanced``; ``None`` when none do."""
    each = all_balanced(gpu) or {}
    if any(name not in each for name, count in devices.items() if count):
        return None
    return max((-(-count // each[name]) for name, count in devices.items() if count), default=0)


def least_gpus(gpu: GpuName, devices: Mapping[str, int]) -> int:
    """GPUs below which ``devices`` can't go for want of memory slices, compute slices or places."""
    rows = profiles(gpu)
    units = sum(rows[name].memory_slices * count for name, count in devices.items())
    compute = sum(rows[name].compute_slices * count for name, count in devices.items())
    each = max((row.compute_slices for row in rows.values()), default=1)
    by_profile = [-(-count // rows[name].max_count) for name, count in devices.items()]
    return max([-(-units // max(1, placement_units(gpu))), -(-compute // each), *by_profile])


def _urgency(row: MigProfile) -> tuple[int, int, int, str]:
    return -row.memory_slices, -row.compute_slices, row.max_count, row.name


def _with_one(
    layout: Devices, name: str, known: Mapping[frozenset[tuple[str, int]], Devices]
) -> Devices | None:
    counts = dict(layout)
    counts[name] = counts.get(name, 0) + 1
    return known.get(frozenset(counts.items()))

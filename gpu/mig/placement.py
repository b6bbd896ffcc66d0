"""Whether MIG devices fit together on one GPU, and where."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from ..gpus import GPUS, GpuName, MigGeometry
from .profiles import MigProfile, placement_units, profiles


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """Where one MIG device lies: placement units ``start`` to ``start + size - 1``."""

    start: int
    size: int
    profile: str


def place(gpu: GpuName, devices: Mapping[str, int]) -> tuple[Slot, ...] | None:
    """Slots for all ``devices`` (profile to count) on one GPU in order of start, or ``None``.

    The search is exact: mig-parted tries every creation order, so a layout is valid if any placement is.
    The same devices always get the same slots. Without devices the answer is no slots.
    """
    if _broken_limit(gpu, devices):
        return None
    known = profiles(gpu)
    wanted = [known[name] for name, count in devices.items() for _ in range(count)]
    # The fewest choices first: the search then fails early and a table's order never matters.
    wanted.sort(key=lambda row: (len(row.starts), -row.memory_slices, row.name))
    slots = _search(wanted, 0, 0, ())
    return tuple(sorted(slots)) if slots is not None else None


def why_not(gpu: GpuName, devices: Mapping[str, int]) -> str:
    """One sentence on why ``devices`` don't fit on one GPU and what comes nearest; empty when they fit."""
    reason = _broken_limit(gpu, devices)
    if not reason:
        if place(gpu, devices) is not None:
            return ""
        reason = _collision(gpu, devices)
    nearest = _nearest(gpu, devices)
    return f"{reason}; the nearest that fits is {shown(nearest)}" if nearest else reason


def shown(devices: Mapping[str, int]) -> str:
    """Devices for a reader: ``2× 1g.10gb + 1× 3g.40gb``."""
    return " + ".join(f"{count}× {name}" for name, count in devices.items())


def _search(
    wanted: list[MigProfile], index: int, taken: int, slots: tuple[Slot, ...]
) -> tuple[Slot, ...] | None:
    if index == len(wanted):
        return slots
    row = wanted[index]
    # Devices of one profile are interchangeable: each starts after the one before it.
    after = slots[-1].start if index and wanted[index - 1] is row else -1
    for start in row.starts:
        units = ((1 << row.memory_slices) - 1) << start
        if start > after and not taken & units:
            slot = Slot(start, row.memory_slices, row.name)
            found = _search(wanted, index + 1, taken | units, (*slots, slot))
            if found is not None:
                return found
    return None


def _broken_limit(gpu: GpuName, devices: Mapping[str, int]) -> str:
    known = profiles(gpu)
    if not devices:
        return ""
    if not known:
        return f"{gpu} can't be partitioned with MIG"
    if GPUS[gpu].geometry is MigGeometry.UNPUBLISHED:
        return f"where MIG devices may lie on {gpu} is not published, so no layout of it can be checked"
    for name, count in devices.items():
        if name not in known:
            return f"{gpu} has no MIG profile {name!r}{_similar(name, known)}; it has {', '.join(known)}"
        if count < 1:
            return f"{count}× {name} is not a number of devices"
    for name, count in devices.items():
        if count > known[name].max_count:
            return f"{gpu} holds at most {known[name].max_count}× {name}, not {count}"
    return _media_limit(gpu, devices)


def _media_limit(gpu: GpuName, devices: Mapping[str, int]) -> str:
    known = profiles(gpu)
    with_media = {name: count for name, count in devices.items() if known[name].media_extension}
    if sum(with_media.values()) > 1:
        return f"{gpu} has one set of media extensions, so {shown(with_media)} can't share it"
    # From the engine counts of the MIG guide: "+me.all" takes every decoder, and all but "-me" need one.
    every_engine = any(name.endswith("+me.all") for name in devices)
    others = [name for name in devices if not name.endswith(("+me.all", "-me"))]
    if every_engine and others:
        return f"a +me.all device takes every media engine of {gpu}, which leaves none for {others[0]}"
    return ""


def _collision(gpu: GpuName, devices: Mapping[str, int]) -> str:
    known = profiles(gpu)
    units = placement_units(gpu)
    needed = sum(known[name].memory_slices * count for name, count in devices.items())
    if needed > units:
        return f"{shown(devices)} needs {needed} memory slices and {gpu} has {units}"
    starts = ", ".join(f"{name} at {'/'.join(map(str, known[name].starts))}" for name in devices)
    return f"the memory slices of {gpu} suffice for {shown(devices)}, but the starts collide: {starts}"


def _similar(name: str, known: Mapping[str, MigProfile]) -> str:
    same_compute = [other for other in known if other.split("g.")[0] == name.split("g.")[0]]
    nearest = (same_compute or difflib.get_close_matches(name, known, n=1))[:1]
    return f", the closest is {nearest[0]!r}" if nearest else ""


def _nearest(gpu: GpuName, devices: Mapping[str, int]) -> dict[str, int]:
    known = profiles(gpu)
    best: dict[str, int] = {}
    best_rank = (0, 0)
    for layout in all_layouts(gpu):
        if all(devices.get(name, 0) >= count for name, count in layout):
            counts = dict(layout)
            units = sum(known[name].memory_slices * count for name, count in layout)
            rank = (units, sum(counts.values()))
            if rank > best_rank:
                best, best_rank = counts, rank
    return best


@cache
def all_layouts(gpu: GpuName) -> tuple[tuple[tuple[str, int], ...], ...]:
    """Every multiset of MIG devices that fits on one GPU, as (profile, count) in the order of its table."""
    if not placement_units(gpu):
        return ()
    return tuple(sorted(_grown(gpu)))


def _grown(gpu: GpuName) -> Iterator[tuple[tuple[str, int], ...]]:
    # A part of what fits also fits, so adding one device at a time reaches every layout; adding them in the
    # order of the table reaches it once.
    names = list(profiles(gpu))
    frontier: list[tuple[int, dict[str, int]]] = [(0, {})]
    while frontier:
        first, layout = frontier.pop()
        for position in range(first, len(names)):
            name = names[position]
            grown = {**layout, name: layout.get(name, 0) + 1}
            if place(gpu, grown) is not None:
                frontier.append((position, grown))
                yield tuple(grown.items())

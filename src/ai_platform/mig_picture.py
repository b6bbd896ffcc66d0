"""MIG layouts as pictures of the GPUs' memory slices, for the terminal and as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from .gpu.gpus import GpuName
from .gpu.mig.layout import Devices, NodeLayout, layout_name
from .gpu.mig.placement import place
from .gpu.mig.profiles import placement_units, profiles
from .gpu.mig.strategy import MigStrategy, strategies

if TYPE_CHECKING:
    from rich.text import Text

WHOLE_TEXT, UNUSED_TEXT = "whole GPU", "unused"
_LABEL = 10
_WIDEST, _NARROWEST = 11, 4
"""Characters of one memory slice, its border included."""
_COLORS = {1: "cyan", 2: "green", 3: "yellow", 4: "magenta", 7: "blue"}
"""Terminal colours by compute slices; a larger GPU keeps the last one."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a GPU: a device, the whole GPU, or slices that no device holds."""

    start: int
    size: int
    text: str
    compute_slices: int
    """0 for what is unused."""


@dataclass(frozen=True, slots=True)
class GpuPicture:
    """Neighbouring GPUs of a node that are cut alike."""

    first: int
    count: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class NodePicture:
    """Neighbouring nodes with one layout."""

    first: int
    count: int
    layout: str
    """Name of the configuration for the MIG manager."""
    strategies: tuple[str, ...]
    gpus: tuple[GpuPicture, ...]


@dataclass(frozen=True, slots=True)
class PoolPicture:
    """The nodes of a pool."""

    title: str
    units: int
    """Memory slices of a GPU."""
    nodes: tuple[NodePicture, ...]


def pool_picture(title: str, layouts: Sequence[NodeLayout]) -> PoolPicture:
    """Where each device of each node lies. Raises ``ValueError`` for layouts that can't be placed."""
    nodes, first = [], 0
    for layout, run in groupby(layouts):
        count = len(list(run))
        nodes.append(_node(first, count, layout))
        first += count
    return PoolPicture(title, placement_units(layouts[0].gpu) or 1, tuple(nodes))


def blocks(gpu: GpuName, devices: Devices) -> tuple[Block, ...]:
    """One GPU from its first memory slice to its last."""
    units = placement_units(gpu) or 1
    if not devices:
        return (
            Block(
                0, units, WHOLE_TEXT, max((row.compute_slices for row in profiles(gpu).values()), default=7)
            ),
        )
    slots = place(gpu, dict(devices))
    if slots is None:
        raise ValueError(f"{devices} can't be placed on {gpu}")
    found, at = [], 0
    for slot in slots:
        if slot.start > at:
            found.append(Block(at, slot.start - at, UNUSED_TEXT, 0))
        found.append(Block(slot.start, slot.size, slot.profile, profiles(gpu)[slot.profile].compute_slices))
        at = slot.start + slot.size
    if at < units:
        found.append(Block(at, units - at, UNUSED_TEXT, 0))
    return tuple(found)


def span(first: int, count: int) -> str:
    """Indexes for a reader: ``3`` or ``0-7``."""
    return str(first) if count == 1 else f"{first}-{first + count - 1}"


def terminal(picture: PoolPicture, width: int) -> Text:
    """Lines of at most ``width`` characters where that is possible; a box for each device."""
    from rich.text import Text

    room = min(_WIDEST * max(2, min(picture.units, 8)), width - _LABEL - 1)
    unit = max(_NARROWEST, room // picture.units)
    text = Text(f"{picture.title}\n", style="bold", no_wrap=True)
    if picture.units > 1:
        ruler = "".join(f" {at:^{unit - 1}}" for at in range(picture.units))
        text.append(f"{'slice':<{_LABEL}}{ruler}".rstrip() + "\n", style="not bold dim")
    for node in picture.nodes:
        nodes = "node" if node.count == 1 else "nodes"
        text.append(f"{nodes} {span(node.first, node.count)}: {node.layout}", style="not bold")
        text.append(f"  (strategy {' or '.join(node.strategies)})\n", style="not bold dim")
        for gpu in node.gpus:
            text.append(f"{'GPU ' + span(gpu.first, gpu.count):<{_LABEL}}", style="not bold")
            for block in gpu.blocks:
                room = block.size * unit - 1
                style = _COLORS.get(block.compute_slices, "blue") if block.compute_slices else "dim"
                text.append("│", style="not bold")
                text.append(f"{_fitted(block.text, room):^{room}}", style=f"not bold reverse {style}")
            text.append("│\n", style="not bold")
    return text


def _node(first: int, count: int, layout: NodeLayout) -> NodePicture:
    gpus, at = [], 0
    for devices, run in groupby(layout.partitions):
        times = len(list(run))
        gpus.append(GpuPicture(at, times, blocks(layout.gpu, devices)))
        at += times
    names = tuple(strategy.value for strategy in strategies(layout))
    names = ("any",) if len(names) == len(MigStrategy) else names
    return NodePicture(first, count, layout_name(layout), names, tuple(gpus))


def _fitted(text: str, room: int) -> str:
    """The longest way to write a block's name that has room; profiles lose their memory last of all."""
    compute, _, memory = text.partition("g.")
    ending = memory.partition("gb")[2]
    names = (
        [text, text.replace("gb", ""), f"{compute}g{ending}"]
        if memory
        else [text, "whole" if text == WHOLE_TEXT else "·"]
    )
    return next((name for name in names if len(name) <= room), names[-1][:room])

"""Cut GPUs put together to nodes with as few different layouts as possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..gpus import GpuName
from .first_fit import first_fit
from .layout import Devices, NodeLayout
from .packing_alike import Rest, most_repeated
from .packing_few import fewer
from .packing_spec import Supply
from .patterns import patterns
from .profiles import profiles
from .redraw import redrawn


@dataclass(frozen=True, slots=True)
class Composed:
    """The nodes of a pool."""

    layouts: tuple[NodeLayout, ...]
    fewest_layouts: int
    """Proven: there are not fewer different layouts of nodes with cut GPUs."""
    drained: int
    fewest_drained: int


def compose(supply: Supply, wanted: Mapping[str, int], cut: int) -> Composed:
    """Layouts of all nodes that hold ``wanted`` on ``cut`` GPUs, which fill as few nodes as they can.

    Repeats one layout on as many nodes as possible, then the next one on the rest. ``cut`` GPUs must suffice.
    """
    nodes, fewest = cut_nodes(supply.gpu, supply.gpus_per_node, tuple(wanted.items()), cut)
    found = redrawn(supply, supply.filled(nodes), wanted)
    return Composed(found.layouts, fewest, found.drained, found.fewest_drained)


@lru_cache(maxsize=256)
def cut_nodes(
    gpu: GpuName, per_node: int, wanted: tuple[tuple[str, int], ...], cut: int
) -> tuple[tuple[NodeLayout, ...], int]:
    """The nodes with cut GPUs, and how many different ones there are at least.

    Kept, as a pool is packed again for what runs in it.
    """
    rows = patterns(gpu, frozenset(dict(wanted)))
    rest = all_of_it = Rest(dict(wanted), cut, -(-cut // per_node))
    found: list[tuple[tuple[Devices, ...], int]] = []
    fewest = 1 if cut else 0
    while rest.nodes:
        alike = _all_alike(gpu, rows, rest)
        if alike:
            layout, times = alike, rest.nodes
        else:
            layout, times, impossible = most_repeated(rows, rest, per_node)
            if not found:
                fewest = -(-rest.nodes // (impossible - 1))
        found.append((layout, times))
        rest = rest.without(layout, times)
    best, fewest = fewer(rows, all_of_it, per_node, found, fewest)
    nodes = tuple(
        NodeLayout(gpu, (*layout, *[()] * (per_node - len(layout))))
        for layout, times in best
        for _ in range(times)
    )
    return nodes, fewest


def _all_alike(gpu: GpuName, rows: Sequence[Devices], rest: Rest) -> tuple[Devices, ...] | None:
    """A layout that all nodes share, where GPUs of one profile each or first fit make one.

    Most pools need no solver thanks to it.
    """
    if rest.gpus % rest.nodes:
        return None
    each = {name: -(-count // rest.nodes) for name, count in rest.wanted.items()}
    room = rest.gpus // rest.nodes
    found = [row for name, count in each.items() for row in _of_one_profile(gpu, name, count)]
    if len(found) > room:
        found = list(first_fit(gpu, each))
    if len(found) > room:
        return None
    grown = [_grown(row, rows) for row in found] + [rows[0]] * (room - len(found))
    return tuple(sorted(grown, key=rows.index))


def _of_one_profile(gpu: GpuName, name: str, count: int) -> list[Devices]:
    most = profiles(gpu)[name].max_count
    return [((name, min(most, count - done)),) for done in range(0, count, most)]


def _grown(devices: Devices, rows: Sequence[Devices]) -> Devices:
    """The first of the rows that holds the devices."""
    return next(row for row in rows if all(dict(row).get(name, 0) >= count for name, count in devices))

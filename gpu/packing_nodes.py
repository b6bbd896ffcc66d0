"""Cut GPUs put together to nodes with as few different layouts as possible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .first_fit import first_fit
from .gpus import GpuName
from .integer_program import MAX_NODES, Answer, Row, minimum
from .layout import Devices, NodeLayout
from .mig import profiles
from .packing_spec import Supply
from .patterns import patterns
from .redraw import redrawn

_PROBE_NODES = 40
"""Branches spent on one question of whether so many nodes can be alike."""
_FULL, _SPREAD = 100_000, 101
"""Costs that make one answer the best: full nodes first, then layouts early in the list of patterns."""


@dataclass(frozen=True, slots=True)
class Composed:
    """The nodes of a pool."""

    layouts: tuple[NodeLayout, ...]
    fewest_layouts: int
    """Proven: there are not fewer different layouts of nodes with cut GPUs."""
    drained: int
    fewest_drained: int


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is still to be held by so many GPUs of so many nodes."""

    wanted: Mapping[str, int]
    gpus: int
    nodes: int


def compose(supply: Supply, wanted: Mapping[str, int], cut: int) -> Composed:
    """Layouts of all nodes that hold ``wanted`` on ``cut`` GPUs, which fill as few nodes as they can.

    Repeats one layout on as many nodes as possible, then the next one on the rest. ``cut`` GPUs must suffice.
    """
    rows = patterns(supply.gpu, frozenset(wanted))
    per_node = supply.gpus_per_node
    rest = _Rest(wanted, cut, -(-cut // per_node))
    found: list[tuple[tuple[Devices, ...], int]] = []
    fewest = 1 if cut else 0
    while rest.nodes:
        alike = _all_alike(supply.gpu, rows, rest)
        layout, times, proven = (alike, rest.nodes, True) if alike else _most_repeated(rows, rest, per_node)
        if not found and proven:
            fewest = -(-rest.nodes // times)
        found.append((layout, times))
        rest = _without(rest, layout, times)
    cut_nodes = [
        NodeLayout(supply.gpu, (*layout, *[()] * (per_node - len(layout))))
        for layout, times in found
        for _ in range(times)
    ]
    whole = NodeLayout(supply.gpu, ((),) * per_node)
    found_again = redrawn(supply, (*cut_nodes, *[whole] * (supply.nodes - len(cut_nodes))), wanted)
    return Composed(found_again.layouts, fewest, found_again.drained, found_again.fewest_drained)


def _all_alike(gpu: GpuName, rows: Sequence[Devices], rest: _Rest) -> tuple[Devices, ...] | None:
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


def _most_repeated(
    rows: Sequence[Devices], rest: _Rest, per_node: int
) -> tuple[tuple[Devices, ...], int, bool]:
    """The layout that most nodes can share, on how many, and whether more are proven impossible."""
    proven, values = True, None

    def possible(times: int) -> bool:
        nonlocal proven, values
        answer = _shared(rows, rest, per_node, times)
        proven = proven and (answer.values is not None or answer.proven)
        values = answer.values or values
        return answer.values is not None

    most = rest.nodes
    if rest.gpus % most or not possible(most):
        # What many nodes can share, fewer can share too. Each of the GPUs on its own always works.
        low, high = 1, most
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if possible(middle) else (low, middle)
        most = low
    values = _shared(rows, rest, per_node, most, best=True).values or values
    if values is None:
        values = _shared(rows, rest, per_node, most, max_nodes=MAX_NODES).values
    if values is None:
        raise RuntimeError("the GPUs don't suffice for what was to be put on them")
    layout = tuple(row for at, row in enumerate(rows) for _ in range(values[at]))
    return layout, most, proven


def _shared(
    rows: Sequence[Devices],
    rest: _Rest,
    per_node: int,
    times: int,
    *,
    best: bool = False,
    max_nodes: int = _PROBE_NODES,
) -> Answer:
    """A layout that ``times`` nodes can share: any, or the best. GPUs of it come first, then all others."""
    width, others = len(rows), rest.nodes - times
    alike, free = range(width), range(width, 2 * width)
    limits = [
        Row(dict.fromkeys(alike, 1), 1, per_node),
        Row(dict.fromkeys(free, 1), upper=others * per_node),
        Row({**dict.fromkeys(alike, times), **dict.fromkeys(free, 1)}, rest.gpus, rest.gpus),
    ]
    for name, count in rest.wanted.items():
        made = {at: dict(row)[name] for at, row in enumerate(rows) if name in dict(row)}
        freely = {width + at: each for at, each in made.items()}
        limits.append(Row({**{at: times * each for at, each in made.items()}, **freely}, lower=count))
    costs = [at * (at + _SPREAD) - _FULL if best else 0 for at in alike] + [0] * width
    uppers = [per_node] * width + [rest.gpus if others else 0] * width
    return minimum(costs, uppers, limits, max_nodes=max_nodes)


def _without(rest: _Rest, layout: Sequence[Devices], times: int) -> _Rest:
    held: Counter[str] = Counter()
    for row in layout:
        held.update(dict(row))
    wanted = {name: left for name, count in rest.wanted.items() if (left := count - times * held[name]) > 0}
    return _Rest(wanted, rest.gpus - times * len(layout), rest.nodes - times)

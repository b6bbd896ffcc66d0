"""Which node gets which layout, so that few GPUs that run now have to be drained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from .alignment import changed, drained, turned
from .integer_program import Columns, Row, minimum
from .layout import Devices, NodeLayout
from .packing_spec import Supply
from .patterns import patterns
from .redraw_best import GPUS, best_redrawn
from .redraw_bound import Measures, fewest_drained, measured
from .refine import refined

_KINDS = 8
"""Running layouts that are told apart and tried again elsewhere; the most common ones."""
_BRANCHES, _BRANCHES_OF_LARGE = 20, 1
"""In large pools a better answer than the first one found takes longer than it is worth."""
_ALL_LAYOUTS = 100
"""Layouts of a node up to which all of them are tried."""
_SMALL_POOL = 8
_WORTH_PROVING = 2


@dataclass(frozen=True, slots=True)
class Redrawn:
    """The nodes of a pool in which GPUs run."""

    layouts: tuple[NodeLayout, ...]
    drained: int
    fewest_drained: int
    """Proven: see ``redraw_bound``."""


def redrawn(supply: Supply, layouts: tuple[NodeLayout, ...], wanted: Mapping[str, int]) -> Redrawn:
    """Layouts as good as ``layouts`` that change few GPUs of ``supply.running``.

    As many GPUs and nodes are cut and no more layouts differ. Chosen among the given layouts, their GPUs in
    another order, the running ones, and any layout for one node. Where nodes have few layouts, as those of
    one GPU, among all.
    """
    running = supply.running[: supply.nodes]
    best = Redrawn(layouts, drained(running, layouts), 0)
    if not best.drained:
        return best
    limits = measured(layouts)
    if supply.nodes * supply.gpus_per_node <= GPUS:
        found, least = best_redrawn(supply, layouts, wanted, limits)
        best = Redrawn(found, drained(running, found), least)
        if best.drained == least:
            return best
    small = supply.nodes <= _SMALL_POOL
    least = max(best.fewest_drained, fewest_drained(supply, wanted, limits, quick=not small))
    if best.drained > least:
        found = _solved(supply, running, layouts, wanted, limits)
        changes = drained(running, found)
        best = Redrawn(found, changes, least) if changes < best.drained else best
    # The better bound takes longer than all else, so it is asked for where it may prove the best.
    if not small and 0 < best.drained - least <= _WORTH_PROVING:
        least = max(least, fewest_drained(supply, wanted, limits))
    return replace(best, fewest_drained=least)


def _solved(
    supply: Supply,
    running: Sequence[NodeLayout],
    layouts: Sequence[NodeLayout],
    wanted: Mapping[str, int],
    limits: Measures,
) -> tuple[NodeLayout, ...]:
    common = [kind for kind, _ in Counter(running).most_common(_KINDS)]
    choices = _choices(supply, layouts, common, wanted)
    crowds = _crowds(supply, running, common)
    program = _program(supply, crowds, choices, wanted, limits)
    columns = program.columns
    branches = _BRANCHES if supply.nodes <= _SMALL_POOL else _BRANCHES_OF_LARGE
    answer = minimum(columns.costs, columns.uppers, columns.rows, max_nodes=branches, flows=columns.flows)
    chosen = layouts if answer.values is None else _read(supply, program, crowds, choices, answer.values)
    return refined(running, chosen)


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Nodes that the program doesn't tell apart."""

    layouts: tuple[NodeLayout, ...]
    """What they have now; empty for nodes that join."""
    nodes: int


def _crowds(supply: Supply, running: Sequence[NodeLayout], common: Sequence[NodeLayout]) -> list[_Crowd]:
    """A crowd for each common layout, one for all others, and one for the nodes that join."""
    counts = Counter(running)
    rare = tuple(layout for layout in running if layout not in common)
    crowds = [_Crowd((layout,), counts[layout]) for layout in common]
    crowds += [_Crowd(rare, len(rare)), _Crowd((), supply.nodes - len(running))]
    return [crowd for crowd in crowds if crowd.nodes]


@dataclass(frozen=True, slots=True)
class _Own:
    """A node with any layout."""

    of: dict[int, int]
    """Whether there is such a node, by the crowd that it is of."""
    cut: dict[Devices, int]
    """Its cut GPUs."""


@dataclass(frozen=True, slots=True)
class _Program:
    columns: Columns
    times: list[int]
    """Nodes with each choice."""
    own: _Own


def _program(
    supply: Supply,
    crowds: Sequence[_Crowd],
    choices: Sequence[NodeLayout],
    wanted: Mapping[str, int],
    limits: Measures,
) -> _Program:
    columns, per_node = Columns(), supply.gpus_per_node
    # Equal costs are settled by the order of the choices: those that were given come first.
    last = len(choices)
    scale = (supply.nodes + 1) * (last + 1)
    times = [columns.add(supply.nodes) for _ in choices]
    there = [row for crowd in crowds if len(crowd.layouts) == 1 for row in crowd.layouts[0].partitions if row]
    partitions = dict.fromkeys([*patterns(supply.gpu, frozenset(wanted)), *there])
    own = _own(columns, supply, crowds, partitions, scale, last)
    into: list[dict[int, int]] = [{at: -1} for at in times]
    for index, crowd in enumerate(crowds):
        all_of = {own.of[index]: 1} if index in own.of else {}
        for at, choice in enumerate(choices):
            cost = round(scale * _changes(crowd, choice)) + at
            moved = columns.add(crowd.nodes, cost, flow=True)
            all_of[moved] = into[at][moved] = 1
        columns.rows.append(Row(all_of, crowd.nodes, crowd.nodes))
    columns.rows.extend(Row(coefficients, 0, 0) for coefficients in into)
    is_there = dict.fromkeys(own.of.values(), 1)
    for name, count in wanted.items():
        made = {at: _made(choice, name) for at, choice in zip(times, choices, strict=True)}
        made |= {at: dict(devices).get(name, 0) for devices, at in own.cut.items()}
        columns.rows.append(Row({at: each for at, each in made.items() if each}, count))
    cuts = {at: cut for at, choice in zip(times, choices, strict=True) if (cut := per_node - choice.whole)}
    columns.rows.append(Row({**cuts, **dict.fromkeys(own.cut.values(), 1)}, limits.cut, limits.cut))
    columns.rows.append(Row({**dict.fromkeys(cuts, 1), **is_there}, limits.cut_nodes, limits.cut_nodes))
    used = {at: columns.add(1) for at in cuts}
    columns.rows.extend(Row({at: 1, flag: -supply.nodes}, upper=0) for at, flag in used.items())
    columns.rows.append(Row({**dict.fromkeys(used.values(), 1), **is_there}, upper=limits.different))
    return _Program(columns, times, own)


def _own(
    columns: Columns,
    supply: Supply,
    crowds: Sequence[_Crowd],
    partitions: Iterable[Devices],
    scale: int,
    last: int,
) -> _Own:
    per_node = supply.gpus_per_node
    cut = {row: columns.add(per_node) for row in partitions}
    of: dict[int, int] = {}
    stays: dict[Devices, list[int]] = {row: [] for row in (*cut, ())}
    for index, crowd in enumerate(crowds):
        if len(crowd.layouts) > 1:
            continue
        of[index] = columns.add(1, (scale * per_node if crowd.layouts else 0) + last)
        for row, most in Counter(row for layout in crowd.layouts for row in layout.partitions).items():
            stays[row].append(columns.add(most, -scale, flow=True))
            columns.rows.append(Row({stays[row][-1]: 1, of[index]: -most}, upper=0))
    columns.rows.append(Row(dict.fromkeys(of.values(), 1), upper=1))
    columns.rows.extend(Row({**dict.fromkeys(stays[row], 1), at: -1}, upper=0) for row, at in cut.items())
    cut_here = dict.fromkeys(cut.values(), 1)
    room = dict.fromkeys(of.values(), -per_node)
    columns.rows.append(Row({**cut_here, **dict.fromkeys(stays[()], 1), **room}, upper=0))
    columns.rows.append(Row({**cut_here, **dict.fromkeys(of.values(), -1)}, lower=0))
    return _Own(of, cut)


def _read(
    supply: Supply,
    program: _Program,
    crowds: Sequence[_Crowd],
    choices: Sequence[NodeLayout],
    values: Sequence[int],
) -> list[NodeLayout]:
    """The layouts that were chosen, on any nodes."""
    found = [choice for choice, at in zip(choices, program.times, strict=True) for _ in range(values[at])]
    cut = [row for row, at in program.own.cut.items() for _ in range(values[at])]
    own = NodeLayout(supply.gpu, (*cut, *[()] * (supply.gpus_per_node - len(cut))))
    of = [crowds[index].layouts for index, at in program.own.of.items() if values[at]]
    found += [turned(own, there[0]) if there else own for there in of]
    return found


def _changes(crowd: _Crowd, choice: NodeLayout) -> float:
    """GPUs that change on a node of the crowd, on average."""
    if not crowd.layouts:
        return 0.0
    return sum(changed(layout, choice) for layout in crowd.layouts) / len(crowd.layouts)


def _choices(
    supply: Supply, layouts: Sequence[NodeLayout], common: Sequence[NodeLayout], wanted: Iterable[str]
) -> list[NodeLayout]:
    fresh = list(dict.fromkeys(layouts))
    there = [row for kind in common for row in kind.partitions]
    rows = dict.fromkeys([(), *patterns(supply.gpu, frozenset(wanted)), *there])
    if len(rows) ** supply.gpus_per_node <= _ALL_LAYOUTS:
        every = [NodeLayout(supply.gpu, of) for of in product(rows, repeat=supply.gpus_per_node)]
        return list(dict.fromkeys([*fresh, *every]))
    whole = NodeLayout(supply.gpu, ((),) * supply.gpus_per_node)
    in_order = [turned(layout, kind) for layout in fresh for kind in common]
    return list(dict.fromkeys([*fresh, whole, *in_order, *common]))


def _made(layout: NodeLayout, name: str) -> int:
    return sum(dict(devices).get(name, 0) for devices in layout.partitions)

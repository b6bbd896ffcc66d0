"""Which node gets which layout, so that few GPUs that run now have to be drained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .alignment import changed, drained, turned
from .integer_program import Row, minimum
from .layout import Devices, NodeLayout
from .packing_spec import Supply
from .patterns import patterns
from .redraw_bound import Measures, measured

_KINDS = 12
"""Running layouts that are tried again elsewhere; the most common ones."""
_BRANCHES = 200
_Kind = NodeLayout | None
"""A layout that nodes have now; ``None`` for nodes that join."""


def redrawn(
    supply: Supply, layouts: tuple[NodeLayout, ...], wanted: Mapping[str, int]
) -> tuple[NodeLayout, ...]:
    """Layouts as good as ``layouts`` that change few GPUs of ``supply.running``.

    As many GPUs and nodes are cut and no more layouts differ. Chosen among the given layouts, their GPUs in
    another order, the running ones, and any layout for one node.
    """
    running = supply.running[: supply.nodes]
    if not running:
        return layouts
    kinds: Counter[_Kind] = Counter(running)
    kinds[None] = supply.nodes - len(running)
    choices = _choices(supply, layouts, [kind for kind, _ in Counter(running).most_common(_KINDS)])
    program = _program(supply, +kinds, choices, wanted, measured(layouts))
    columns = program.columns
    answer = minimum(columns.costs, columns.uppers, columns.rows, max_nodes=_BRANCHES, flows=columns.flows)
    if answer.values is None:
        return layouts
    found = _read(supply, program, choices, answer.values)
    return found if drained(running, found) < drained(running, layouts) else layouts


@dataclass(frozen=True, slots=True)
class _Columns:
    """Columns and rows of a program, as they are added."""

    costs: list[int] = field(default_factory=list)
    uppers: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    flows: set[int] = field(default_factory=set)

    def add(self, upper: int, cost: int = 0, *, flow: bool = False) -> int:
        """The index of a new column."""
        self.costs.append(cost)
        self.uppers.append(upper)
        if flow:
            self.flows.add(len(self.costs) - 1)
        return len(self.costs) - 1


@dataclass(frozen=True, slots=True)
class _Program:
    columns: _Columns
    times: list[int]
    """Nodes with each choice."""
    moved: dict[tuple[_Kind, int], int]
    """Nodes of each kind that get each choice."""
    freed: dict[_Kind, int]
    """Whether the node with a layout of its own is of this kind."""
    own: dict[Devices, int]
    """Cut GPUs of that node."""


def _program(
    supply: Supply,
    kinds: Mapping[_Kind, int],
    choices: Sequence[NodeLayout],
    wanted: Mapping[str, int],
    limits: Measures,
) -> _Program:
    per_node = supply.gpus_per_node
    columns = _Columns()
    # Equal costs are settled by the order of the choices: those that were given come first.
    last = len(choices)
    scale = (supply.nodes + 1) * (last + 1)
    times = [columns.add(supply.nodes) for _ in choices]
    there = [row for kind in kinds if kind for row in kind.partitions if row]
    rows = dict.fromkeys([*patterns(supply.gpu, frozenset(wanted)), *there])
    own = {row: columns.add(per_node) for row in rows}
    moved, freed = {}, {}
    stays: dict[Devices, list[int]] = {row: [] for row in (*own, ())}
    for kind, count in kinds.items():
        for at, choice in enumerate(choices):
            cost = scale * changed(kind, choice) + at if kind else at
            moved[kind, at] = columns.add(count, cost, flow=True)
        freed[kind] = columns.add(1, scale * per_node + last if kind else last)
        for row, most in Counter(kind.partitions).items() if kind else ():
            stays[row].append(columns.add(most, -scale, flow=True))
            columns.rows.append(Row({stays[row][-1]: 1, freed[kind]: -most}, upper=0))
        all_of = {moved[kind, at]: 1 for at in range(last)}
        columns.rows.append(Row({**all_of, freed[kind]: 1}, count, count))
    for at in range(last):
        columns.rows.append(Row({**{moved[kind, at]: 1 for kind in kinds}, times[at]: -1}, 0, 0))
    is_there = dict.fromkeys(freed.values(), 1)
    columns.rows.append(Row(is_there, upper=1))
    for row, at in own.items():
        columns.rows.append(Row({**dict.fromkeys(stays[row], 1), at: -1}, upper=0))
    cut_here = dict.fromkeys(own.values(), 1)
    room = dict.fromkeys(freed.values(), -per_node)
    columns.rows.append(Row({**cut_here, **dict.fromkeys(stays[()], 1), **room}, upper=0))
    columns.rows.append(Row({**cut_here, **dict.fromkeys(freed.values(), -1)}, lower=0))
    for name, count in wanted.items():
        made = {at: _made(choice, name) for at, choice in zip(times, choices, strict=True)}
        made |= {at: dict(row).get(name, 0) for row, at in own.items()}
        columns.rows.append(Row({at: each for at, each in made.items() if each}, count))
    cuts = {at: cut for at, choice in zip(times, choices, strict=True) if (cut := per_node - choice.whole)}
    columns.rows.append(Row({**cuts, **cut_here}, limits.cut, limits.cut))
    cut_nodes = {**dict.fromkeys(cuts, 1), **is_there}
    columns.rows.append(Row(cut_nodes, limits.cut_nodes, limits.cut_nodes))
    used = {at: columns.add(1) for at in cuts}
    for at, flag in used.items():
        columns.rows.append(Row({at: 1, flag: -supply.nodes}, upper=0))
    columns.rows.append(Row({**dict.fromkeys(used.values(), 1), **is_there}, upper=limits.different))
    return _Program(columns, times, moved, freed, own)


def _read(
    supply: Supply, program: _Program, choices: Sequence[NodeLayout], values: Sequence[int]
) -> tuple[NodeLayout, ...]:
    cut = [row for row, at in program.own.items() for _ in range(values[at])]
    layout = NodeLayout(supply.gpu, (*cut, *[()] * (supply.gpus_per_node - len(cut))))
    queues: dict[_Kind, list[NodeLayout]] = {}
    for (kind, at), column in program.moved.items():
        queues.setdefault(kind, []).extend([choices[at]] * values[column])
    for kind, column in program.freed.items():
        if values[column]:
            queues.setdefault(kind, []).append(turned(layout, kind) if kind else layout)
    running = supply.running[: supply.nodes]
    return tuple(queues[kind].pop(0) for kind in (*running, *[None] * (supply.nodes - len(running))))


def _choices(supply: Supply, layouts: Sequence[NodeLayout], common: Sequence[NodeLayout]) -> list[NodeLayout]:
    fresh = list(dict.fromkeys(layouts))
    whole = NodeLayout(supply.gpu, ((),) * supply.gpus_per_node)
    in_order = [turned(layout, kind) for layout in fresh for kind in common]
    return list(dict.fromkeys([*fresh, whole, *in_order, *common]))


def _made(layout: NodeLayout, name: str) -> int:
    return sum(dict(devices).get(name, 0) for devices in layout.partitions)

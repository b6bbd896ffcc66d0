"""Layouts that are there on as many nodes as suits, beside new ones on a few, so that most GPUs stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement, product

from .alignment import changed, drained, turned
from .integer_program import Columns, Row
from .layout import Devices, NodeLayout
from .packing_spec import Supply
from .patterns import patterns
from .redraw_bound import Measures
from .refine import refined

_KINDS = 8
"""Running layouts that are told apart and tried on other nodes too; the most common ones."""
_NEW, _NODES_OF_NEW = 2, 4
"""Most new layouts, and most nodes of one, that are tried."""
_ORDERS = 2
"""Running layouts that suggest an order of the GPUs of the others."""
_ALL_LAYOUTS = 100
"""Layouts of a node up to which all of them are tried."""
_BRANCHES = 20


def mixed(
    supply: Supply,
    layouts: Sequence[NodeLayout],
    wanted: Mapping[str, int],
    limits: Measures,
    fewest_drained: int,
) -> tuple[NodeLayout, ...]:
    """Layouts as good as ``layouts`` that change few GPUs of ``supply.running``; never more than those do.

    Small needs that changed end in the few new layouts. How many nodes each of these has is given to the
    program, one after the other, so that what they hold is a sum.
    """
    running = supply.running[: supply.nodes]
    best = tuple(layouts)
    crowds = _crowds(running)
    every = _every(supply, wanted, crowds)
    for new in [()] if every else _shares_of_new(limits):
        changes = drained(running, best)
        if changes <= fewest_drained:
            break
        least_kept = len(running) * supply.gpus_per_node - changes + 1
        program = _program(supply, crowds, every or _known(best, crowds), new, wanted, limits, least_kept)
        answer = program.columns.minimum(max_nodes=_BRANCHES, proof=True)
        if answer.values is None:
            continue
        found = refined(running, _read(supply, program, answer.values))
        best = found if drained(running, found) < changes else best
    return best


def _shares_of_new(limits: Measures) -> list[tuple[int, ...]]:
    """Nodes of each new layout."""
    nodes = range(1, _NODES_OF_NEW + 1)
    several = range(min(_NEW, limits.different) + 1)
    return [new for many in several for new in combinations_with_replacement(nodes, many)]


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Running nodes that the program doesn't tell apart."""

    layouts: tuple[NodeLayout, ...]
    nodes: int


def _crowds(running: Sequence[NodeLayout]) -> list[_Crowd]:
    """A crowd for each common layout, and one for all others."""
    common = Counter(running).most_common(_KINDS)
    kinds = {layout for layout, _ in common}
    rare = tuple(layout for layout in running if layout not in kinds)
    return [_Crowd((layout,), nodes) for layout, nodes in common] + (
        [_Crowd(rare, len(rare))] if rare else []
    )


def _every(supply: Supply, wanted: Mapping[str, int], crowds: Sequence[_Crowd]) -> list[NodeLayout]:
    """All layouts of a node, where these are few."""
    there = [row for crowd in crowds for layout in crowd.layouts for row in layout.partitions]
    rows = dict.fromkeys([(), *patterns(supply.gpu, frozenset(wanted)), *there])
    if len(rows) ** supply.gpus_per_node > _ALL_LAYOUTS:
        return []
    return [NodeLayout(supply.gpu, of) for of in product(rows, repeat=supply.gpus_per_node)]


def _known(layouts: Sequence[NodeLayout], crowds: Sequence[_Crowd]) -> list[NodeLayout]:
    """What is on nodes now or was found, also with its GPUs in another order."""
    common = [crowd.layouts[0] for crowd in crowds if len(crowd.layouts) == 1]
    found = dict.fromkeys(layouts)
    in_order = [turned(layout, kind) for layout in found for kind in common[:_ORDERS]]
    return list(dict.fromkeys([*found, *common, *in_order]))


@dataclass(frozen=True, slots=True)
class _Program:
    known: Sequence[NodeLayout]
    new: Sequence[int]
    columns: Columns = field(default_factory=Columns)
    times: list[int] = field(default_factory=list)
    """Nodes with each of the known layouts."""
    gpus: dict[tuple[int, Devices], int] = field(default_factory=dict)
    """GPUs of each new layout."""


def _program(
    supply: Supply,
    crowds: Sequence[_Crowd],
    known: Sequence[NodeLayout],
    new: Sequence[int],
    wanted: Mapping[str, int],
    limits: Measures,
    least_kept: int,
) -> _Program:
    """The cost is minus the GPUs kept. On nodes with new layouts none is, before these are put in order."""
    program = _Program(known, new)
    rows = program.columns.rows
    made: dict[str, dict[int, int]] = {name: {} for name in wanted}
    cut: dict[int, int] = {}
    _add_known(program, supply, limits, made, cut)
    _add_new(program, supply, made, cut)
    rows.append(Row(cut, limits.cut, limits.cut))
    rows.extend(Row(made[name], count) for name, count in wanted.items())
    _add_nodes(program, crowds)
    program.columns.worth_at_least(least_kept)
    return program


def _add_known(
    program: _Program,
    supply: Supply,
    limits: Measures,
    made: Mapping[str, dict[int, int]],
    cut: dict[int, int],
) -> None:
    """How many nodes have each of the known layouts. ``made``: the devices that a column stands for, by
    profile; ``cut``: the cut GPUs."""
    columns, rows = program.columns, program.columns.rows
    used = []
    for layout in program.known:
        program.times.append(at := columns.add(supply.nodes))
        devices = layout.totals
        for name in made.keys() & devices.keys():
            made[name][at] = devices[name]
        if layout.whole < supply.gpus_per_node:
            cut[at] = supply.gpus_per_node - layout.whole
            used.append(columns.add(1))
            rows.append(Row({at: 1, used[-1]: -limits.cut_nodes}, upper=0))
    nodes = limits.cut_nodes - sum(program.new)
    rows.append(Row(dict.fromkeys(cut, 1), nodes, nodes))
    rows.append(Row(dict.fromkeys(used, 1), upper=limits.different - len(program.new)))
    whole = {at: 1 for at in program.times if at not in cut}
    rows.append(Row(whole, upper=supply.nodes - limits.cut_nodes))


def _add_new(
    program: _Program, supply: Supply, made: Mapping[str, dict[int, int]], cut: dict[int, int]
) -> None:
    """What each of the new layouts holds."""
    columns = program.columns
    for layout, nodes in enumerate(program.new):
        here = {row: columns.add(supply.gpus_per_node) for row in patterns(supply.gpu, frozenset(made))}
        program.gpus.update({(layout, row): at for row, at in here.items()})
        columns.rows.append(Row(dict.fromkeys(here.values(), 1), 1, supply.gpus_per_node))
        cut |= dict.fromkeys(here.values(), nodes)
        for row, at in here.items():
            for name, count in row:
                made[name][at] = count * nodes


def _add_nodes(program: _Program, crowds: Sequence[_Crowd]) -> None:
    """Which running nodes get which of the known layouts."""
    columns = program.columns
    into: list[dict[int, int]] = [{at: -1} for at in program.times]
    for crowd in crowds:
        moved = {}
        for layout, known in enumerate(program.known):
            kept = sum(old.gpu_count - changed(old, known) for old in crowd.layouts)
            # A crowd of many counts for its average, rounded to what keeps costs whole.
            if kept := kept // len(crowd.layouts):
                here = columns.add(crowd.nodes, -kept, flow=True)
                moved[here] = into[layout][here] = 1
        columns.rows.append(Row(moved, upper=crowd.nodes))
    columns.rows.extend(Row(each, upper=0) for each in into if len(each) > 1)


def _read(supply: Supply, program: _Program, values: Sequence[int]) -> tuple[NodeLayout, ...]:
    """The layouts that were chosen, on any nodes."""
    per_node = supply.gpus_per_node
    found: list[NodeLayout] = []
    for known, at in zip(program.known, program.times, strict=True):
        found += [known] * values[at] if known.whole < per_node else []
    for new, nodes in enumerate(program.new):
        cut = [row for (of, row), at in program.gpus.items() if of == new for _ in range(values[at])]
        found += [NodeLayout(supply.gpu, (*cut, *[()] * (per_node - len(cut))))] * nodes
    return supply.filled(found)

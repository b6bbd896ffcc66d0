"""The fewest running GPUs that any layouts of a small pool change, proven.

A program for each way to share the cut nodes among the different layouts. What each layout holds is then a
sum, so that the programs are small and their relaxations good.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from .alignment import drained
from .integer_program import Answer, Columns, Row, minimum
from .layout import Devices, NodeLayout
from .packing_few import node_shares
from .packing_spec import Supply
from .patterns import patterns
from .redraw_bound import Measures
from .redraw_of_one_gpu import most_kept
from .refine import refined
from .tidy import tidied

GPUS = 64
"""GPUs of a pool up to which this is tried."""
_WAYS = 250
"""Ways to share the nodes up to which all are asked about."""
_BRANCHES = 300
"""Branches spent on one way."""
_ROUNDING = 1e-6


def best_redrawn(
    supply: Supply, layouts: tuple[NodeLayout, ...], wanted: Mapping[str, int], limits: Measures
) -> tuple[tuple[NodeLayout, ...], int]:
    """Layouts as good as ``layouts`` that change the fewest running GPUs, and a proven bound of their number.

    The two numbers differ where the limit of branches came before the proof; ``layouts`` are returned where
    no better ones were found.
    """
    running = supply.running[: supply.nodes]
    every = len(running) * supply.gpus_per_node
    best = refined(running, layouts)
    kept = most = every - drained(running, best)
    ways = [()] if supply.gpus_per_node == 1 else _ways(limits)
    if len(ways) > _WAYS:
        return best, 0
    for times in ways:
        answer, found = _asked(supply, wanted, limits, times, kept + 1)
        if answer.values is not None:
            best = tidied(running, refined(running, found))
            kept = every - drained(running, best)
        if not answer.proven:
            most = max(most, math.floor(min(every, _ROUNDING - answer.bound)))
    return best, every - max(most, kept)


def _ways(limits: Measures) -> list[tuple[int, ...]]:
    """Ways to share the cut nodes among the different layouts, no more than one too many.

    Equal shares first: most often they keep the most, and what is known to be kept makes the others quick.
    """
    ways = list(islice(node_shares(limits.cut_nodes, limits.different), _WAYS + 1))
    return sorted(ways, key=lambda times: sum(nodes * nodes for nodes in times))


def _asked(
    supply: Supply, wanted: Mapping[str, int], limits: Measures, times: tuple[int, ...], least_kept: int
) -> tuple[Answer, tuple[NodeLayout, ...]]:
    """The answer whose cost is minus the GPUs kept, and its layouts on any nodes."""
    if supply.gpus_per_node == 1:
        return most_kept(supply, wanted, limits, least_kept)
    program = _program(supply, wanted, limits, times, least_kept)
    columns = program.columns
    answer = minimum(
        columns.costs, columns.uppers, columns.rows, max_nodes=_BRANCHES, flows=columns.flows, proof=True
    )
    return answer, () if answer.values is None else _read(supply, program, times, answer.values)


@dataclass(frozen=True, slots=True)
class _Program:
    columns: Columns = field(default_factory=Columns)
    placed: dict[tuple[int, int, Devices], int] = field(default_factory=dict)
    """Whether the GPU at a place of a layout has the devices that a running one has there."""
    free: dict[tuple[int, Devices], int] = field(default_factory=dict)
    """GPUs of a layout at any other places."""

    def gpus(self, layout: int) -> Iterator[tuple[int, Devices]]:
        """The columns of the GPUs of one layout, and their devices."""
        yield from ((at, row) for (of, _, row), at in self.placed.items() if of == layout)
        yield from ((at, row) for (of, row), at in self.free.items() if of == layout)


def _program(
    supply: Supply, wanted: Mapping[str, int], limits: Measures, times: Sequence[int], least_kept: int
) -> _Program:
    """Layouts of which the first is on ``times[0]`` nodes, and so on; the cost is minus the GPUs kept."""
    program, kinds = _Program(), Counter(supply.running[: supply.nodes])
    columns, rows, per_node = program.columns, program.columns.rows, supply.gpus_per_node
    there = [dict.fromkeys(kind.partitions[place] for kind in kinds) for place in range(per_node)]
    made: dict[str, dict[int, int]] = {name: {} for name in wanted}
    whole: dict[int, int] = {}
    for layout, nodes in enumerate(times):
        for place in range(per_node):
            here = {(layout, place, row): columns.add(1) for row in there[place]}
            program.placed.update(here)
            rows.append(Row(dict.fromkeys(here.values(), 1), upper=1))
        for row in (*patterns(supply.gpu, frozenset(wanted)), ()):
            program.free[layout, row] = columns.add(per_node)
        gpus = dict(program.gpus(layout))
        rows.append(Row(dict.fromkeys(gpus, 1), per_node, per_node))
        # A layout is one of a node with cut GPUs.
        uncut = {at: 1 for at, row in gpus.items() if not row}
        rows.append(Row(uncut, upper=per_node - 1))
        whole |= dict.fromkeys(uncut, nodes)
        for at, row in gpus.items():
            for name, count in row:
                if name in made:
                    made[name][at] = count * nodes
    rows.extend(Row(made[name], count) for name, count in wanted.items())
    left_whole = limits.cut_nodes * per_node - limits.cut
    rows.append(Row(whole, left_whole, left_whole))
    _add_nodes(program, supply, kinds, limits, times)
    rows.append(Row({at: -cost for at, cost in enumerate(columns.costs) if cost}, least_kept))
    return program


def _add_nodes(
    program: _Program, supply: Supply, kinds: Mapping[NodeLayout, int], limits: Measures, times: Sequence[int]
) -> None:
    """Which running nodes get which layout, and which of their GPUs keep theirs."""
    columns, rows = program.columns, program.columns.rows
    joining = supply.nodes - sum(kinds.values())
    into: list[dict[int, int]] = [{} for _ in times]
    stay: dict[tuple[int, int, Devices], list[int]] = {key: [] for key in program.placed}
    left_whole = []
    for kind, count in kinds.items():
        left_whole.append(columns.add(count, -kind.whole))
        moved = {left_whole[-1]: 1}
        for layout, nodes in enumerate(times):
            most = min(count, nodes)
            here = columns.add(most)
            moved[here] = into[layout][here] = 1
            for place, row in enumerate(kind.partitions):
                kept = columns.add(most, -1, flow=True)
                stay[layout, place, row].append(kept)
                rows.append(Row({kept: 1, here: -1}, upper=0))
                rows.append(Row({kept: 1, program.placed[layout, place, row]: -most}, upper=0))
        rows.append(Row(moved, count, count))
    for key, several in stay.items():
        if len(several) > 1:
            rows.append(Row({**dict.fromkeys(several, 1), program.placed[key]: -times[key[0]]}, upper=0))
    for layout, nodes in enumerate(times):
        rows.append(Row(into[layout], nodes - joining, nodes))
    uncut = supply.nodes - limits.cut_nodes
    rows.append(Row(dict.fromkeys(left_whole, 1), uncut - joining, uncut))


def _read(
    supply: Supply, program: _Program, times: Sequence[int], values: Sequence[int]
) -> tuple[NodeLayout, ...]:
    """The layouts that were chosen, on any nodes."""
    per_node = supply.gpus_per_node
    found: list[NodeLayout] = []
    for layout, nodes in enumerate(times):
        placed = {
            at: row for (of, at, row), is_so in program.placed.items() if of == layout and values[is_so]
        }
        others = iter(
            [row for (of, row), at in program.free.items() if of == layout for _ in range(values[at])]
        )
        rows = tuple(placed[at] if at in placed else next(others) for at in range(per_node))
        found += [NodeLayout(supply.gpu, rows)] * nodes
    return (*found, *[NodeLayout(supply.gpu, ((),) * per_node)] * (supply.nodes - len(found)))

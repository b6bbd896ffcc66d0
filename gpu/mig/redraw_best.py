"""The fewest running GPUs that any layouts of a small pool change, proven.

A program for each way to share the cut nodes among the different layouts. What each layout holds is then a
sum, so that the programs are small and their relaxations good.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice

from .alignment import drained
from .integer_program import Answer, Row, relaxed_minimum
from .layout import NodeLayout
from .packing_few import node_shares
from .packing_spec import Supply
from .redraw_bound import Measures
from .redraw_contents import Contents, Place, contents, read
from .redraw_of_one_gpu import most_kept
from .refine import refined
from .tidy import tidied

GPUS = 64
"""GPUs of a pool up to which this is tried."""
_WAYS = 250
"""Ways to share the nodes up to which all are asked about."""
_RANKED = 12
"""Ways up to which they are ranked by a program of fractions each."""
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
    ways = [((), every)] if supply.gpus_per_node == 1 else _ways(supply, wanted, limits)
    if len(ways) > _WAYS:
        return best, 0
    for times, at_most in ways:
        if at_most <= kept:
            continue
        answer, found = _asked(supply, wanted, limits, times, kept + 1)
        if answer.values is not None:
            best = tidied(running, refined(running, found))
            kept = every - drained(running, best)
        if not answer.proven:
            most = max(most, math.floor(min(every, _ROUNDING - answer.bound)))
    return best, every - max(most, kept)


def _ways(supply: Supply, wanted: Mapping[str, int], limits: Measures) -> list[tuple[tuple[int, ...], int]]:
    """Ways to share the cut nodes among the different layouts, no more than one too many, and how many GPUs
    none of them keeps more than.

    The most promising first: what is known to be kept makes the others quick.
    """
    every = supply.nodes * supply.gpus_per_node
    ways = list(islice(node_shares(limits.cut_nodes, limits.different), _WAYS + 1))
    if len(ways) > _RANKED:
        # Equal shares most often keep the most.
        return [(times, every) for times in sorted(ways, key=lambda times: sum(n * n for n in times))]
    programs = [_program(supply, wanted, limits, times, 0).columns for times in ways]
    bounds = [relaxed_minimum(program.costs, program.uppers, program.rows) for program in programs]
    ranked = sorted(zip(bounds, ways, strict=True))
    return [(times, math.floor(min(every, _ROUNDING - bound))) for bound, times in ranked]


def _asked(
    supply: Supply, wanted: Mapping[str, int], limits: Measures, times: tuple[int, ...], least_kept: int
) -> tuple[Answer, tuple[NodeLayout, ...]]:
    """The answer whose cost is minus the GPUs kept, and its layouts on any nodes."""
    if supply.gpus_per_node == 1:
        return most_kept(supply, wanted, limits, least_kept)
    program = _program(supply, wanted, limits, times, least_kept)
    answer = program.columns.minimum(max_nodes=_BRANCHES, proof=True)
    return answer, () if answer.values is None else read(supply, program, answer.values)


def _program(
    supply: Supply, wanted: Mapping[str, int], limits: Measures, times: Sequence[int], least_kept: int
) -> Contents:
    """Layouts of which the first is on ``times[0]`` nodes, and so on; the cost is minus the GPUs kept."""
    kinds = Counter(supply.running[: supply.nodes])
    there = {
        (layout, place, kind.partitions[place]): 0
        for layout in range(len(times))
        for place in range(supply.gpus_per_node)
        for kind in kinds
    }
    program = contents(supply, wanted, limits, times, there)
    _add_nodes(program, supply, kinds, limits)
    program.columns.worth_at_least(least_kept)
    return program


def _add_nodes(program: Contents, supply: Supply, kinds: Mapping[NodeLayout, int], limits: Measures) -> None:
    """Which running nodes get which layout, and which of their GPUs keep theirs."""
    columns, rows, times = program.columns, program.columns.rows, program.times
    joining = supply.nodes - sum(kinds.values())
    into: list[dict[int, int]] = [{} for _ in times]
    stay: dict[Place, list[int]] = {key: [] for key in program.placed}
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

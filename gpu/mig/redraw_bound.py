"""How few running GPUs any layouts can change that are as good as given ones."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .integer_program import Columns, Row, partly_relaxed_minimum, relaxed_minimum
from .layout import Devices, NodeLayout
from .packing_spec import Supply
from .patterns import patterns

_ROUNDING = 1e-6
_KINDS = 8
"""Running layouts up to which nodes and GPUs count as whole ones; with more it makes little difference."""
_BRANCHES = 20


@dataclass(frozen=True, slots=True)
class Measures:
    """What layouts must keep to be as good as others."""

    cut: int
    """GPUs that are cut."""
    cut_nodes: int
    different: int
    """Different layouts of nodes with cut GPUs."""


def measured(layouts: Sequence[NodeLayout]) -> Measures:
    """How good layouts are."""
    cuts = [layout.gpu_count - layout.whole for layout in layouts]
    different = len({layout for layout, cut in zip(layouts, cuts, strict=True) if cut})
    return Measures(sum(cuts), sum(cut > 0 for cut in cuts), different)


def fewest_drained(
    supply: Supply, wanted: Mapping[str, int], limits: Measures, *, quick: bool = False
) -> int:
    """Running GPUs of which fewer can't change, whatever the layouts and their order.

    Proven for all layouts that hold ``wanted`` on as many cut GPUs and nodes as ``limits`` and with no more
    different ones. What is left out, and makes it a bound: nodes that change may end in any layouts, as if
    only those that stay as they are counted as different. ``quick``: GPUs in the end needn't be whole
    ones, which takes a tenth of the time in large pools and gives the same number or one less.
    """
    kinds = Counter(supply.running[: supply.nodes])
    per_node = supply.gpus_per_node
    there = [row for layout in kinds for row in layout.partitions if row]
    program = Columns()
    # GPUs in the end, by their layout.
    ends = {
        row: program.add(limits.cut)
        for row in dict.fromkeys([*patterns(supply.gpu, frozenset(wanted)), *there])
    }
    rows = program.rows
    rows.append(Row(dict.fromkeys(ends.values(), 1), limits.cut, limits.cut))
    for name, count in wanted.items():
        rows.append(Row({at: dict(row)[name] for row, at in ends.items() if name in dict(row)}, count))
    stays: dict[Devices, list[int]] = {row: [] for row in (*ends, ())}
    left_whole, used = [program.add(supply.nodes - kinds.total())], []
    for layout, count in kinds.items():
        # Nodes that end with whole GPUs only. Of the others those that stay what they are.
        whole, same = program.add(count, -layout.whole), program.add(count)
        left_whole.append(whole)
        rows.append(Row({whole: 1, same: 1}, upper=count))
        keeps = []
        for row, each in Counter(layout.partitions).items():
            keeps.append(program.add(count * each, -1, flow=True))
            stays[row].append(keeps[-1])
            rows.append(Row({keeps[-1]: 1, whole: each}, upper=count * each))
        # A node that doesn't stay what it is changes a GPU at least.
        limit = {**dict.fromkeys(keeps, 1), whole: per_node - 1}
        if layout.whole < per_node:
            used.append(program.add(1))
            rows.append(Row({same: 1, used[-1]: -count}, upper=0))
            limit[same] = -1
        rows.append(Row(limit, upper=(per_node - 1) * count))
    whole_nodes = supply.nodes - limits.cut_nodes
    rows.append(Row(dict.fromkeys(left_whole, 1), whole_nodes, whole_nodes))
    for row, at in ends.items():
        rows.append(Row({**dict.fromkeys(stays[row], 1), at: -1}, upper=0))
    rows.append(Row(dict.fromkeys(stays[()], 1), upper=limits.cut_nodes * per_node - limits.cut))
    if used:
        rows.append(Row(dict.fromkeys(used, 1), upper=limits.different))
    if len(kinds) > _KINDS:
        kept = relaxed_minimum(program.costs, program.uppers, rows)
    else:
        fractions = {*program.flows, *ends.values()} if quick else program.flows
        kept = partly_relaxed_minimum(
            program.costs, program.uppers, rows, fractions, max_nodes=_BRANCHES
        ).bound
    least = math.ceil(kinds.total() * per_node + kept - _ROUNDING)
    return max(least, _by_places(supply, limits))


def _by_places(supply: Supply, limits: Measures) -> int:
    """Running GPUs that change as so many layouts have only so many different GPUs at each place.

    Says more than the program where most nodes differ from each other.
    """
    running = supply.running[: supply.nodes]
    whole = sorted((layout.whole for layout in running), reverse=True)
    kept = sum(whole[: supply.nodes - limits.cut_nodes])
    for place in zip(*(layout.partitions for layout in running), strict=True):
        kept += sum(count for _, count in Counter(place).most_common(limits.different))
    return max(0, len(running) * supply.gpus_per_node - kept)

"""How few running GPUs any layouts can change that are as good as given ones."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .integer_program import Row, minimum
from .layout import Devices, NodeLayout
from .packing_spec import Supply
from .patterns import patterns

_ROUNDING = 1e-6


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


def fewest_drained(supply: Supply, wanted: Mapping[str, int], limits: Measures) -> int:
    """Running GPUs of which fewer can't change, whatever the layouts and their order.

    Proven for all layouts that hold ``wanted`` on as many cut GPUs and nodes as ``limits`` and with no more
    different ones. What is left out, and makes it a bound: nodes that change may end in any layouts, as if
    only those that stay as they are counted as different.
    """
    kinds = Counter(layout for layout in supply.running[: supply.nodes])
    per_node = supply.gpus_per_node
    partitions = list(
        dict.fromkeys(
            [
                *patterns(supply.gpu, frozenset(wanted)),
                *(row for layout in kinds for row in layout.partitions if row),
            ]
        )
    )
    program = _Columns([])
    ends = [program.add(limits.cut) for _ in partitions]
    rows = [Row(dict.fromkeys(ends, 1), limits.cut, limits.cut)]
    for name, count in wanted.items():
        made = {at: dict(row)[name] for at, row in zip(ends, partitions, strict=True) if name in dict(row)}
        rows.append(Row(made, lower=count))
    kept_as: dict[Devices, list[int]] = {row: [] for row in [*partitions, ()]}
    costs: dict[int, int] = {}
    cut_nodes: dict[int, int] = {}
    used: list[int] = []
    total, flows = 0, set()
    for layout, count in kinds.items():
        total += count * layout.gpu_count
        # Nodes of this kind that end with whole GPUs only, and those that stay exactly what they are.
        whole, same, kind_used = program.add(count), program.add(count), program.add(1)
        costs[whole] = -layout.whole
        cut_nodes[whole] = -1
        counted = Counter(layout.partitions)
        keeps = {row: program.add(count * there) for row, there in counted.items()}
        flows |= set(keeps.values())
        for row, at in keeps.items():
            costs[at] = -1
            kept_as[row].append(at)
            rows.append(Row({at: 1, whole: counted[row]}, upper=count * counted[row]))
        rows.append(Row({whole: 1, same: 1}, upper=count))
        if layout.whole < per_node:
            used.append(kind_used)
            rows.append(Row({same: 1, kind_used: -count}, upper=0))
            kept = dict.fromkeys(keeps.values(), 1)
            most = {whole: per_node - 1, same: -1}
            rows.append(Row({**kept, **most}, upper=(per_node - 1) * count))
        else:
            # Whole nodes that get cut GPUs change at least one.
            rows.append(
                Row({**dict.fromkeys(keeps.values(), 1), whole: per_node - 1}, upper=(per_node - 1) * count)
            )
    joining = supply.nodes - sum(kinds.values())
    new_whole = program.add(joining)
    cut_nodes[new_whole] = -1
    rows.append(Row(cut_nodes, limits.cut_nodes - supply.nodes, limits.cut_nodes - supply.nodes))
    for row, at in zip(partitions, ends, strict=True):
        rows.append(Row({**dict.fromkeys(kept_as[row], 1), at: -1}, upper=0))
    free = limits.cut_nodes * per_node - limits.cut
    rows.append(Row(dict.fromkeys(kept_as[()], 1), upper=free))
    if used:
        rows.append(Row(dict.fromkeys(used, 1), upper=limits.different))
    answer = minimum(
        [costs.get(at, 0) for at in range(len(program.uppers))], program.uppers, rows, flows=flows
    )
    return max(0, math.ceil(total + answer.bound - _ROUNDING))


@dataclass(frozen=True, slots=True)
class _Columns:
    uppers: list[int]

    def add(self, upper: int) -> int:
        """The index of a new column."""
        self.uppers.append(upper)
        return len(self.uppers) - 1

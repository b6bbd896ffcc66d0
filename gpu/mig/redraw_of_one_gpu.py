"""The fewest running GPUs that any layouts change where each node has one GPU, proven.

Such nodes have so few layouts that one program holds all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from .integer_program import Answer, Columns, Row
from .layout import Devices, NodeLayout
from .packing_spec import Supply
from .patterns import patterns
from .redraw_bound import Measures

_BRANCHES = 1_000


def most_kept(
    supply: Supply, wanted: Mapping[str, int], limits: Measures, least_kept: int
) -> tuple[Answer, tuple[NodeLayout, ...]]:
    """Layouts as good as ``limits`` that keep the most running GPUs and ``least_kept`` at least.

    The answer's bound is minus the number of kept ones. The layouts are on any nodes, none where the answer
    has none.
    """
    columns, nodes = Columns(), limits.cut_nodes
    rows = columns.rows
    running = Counter(layout.partitions[0] for layout in supply.running[: supply.nodes])
    ends: dict[Devices, int] = {}
    used = []
    for row in dict.fromkeys([*patterns(supply.gpu, frozenset(wanted)), *(row for row in running if row)]):
        ends[row] = columns.add(nodes)
        used.append(columns.add(1))
        rows.append(Row({ends[row]: 1, used[-1]: -nodes}, upper=0))
        if most := min(running[row], nodes):
            kept = columns.add(most, -1)
            rows.append(Row({kept: 1, ends[row]: -1}, upper=0))
            rows.append(Row({kept: 1, used[-1]: -most}, upper=0))
    # A node that stays whole is one that was, as far as there are any.
    columns.add(min(running[()], supply.nodes - nodes), -1)
    rows.append(Row(dict.fromkeys(ends.values(), 1), nodes, nodes))
    rows.append(Row(dict.fromkeys(used, 1), upper=limits.different))
    for name, count in wanted.items():
        rows.append(Row({at: dict(row)[name] for row, at in ends.items() if name in dict(row)}, count))
    columns.worth_at_least(least_kept)
    answer = columns.minimum(max_nodes=_BRANCHES)
    if answer.values is None:
        return answer, ()
    found = [row for row, at in ends.items() for _ in range(answer.values[at])]
    return answer, supply.filled([NodeLayout(supply.gpu, (row,)) for row in found])

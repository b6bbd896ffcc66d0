"""Given layouts on better nodes and with their GPUs in a better order, without making more different ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from .alignment import changed, drained
from .integer_program import Row, minimum
from .layout import NodeLayout

_ROUNDS = 4


def refined(running: Sequence[NodeLayout], layouts: Sequence[NodeLayout]) -> tuple[NodeLayout, ...]:
    """``layouts`` so that fewer running GPUs change: nodes are assigned, then GPUs within layouts, in turns.

    Each of the two is solved exactly; both together need not be. Never worse than ``layouts``.
    """
    best = tuple(layouts)
    for _ in range(_ROUNDS):
        found = _turned(running, _assigned(running, best))
        if drained(running, found) >= drained(running, best):
            break
        best = found
    return best


def _assigned(running: Sequence[NodeLayout], layouts: Sequence[NodeLayout]) -> tuple[NodeLayout, ...]:
    """The same layouts on the nodes where they change the fewest GPUs."""
    kinds, ends = Counter(running), Counter(layouts)
    pairs = [(old, new) for old in kinds for new in ends]
    costs = [changed(old, new) for old, new in pairs]
    uppers = [min(kinds[old], ends[new]) for old, new in pairs]
    at = range(len(pairs))
    rows = [Row({c: 1 for c in at if pairs[c][0] is old}, kinds[old], kinds[old]) for old in kinds]
    rows += [Row({c: 1 for c in at if pairs[c][1] is new}, upper=ends[new]) for new in ends]
    values = minimum(costs, uppers, rows, flows=at).values
    if values is None:
        raise RuntimeError("the solver found no assignment where one exists")
    queues: dict[NodeLayout, list[NodeLayout]] = {old: [] for old in kinds}
    left = Counter(ends)
    for (old, new), count in zip(pairs, values, strict=True):
        queues[old] += [new] * count
        left[new] -= count
    joining = list(left.elements())
    return (*(queues[old].pop(0) for old in running), *joining)


def _turned(running: Sequence[NodeLayout], layouts: Sequence[NodeLayout]) -> tuple[NodeLayout, ...]:
    """Each layout with its GPUs in the order that suits all nodes that have it."""
    orders: dict[NodeLayout, NodeLayout] = {}
    for layout in dict.fromkeys(layouts):
        nodes = [old for old, new in zip(running, layouts, strict=False) if new == layout]
        there: Mapping[tuple[int, object], int] = Counter(
            (at, row) for old in nodes for at, row in enumerate(old.partitions)
        )
        orders[layout] = _ordered(layout, there)
    return tuple(orders[layout] for layout in layouts)


def _ordered(layout: NodeLayout, there: Mapping[tuple[int, object], int]) -> NodeLayout:
    contents = Counter(layout.partitions)
    places = range(layout.gpu_count)
    pairs = [(at, row) for at in places for row in contents]
    rows = [Row({c: 1 for c, (of, _) in enumerate(pairs) if of == at}, 1, 1) for at in places]
    rows += [
        Row({c: 1 for c, (_, of) in enumerate(pairs) if of == row}, count, count)
        for row, count in contents.items()
    ]
    # Where it makes no difference, a GPU keeps its place.
    costs = [-2 * there.get(pair, 0) - (layout.partitions[pair[0]] == pair[1]) for pair in pairs]
    values = minimum(costs, [1] * len(pairs), rows, flows=range(len(pairs))).values
    if values is None:
        raise RuntimeError("the solver found no order where one exists")
    chosen = [pair for pair, value in zip(pairs, values, strict=True) if value]
    return NodeLayout(layout.gpu, tuple(row for _, row in chosen))

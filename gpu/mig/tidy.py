"""Given layouts with like GPUs side by side, which are shorter to write and to read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

from .alignment import drained
from .layout import NodeLayout


def tidied(running: Sequence[NodeLayout], layouts: Sequence[NodeLayout]) -> tuple[NodeLayout, ...]:
    """``layouts`` with fewer runs of like GPUs, where no more running GPUs change for it."""
    best = tuple(layouts)
    fewest = drained(running, best)
    for layout in dict.fromkeys(best):
        tidy = layout
        for one, other in combinations(range(layout.gpu_count), 2):
            tried = _swapped(tidy, one, other)
            if _runs(tried) >= _runs(tidy):
                continue
            found = tuple(tried if each == tidy else each for each in best)
            if drained(running, found) <= fewest:
                best, tidy = found, tried
    return best


def _swapped(layout: NodeLayout, one: int, other: int) -> NodeLayout:
    rows = list(layout.partitions)
    rows[one], rows[other] = rows[other], rows[one]
    return NodeLayout(layout.gpu, tuple(rows))


def _runs(layout: NodeLayout) -> int:
    """Whole GPUs at the end are not written."""
    cut = [at for at, row in enumerate(layout.partitions) if row]
    rows = layout.partitions[: max(cut, default=-1) + 1]
    return sum(left != right for left, right in pairwise((*rows, None)))

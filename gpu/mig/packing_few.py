"""Fewer different node layouts than a greedy choice makes, or the proof that there are none."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from .integer_program import Answer, Row, minimum
from .layout import Devices
from .packing_alike import Rest

_GPUS = 64
"""Cut GPUs of small pools."""
_QUESTIONS = 300
"""Ways to share the nodes that are asked about, at most."""
_MOST_OF_LARGE = 2
"""Layouts of a large pool that are asked about: there are too many ways to share its nodes among more."""
_BRANCHES, _BRANCHES_OF_LARGE = 200, 2
"""Branches spent on one way to share the nodes among layouts."""
_BRANCHES_OF_ALL = 1_000
_ROUNDING = 1e-6

Repeated = tuple[tuple[Devices, ...], int]
"""The cut GPUs of a node, and how many nodes have them."""


def fewer(
    rows: Sequence[Devices], rest: Rest, per_node: int, found: Sequence[Repeated], fewest: int
) -> tuple[tuple[Repeated, ...], int]:
    """The fewest different layouts and a proven bound of their number; ``found`` where none are fewer.

    ``rows`` are the ways to cut a GPU. ``fewest`` layouts are known to be needed. Asks for each way to share
    the nodes among so many layouts whether there are such layouts.
    """
    if len(found) <= fewest:
        return tuple(found), fewest
    if per_node == 1 and rest.gpus <= _GPUS:
        return _of_one_gpu(rows, rest, found, fewest)
    large = rest.gpus > _GPUS
    proven, asked = True, 0
    for different in range(fewest, min(len(found), _MOST_OF_LARGE + 1) if large else len(found)):
        for times in node_shares(rest.nodes, different):
            if not _leaves(times, rest.nodes * per_node - rest.gpus, per_node):
                continue
            asked += 1
            if asked > _QUESTIONS:
                return tuple(found), fewest
            answer = _together(rows, rest, per_node, times, quick=large)
            proven = proven and answer.proven
            if answer.values is not None:
                return _repeated(rows, times, answer.values), fewest
        fewest = different + 1 if proven else fewest
    return tuple(found), fewest


def _leaves(times: Sequence[int], whole: int, per_node: int) -> bool:
    """Whether layouts on so many nodes can leave just so many GPUs whole."""
    sums = {0}
    for nodes in times:
        sums = {
            left + nodes * each for left in sums for each in range(per_node) if left + nodes * each <= whole
        }
    return whole in sums


def _of_one_gpu(
    rows: Sequence[Devices], rest: Rest, found: Sequence[Repeated], fewest: int
) -> tuple[tuple[Repeated, ...], int]:
    """The same for nodes of one GPU, which have so few layouts that one program asks for all numbers."""
    width = len(rows)
    nodes, used = range(width), range(width, 2 * width)
    limits = [
        Row(dict.fromkeys(nodes, 1), rest.nodes, rest.nodes),
        Row(dict.fromkeys(used, 1), fewest, len(found)),
        *(Row({at: 1, width + at: -rest.nodes}, upper=0) for at in nodes),
    ]
    for name, count in rest.wanted.items():
        limits.append(Row({at: dict(row)[name] for at, row in enumerate(rows) if name in dict(row)}, count))
    answer = minimum(
        [0] * width + [1] * width,
        [rest.nodes] * width + [1] * width,
        limits,
        max_nodes=_BRANCHES_OF_ALL,
        proof=True,
    )
    fewest = max(fewest, math.ceil(answer.bound - _ROUNDING))
    values = answer.values
    if values is None or sum(values[at] > 0 for at in nodes) >= len(found):
        return tuple(found), fewest
    best = [((row,), values[at]) for at, row in enumerate(rows) if values[at]]
    return tuple(sorted(best, key=lambda pair: -pair[1])), fewest


def node_shares(nodes: int, different: int, most: int | None = None) -> Iterator[tuple[int, ...]]:
    """Ways to write ``nodes`` as a sum of so many numbers, none larger than the one before it; the first are
    those with the largest ones. ``most``: none larger than this."""
    if different == 0:
        if nodes == 0:
            yield ()
        return
    largest = nodes - different + 1
    for first in range(largest if most is None else min(most, largest), 0, -1):
        for others in node_shares(nodes - first, different - 1, first):
            yield (first, *others)


def _together(
    rows: Sequence[Devices], rest: Rest, per_node: int, times: Sequence[int], *, quick: bool
) -> Answer:
    """A layout for each of ``times`` so that as many nodes with it hold all; GPUs of a layout by row."""
    width = len(rows)
    columns = {(kind, at): kind * width + at for kind in range(len(times)) for at in range(width)}
    limits = [Row({columns[kind, at]: 1 for at in range(width)}, 1, per_node) for kind in range(len(times))]
    limits.append(Row({column: times[kind] for (kind, _), column in columns.items()}, rest.gpus, rest.gpus))
    for name, count in rest.wanted.items():
        made = {
            column: times[kind] * each
            for (kind, at), column in columns.items()
            if (each := dict(rows[at]).get(name, 0))
        }
        limits.append(Row(made, count))
    costs, uppers = [0] * len(columns), [per_node] * len(columns)
    branches = _BRANCHES_OF_LARGE if quick else _BRANCHES
    first = minimum(costs, uppers, limits, max_nodes=branches, proof=True)
    if quick or first.proven or first.values is not None:
        return first
    return minimum(costs, uppers, limits, max_nodes=_BRANCHES)


def _repeated(rows: Sequence[Devices], times: Sequence[int], values: Sequence[int]) -> tuple[Repeated, ...]:
    width = len(rows)
    return tuple(
        (tuple(row for at, row in enumerate(rows) for _ in range(values[kind * width + at])), count)
        for kind, count in enumerate(times)
    )

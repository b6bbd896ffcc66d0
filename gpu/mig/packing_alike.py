"""The layout that most nodes can share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .integer_program import MAX_NODES, Answer, Row, minimum, partly_relaxed_minimum
from .layout import Devices

_PROBE_NODES = 40
"""Branches spent on one question of whether so many nodes can be alike."""
_QUICK_NODES = 4
"""Branches spent on it while the GPUs of the other nodes needn't be whole ones."""
_SMALL_POOL = 16
"""Nodes up to which a question that this leaves open is asked again; in larger pools the answer was no."""
_FULL, _SPREAD = 100_000, 101
"""Costs that make one answer the best: full nodes first, then layouts early in the list of patterns."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What is still to be held by so many GPUs of so many nodes."""

    wanted: Mapping[str, int]
    gpus: int
    nodes: int

    def without(self, layout: Sequence[Devices], times: int) -> Rest:
        """What is left when ``times`` nodes have ``layout``."""
        held: Counter[str] = Counter()
        for row in layout:
            held.update(dict(row))
        wanted = {
            name: left for name, count in self.wanted.items() if (left := count - times * held[name]) > 0
        }
        return Rest(wanted, self.gpus - times * len(layout), self.nodes - times)


def most_repeated(rows: Sequence[Devices], rest: Rest, per_node: int) -> tuple[tuple[Devices, ...], int, int]:
    """The layout that most nodes can share, on how many, and on how many none can be shared, as is proven.

    ``rows`` are the ways to cut a GPU. Raises ``RuntimeError`` when the GPUs don't suffice.
    """
    impossible, layout = rest.nodes + 1, None

    def possible(times: int) -> bool:
        nonlocal impossible, layout
        found, proven = _shared(rows, rest, per_node, times)
        layout = found or layout
        impossible = times if found is None and proven else impossible
        return found is not None

    most = rest.nodes
    if rest.gpus % most:
        impossible = most
    if rest.gpus % most or not possible(most):
        # What many nodes can share, fewer can share too. Each of the GPUs on its own always works.
        low, high = 1, most
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if possible(middle) else (low, middle)
        most = low
    layout = _shared(rows, rest, per_node, most, best=True)[0] or layout
    if layout is None:
        layout = _layout(rows, _whole(rows, rest, per_node, most, max_nodes=MAX_NODES))
    if layout is None:
        raise RuntimeError("the GPUs don't suffice for what was to be put on them")
    return layout, most, impossible


def _shared(
    rows: Sequence[Devices], rest: Rest, per_node: int, times: int, *, best: bool = False
) -> tuple[tuple[Devices, ...] | None, bool]:
    """A layout that ``times`` nodes can share, any or the best, and whether the answer is proven."""
    quick = _whole(rows, rest, per_node, times, best=best, max_nodes=_QUICK_NODES, others_whole=False)
    layout = _layout(rows, quick)
    if layout is None and (quick.proven or rest.nodes > _SMALL_POOL):
        return None, quick.proven
    if layout is not None and _fits(rows, rest.without(layout, times)):
        return layout, quick.proven
    answer = _whole(rows, rest, per_node, times, best=best)
    return _layout(rows, answer), answer.proven


def _layout(rows: Sequence[Devices], answer: Answer) -> tuple[Devices, ...] | None:
    if answer.values is None:
        return None
    return tuple(row for at, row in enumerate(rows) for _ in range(answer.values[at]))


def _fits(rows: Sequence[Devices], rest: Rest) -> bool:
    """Whether the GPUs that are left can hold what is left."""
    limits = [Row(dict.fromkeys(range(len(rows)), 1), upper=rest.gpus)]
    for name, count in rest.wanted.items():
        limits.append(Row({at: dict(row)[name] for at, row in enumerate(rows) if name in dict(row)}, count))
    answer = minimum([0] * len(rows), [rest.gpus] * len(rows), limits, max_nodes=_PROBE_NODES)
    return answer.values is not None


def _whole(
    rows: Sequence[Devices],
    rest: Rest,
    per_node: int,
    times: int,
    *,
    best: bool = False,
    max_nodes: int = _PROBE_NODES,
    others_whole: bool = True,
) -> Answer:
    """GPUs of the layout that ``times`` nodes share come first, then those of all others."""
    width, others = len(rows), rest.nodes - times
    alike, free = range(width), range(width, 2 * width)
    limits = [
        Row(dict.fromkeys(alike, 1), 1, per_node),
        Row(dict.fromkeys(free, 1), upper=others * per_node),
        Row({**dict.fromkeys(alike, times), **dict.fromkeys(free, 1)}, rest.gpus, rest.gpus),
    ]
    for name, count in rest.wanted.items():
        made = {at: dict(row)[name] for at, row in enumerate(rows) if name in dict(row)}
        freely = {width + at: each for at, each in made.items()}
        limits.append(Row({**{at: times * each for at, each in made.items()}, **freely}, lower=count))
    costs = [at * (at + _SPREAD) - _FULL if best else 0 for at in alike] + [0] * width
    uppers = [per_node] * width + [rest.gpus if others else 0] * width
    if others_whole:
        return minimum(costs, uppers, limits, max_nodes=max_nodes)
    return partly_relaxed_minimum(costs, uppers, limits, free, max_nodes=max_nodes)

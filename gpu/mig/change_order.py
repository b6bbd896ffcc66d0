"""An order of changes in which enough of everything is left at every moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

MAX_STATES = 5_000
"""States that are looked at, beside one for each change, before the search gives up.

A limit of time would depend on the machine.
"""

_ENDLESS = 1 << 40

Vector = tuple[int, ...]
"""Devices by profile, in an order that the caller keeps."""


@dataclass(frozen=True, slots=True)
class Change:
    """Devices that are gone while it lasts, and those that are there afterwards."""

    loss: Vector
    gain: Vector

    @property
    def net(self) -> Vector:
        return tuple(new - old for new, old in zip(self.gain, self.loss, strict=True))


def plus(first: Vector, *others: Vector) -> Vector:
    """The sum, profile by profile."""
    return tuple(map(sum, zip(first, *others, strict=True)))


@dataclass(frozen=True, slots=True)
class Search:
    """What a search for an order came to."""

    order: tuple[int, ...] | None
    """Indexes of the changes; ``None`` when none was found."""
    proven: bool
    """Whether no order exists where none was found."""
    states: int
    """States that were looked at."""
    most_done: int
    """Changes that an order at most got done."""


def possible_order(start: Vector, floor: Vector, changes: Sequence[Change], *, max_states: int) -> Search:
    """An order of ``changes`` that never leaves less than ``floor``.

    Equal changes keep their order. A change is possible when ``floor`` is left without its ``loss``.
    """
    queues: dict[Change, list[int]] = {}
    for at, change in enumerate(changes):
        queues.setdefault(change, []).append(at)
    kinds, counts = list(queues), [len(queue) for queue in queues.values()]
    if not floor:
        return Search(tuple(range(len(changes))), proven=True, states=0, most_done=len(changes))
    last = _last(start, floor, kinds, counts)
    for at, times in last:
        counts[at] -= times
    found, proven, states, most_done = _searched(start, floor, kinds, counts, max_states)
    if found is None:
        return Search(None, proven, states, most_done)
    waiting = [iter(queue) for queue in queues.values()]
    runs = [*found, *reversed(last)]
    order = tuple(next(waiting[at]) for at, times in runs for _ in range(times))
    return Search(order, proven=True, states=states, most_done=len(order))


def _last(
    start: Vector, floor: Vector, kinds: Sequence[Change], counts: Sequence[int]
) -> list[tuple[int, int]]:
    """Kinds that may as well come last, the very last first, and how often.

    Seen from the end, a change that only takes gives back; where it is possible there is nothing to weigh.
    """
    have = plus(start, *(tuple(net * n for net in kind.net) for kind, n in zip(kinds, counts, strict=True)))
    waiting = {at for at, kind in enumerate(kinds) if counts[at] and max(kind.net) <= 0}
    found: list[tuple[int, int]] = []
    while True:
        fits = (at for at in sorted(waiting) if _left(have, kinds[at].gain, floor))
        if (at := next(fits, None)) is None:
            return found
        waiting.remove(at)
        found.append((at, counts[at]))
        have = plus(have, tuple(-net * counts[at] for net in kinds[at].net))


def _left(have: Vector, loss: Vector, floor: Vector) -> bool:
    return all(now - gone >= least for now, gone, least in zip(have, loss, floor, strict=True))


def _searched(
    start: Vector, floor: Vector, kinds: Sequence[Change], counts: Sequence[int], max_states: int
) -> tuple[list[tuple[int, int]] | None, bool, int, int]:
    if not any(counts):
        return [], True, 0, 0
    # Loading it takes longer than most plans, which change nothing.
    import numpy as np

    needed = np.array([kind.loss for kind in kinds]) + np.array(floor)
    nets = np.array([kind.net for kind in kinds])
    never_less = (nets >= 0).all(axis=1)

    def ways(left: Any, have: Any) -> Iterator[tuple[int, int]]:
        """Kinds to go on with and how often, the most promising first."""
        ready = (left > 0) & (have >= needed).all(axis=1)
        # Where nothing is lost in the end, all else stays possible afterwards: there is nothing to weigh.
        free = np.flatnonzero(ready & never_less)
        if len(free):
            return iter([(int(free[0]), int(left[free[0]]))])
        open_kinds = np.flatnonzero(ready)
        room = (have + nets[open_kinds] - np.array(floor)).min(axis=1, initial=_ENDLESS)
        return iter([(int(at), 1) for at in open_kinds[np.argsort(-room, kind="stable")]])

    left, have = np.array(counts), np.array(start)
    # What is left to do decides what is there, so no state is looked at twice.
    seen = {left.tobytes()}
    path: list[tuple[int, int]] = []
    open_ways, states, done, most_done = [ways(left, have)], 1, 0, 0
    while open_ways:
        if (way := next(open_ways[-1], None)) is None:
            open_ways.pop()
            if path:
                at, times = path.pop()
                left[at] += times
                have = have - nets[at] * times
                done -= times
            continue
        at, times = way
        left[at] -= times
        if (state := left.tobytes()) in seen:
            left[at] += times
            continue
        if states >= max_states:
            return None, False, states, most_done
        states += 1
        seen.add(state)
        have = have + nets[at] * times
        path.append(way)
        done += times
        most_done = max(most_done, done)
        if not left.any():
            return path, True, states, most_done
        open_ways.append(ways(left, have))
    return None, True, states, most_done

"""An order of changes in which enough of everything is left at every moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MAX_STATES = 5_000
"""States that are looked at, beside one for each change, before the search gives up.

A limit of time would depend on the machine.
"""

Vector = tuple[int, ...]
"""Devices by profile, in an order that the caller keeps."""

_Done = tuple[Any, int, int] | None
"""Changes before this one, its kind and how often it comes: long orders share their beginnings."""


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


def possible_order(
    start: Vector, floor: Vector, changes: Sequence[Change], *, max_states: int
) -> tuple[tuple[int, ...] | None, bool]:
    """Indexes of ``changes`` in an order that never leaves less than ``floor``, or ``None``.

    The second value says whether the answer is proven: without an order, that none exists. Equal changes keep
    their order. A change is possible when ``floor`` is left without its ``loss``.
    """
    queues: dict[Change, list[int]] = {}
    for at, change in enumerate(changes):
        queues.setdefault(change, []).append(at)
    kinds = list(queues)
    found, exhausted = _searched(start, floor, kinds, [len(queue) for queue in queues.values()], max_states)
    if found is None:
        return None, exhausted
    waiting = [iter(queue) for queue in queues.values()]
    return tuple(next(waiting[kind]) for kind in found), True


def _searched(
    start: Vector, floor: Vector, kinds: Sequence[Change], counts: Sequence[int], max_states: int
) -> tuple[list[int] | None, bool]:
    # What is left to do decides what is there, so no state is looked at twice.
    seen = {tuple(counts)}
    stack: list[tuple[tuple[int, ...], Vector, _Done]] = [(tuple(counts), start, None)]
    looked_at = 0
    while stack:
        left, have, done = stack.pop()
        if not any(left):
            return _in_order(done), True
        looked_at += 1
        if looked_at > max_states:
            return None, False
        for at, times in _next(left, have, floor, kinds):
            rest = (*left[:at], left[at] - times, *left[at + 1 :])
            if rest not in seen:
                seen.add(rest)
                stack.append((rest, plus(have, *[kinds[at].net] * times), (done, at, times)))
    return None, True


def _in_order(done: _Done) -> list[int]:
    found: list[int] = []
    while done:
        done, at, times = done
        found += [at] * times
    return found[::-1]


def _next(left: Sequence[int], have: Vector, floor: Vector, kinds: Sequence[Change]) -> list[tuple[int, int]]:
    """Kinds to go on with and how often, the most promising last."""
    ready = [at for at, count in enumerate(left) if count and _fits(have, kinds[at], floor)]
    for at in ready:
        # Where nothing is lost in the end, all else stays possible afterwards: there is nothing to weigh.
        if min(kinds[at].net, default=0) >= 0:
            return [(at, left[at])]
    return [(at, 1) for at in sorted(ready, key=lambda at: (_room(have, kinds[at], floor), -at))]


def _fits(have: Vector, change: Change, floor: Vector) -> bool:
    return all(now - loss >= least for now, loss, least in zip(have, change.loss, floor, strict=True))


def _room(have: Vector, change: Change, floor: Vector) -> int:
    return min(now + net - least for now, net, least in zip(have, change.net, floor, strict=True))

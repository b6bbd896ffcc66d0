"""Sharing out whole units, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from heapq import heapify, heappop, heappush
from math import gcd, lcm


def shared_out(units: int, shares: Mapping[str, Fraction]) -> dict[str, int]:
    """``units`` by ``shares`` of them; what the shares leave of the whole stays with nobody.

    By largest remainder, ties by name: nobody is a whole unit away from the exact share, and the sum is the
    sum of the exact shares, rounded down. Shares that sum to 1 give out everything, no more and no less.
    """
    scale = lcm(*(share.denominator for share in shares.values()))
    parts = {name: share.numerator * (scale // share.denominator) for name, share in shares.items()}
    return shared_by_parts(units, parts, scale)


def shared_by_parts(units: int, parts: Mapping[str, int], whole: int) -> dict[str, int]:
    """``shared_out`` for shares that are ``parts`` of ``whole``, which spares fractions."""
    quotients: dict[str, int] = {}
    rests: dict[str, int] = {}
    for name, part in parts.items():
        quotients[name], rests[name] = divmod(units * part, whole)
    spare = sum(rests.values()) // whole
    if spare:
        # Sorted by name first: sorting again keeps the order of what is equal.
        for name in sorted(sorted(rests), key=rests.__getitem__, reverse=True)[:spare]:
            quotients[name] += 1
    return quotients


def shared_by_weight(units: int, weights: Mapping[str, int]) -> dict[str, int]:
    """All ``units`` by ``weights``: to each its exact share, rounded down or up. Without weights, nothing.

    By the quota method of Balinski and Young (1975), ties by name. It keeps to floor and ceiling like the
    largest remainder, and unlike it never takes a unit from anybody because there are more units to share.
    """
    divisor = gcd(*weights.values())
    if not divisor:
        return dict.fromkeys(weights, 0)
    parts = {name: weight // divisor for name, weight in weights.items()}
    total = sum(parts.values())
    # After as many units as there are parts everybody has the exact share, and the same begins again.
    rounds, rest = divmod(units, total)
    extra = dict.fromkeys(parts, 0)
    ready = [(_due(1, part), name) for name, part in parts.items() if part]
    heapify(ready)
    waiting: list[tuple[int, int, str]] = []
    for unit in range(1, rest + 1):
        while waiting and waiting[0][0] <= unit:
            _, due, name = heappop(waiting)
            heappush(ready, (due, name))
        _, name = heappop(ready)
        extra[name] += 1
        part, held = parts[name], extra[name]
        # Before this unit, one more would be above the ceiling of the exact share.
        heappush(waiting, (held * total // part + 1, _due(held + 1, part), name))
    return {name: rounds * part + extra[name] for name, part in parts.items()}


def _due(held: int, part: int) -> int:
    """``held / part`` as an integer that orders as exactly, for parts below 2**32."""
    return (held << 64) // part

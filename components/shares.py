"""Sharing out whole units by exact fractions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction


def shared_out(units: int, shares: Mapping[str, Fraction]) -> dict[str, int]:
    """``units`` by ``shares``, which sum to at most 1; what they leave stays with nobody.

    By largest remainder, ties by name: nobody is a whole unit away from the exact share, and the sum never
    exceeds ``units``; when the shares sum to 1 it is ``units``.
    """
    exact = {name: units * share for name, share in shares.items()}
    whole = {name: int(amount) for name, amount in exact.items()}
    spare = int(sum(exact.values(), Fraction(0))) - sum(whole.values())
    order = sorted(exact, key=lambda name: (whole[name] - exact[name], name))
    for name in order[:spare]:
        whole[name] += 1
    return whole

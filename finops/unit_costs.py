"""Prices of parts: a GPU-hour, a slice-hour, an idle device, a replica, a million tokens.

Shares are exact fractions; only what is shown is rounded. ``None`` stands for an unknown price everywhere,
and what is worked out from it is unknown too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction

from ..components.shares import shared_out
from .cost import HOURS_PER_MONTH, CostRange
from .prices import Price

_CENT = Decimal("0.01")
_PER_HOUR = Decimal("0.0001")
_PER_MILLION = Decimal("0.001")
_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class UsdRange:
    """US dollars from ``low`` to ``high``."""

    low: Decimal
    high: Decimal


def gpu_hour(price: Price | None, gpus_per_node: int) -> Fraction | None:
    """Exact US dollars of one GPU for an hour, with its part of the machine around it."""
    return Fraction(price.usd_per_hour) / gpus_per_node if price else None


def device_hour(gpu_hour_usd: Fraction | None, gpus: Fraction) -> Fraction | None:
    """Exact US dollars an hour of what stands for ``gpus`` GPUs: a slice, a replica, a team's quota."""
    return None if gpu_hour_usd is None else gpu_hour_usd * gpus


def month_of(name: str, usd_per_hour: Fraction | None, at_least: int = 1, at_most: int = 1) -> CostRange:
    """A month of ``at_least`` to ``at_most`` equal parts, in cents; without a price unknown, as ``name``.

    As few as may be are expected.
    """
    if usd_per_hour is None:
        return CostRange(unknown=(name,)) if at_most else CostRange()
    month = usd_per_hour * HOURS_PER_MONTH
    least = _rounded(month * at_least, _CENT)
    return CostRange(least, _rounded(month * at_most, _CENT), expected=least)


def idle(usd_per_hour: Fraction | None, busy: Fraction) -> Fraction | None:
    """The part of a device's price that is paid while it does nothing; ``busy`` lies between 0 and 1.

    Raises ``ValueError`` for any other ``busy``.
    """
    if not 0 <= busy <= 1:
        raise ValueError(f"busy is a part of the time, between 0 and 1, not {busy}")
    return None if usd_per_hour is None else usd_per_hour * (1 - busy)


def per_million_tokens(usd_per_hour: Fraction | None, at_least: Decimal, at_most: Decimal) -> UsdRange | None:
    """US dollars per million tokens at a throughput of ``at_least`` to ``at_most`` tokens a second.

    The cheap end belongs to the high throughput. Ends are rounded outwards, so the true value lies inside.
    Raises ``ValueError`` unless 0 < ``at_least`` ≤ ``at_most``.
    """
    if not 0 < at_least <= at_most:
        raise ValueError(f"a throughput goes from above 0 upwards, not from {at_least} to {at_most}")
    if usd_per_hour is None:
        return None
    low, high = (
        usd_per_hour * 1_000_000 / (Fraction(rate) * _SECONDS_PER_HOUR) for rate in (at_most, at_least)
    )
    return UsdRange(_rounded(low, _PER_MILLION, ROUND_FLOOR), _rounded(high, _PER_MILLION, ROUND_CEILING))


def split(amount: Decimal, shares: Mapping[str, Fraction]) -> dict[str, Decimal]:
    """An amount in cents by shares that sum to at most 1. Nobody is a whole cent away from the exact share.

    When the shares sum to 1 the parts sum to ``amount`` exactly.
    """
    cents = shared_out(int(amount.scaleb(2)), shares)
    return {name: Decimal(part).scaleb(-2) for name, part in cents.items()}


def shown_per_hour(usd_per_hour: Fraction | None) -> Decimal | None:
    """An hourly price as it is shown: to a hundredth of a cent."""
    return None if usd_per_hour is None else _rounded(usd_per_hour, _PER_HOUR)


def _rounded(value: Fraction, step: Decimal, rounding: str = ROUND_HALF_UP) -> Decimal:
    # A long division first would round twice; whole steps and a remainder don't.
    steps = value / Fraction(step)
    whole, rest = divmod(steps.numerator, steps.denominator)
    up = {
        ROUND_FLOOR: False,
        ROUND_CEILING: rest > 0,
        ROUND_HALF_UP: 2 * rest >= steps.denominator,
    }[rounding]
    return (whole + up) * step

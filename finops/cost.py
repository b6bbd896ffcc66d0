"""Money of an environment: what is known to the cent, and the names of what is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from .prices import Price

HOURS_PER_MONTH = 730
"""8760 hours of a year over twelve months, the month that both clouds bill estimates with."""

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class CostRange:
    """US dollars a month, from the smallest to the largest size of what is priced.

    ``expected`` lies between them: what a month costs on average. ``unknown`` names, in order and once each,
    the parts without a price. With any, all amounts are floors. Raises ``ValueError`` for amounts in another
    order.
    """

    minimum: Decimal = Decimal("0.00")
    maximum: Decimal = Decimal("0.00")
    unknown: tuple[str, ...] = ()
    expected: Decimal = field(default=Decimal("0.00"), kw_only=True)

    def __post_init__(self) -> None:
        if not self.minimum <= self.expected <= self.maximum:
            raise ValueError(f"{self.expected} does not lie between {self.minimum} and {self.maximum}")

    @property
    def complete(self) -> bool:
        """Whether every part has a price."""
        return not self.unknown


def monthly(price: Price, nodes: int | Decimal) -> Decimal:
    """US dollars that ``nodes`` machines cost when they run for a whole month, rounded half up to cents.

    A decimal number of nodes is an average over the month.
    """
    return in_cents(price.usd_per_hour * nodes * HOURS_PER_MONTH)


def node_cost(
    name: str,
    price: Price | None,
    min_nodes: int,
    max_nodes: int,
    expected_nodes: int | Decimal | None = None,
) -> CostRange:
    """Monthly cost of a pool called ``name``. Without a price it is unknown, unless it can't have nodes.

    ``expected_nodes`` run on average, by default as few as may be.
    """
    if max_nodes == 0:
        return CostRange()
    if price is None:
        return CostRange(unknown=(name,))
    expected = min_nodes if expected_nodes is None else expected_nodes
    return CostRange(monthly(price, min_nodes), monthly(price, max_nodes), expected=monthly(price, expected))


def total(costs: Iterable[CostRange]) -> CostRange:
    """The sum. It equals the sum of the parts as shown, since each part is in cents already."""
    parts = list(costs)
    return CostRange(
        sum((part.minimum for part in parts), Decimal("0.00")),
        sum((part.maximum for part in parts), Decimal("0.00")),
        tuple(dict.fromkeys(name for part in parts for name in part.unknown)),
        expected=sum((part.expected for part in parts), Decimal("0.00")),
    )


def in_cents(amount: Decimal) -> Decimal:
    """``amount`` rounded half up to cents."""
    return amount.quantize(_CENT, ROUND_HALF_UP)

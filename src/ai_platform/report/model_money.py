"""The part of the report on cost."""

from __future__ import annotations

from decimal import Decimal

from .model_part import Part


class Money(Part):
    """US dollars a month. ``None`` where that side does not have the thing."""

    minimum: Decimal
    """At the smallest size of all pools."""
    expected: Decimal | None
    """Where between them it will be, by what the description says; ``None`` where nothing says it."""
    maximum: Decimal
    """At the largest size."""
    unknown: tuple[str, ...] = ()
    """Parts without a price: with any, the amounts are floors."""


class MoneyLine(Part):
    """Cost of one thing before and after."""

    name: str
    """Pool, team, cost centre or environment."""
    before: Money | None
    """As it is."""
    after: Money | None
    """As it will be."""
    budget_usd: Decimal | None = None
    """What it may cost a month; ``None`` without a budget."""


class Saving(Part):
    """Another way to serve the same needs for less."""

    what: str
    """One sentence: what to change."""
    monthly_usd: Decimal
    """What that saves a month, at least."""
    why: str
    """What the sum rests on: prices, their dates, break-even."""


class MoneyReport(Part):
    """Cost a month, before and after. The lines of each list sum to ``total``."""

    currency: str = "USD"
    """Currency of all amounts."""
    total: MoneyLine | None = None
    """The environments together; ``None`` without a plan."""
    environments: tuple[MoneyLine, ...] = ()
    """By environment."""
    pools: tuple[MoneyLine, ...] = ()
    """By pool, and ``cluster`` for what the cluster itself costs."""
    teams: tuple[MoneyLine, ...] = ()
    """By team, by what is guaranteed to it; ``nobody`` for what no team is guaranteed."""
    cost_centers: tuple[MoneyLine, ...] = ()
    """By cost centre; ``nobody`` as above."""
    unknown: tuple[str, ...] = ()
    """Everything without a price, on either side."""
    savings: tuple[Saving, ...] = ()
    """Largest first."""

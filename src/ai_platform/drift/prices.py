"""Prices that are old, and prices that a cloud has changed since."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from ..catalogs import prices_of
from ..environment import Environment
from ..finops.cluster_cost import cluster_parts
from ..finops.price_book import Key
from ..finops.prices import Price, PurchaseOption
from ..finops.spec import PriceSpec
from ..plan import Plan
from .compare import line
from .model import Aspect, DriftLine, Severity, Sources

OLD_AFTER_DAYS = 180
_ON_DEMAND_FROM_PERCENT = Decimal(1)
_SPOT_FROM_PERCENT = Decimal(20)
"""Spot prices move every day: only what changes a decision is told."""


def old_prices(
    environment: Environment, plan: Plan, today: datetime.date, *, after_days: int = OLD_AFTER_DAYS
) -> Iterator[DriftLine]:
    """Prices that the plan uses and that nobody has looked at for a while: a note, since none is known."""
    book = prices_of(environment)
    for key, users in _used(environment, plan).items():
        price = book.price(*key)
        if price is None:
            continue
        age = (today - price.date).days
        if age > after_days:
            sides = f"{_usd(price)} of {price.date}", f"{age} days old"
            note = f"{price.source}; used by {', '.join(users)}"
            yield line(
                f"price of {key[0]}",
                Aspect.PRICE,
                f"{key[2]} in {key[1]}",
                Sources.BOOK_TODAY,
                sides,
                _FIX,
                severity=Severity.NOTE,
                note=note,
            )


def changed_prices(
    environment: Environment, plan: Plan, refreshed: Iterable[PriceSpec]
) -> Iterator[DriftLine]:
    """Prices that the plan uses, against what the cloud asks today, both without discounts."""
    book = replace(prices_of(environment), discounts=())
    today = {(row.machine, row.region, row.option): row for row in refreshed}
    for key, users in _used(environment, plan).items():
        price, row = book.price(*key), today.get(key)
        if price is None or row is None:
            continue
        percent = change_percent(price.usd_per_hour, row.usd_per_hour)
        least = _SPOT_FROM_PERCENT if key[2] is PurchaseOption.SPOT else _ON_DEMAND_FROM_PERCENT
        if abs(percent) < least:
            continue
        sides = f"{_usd(price)} of {price.date}", f"{row.usd_per_hour.normalize():f} of {row.date}"
        note = f"{percent:+.1f} %; used by {', '.join(users)}"
        what = f"{key[2]} in {key[1]}"
        yield line(f"price of {key[0]}", Aspect.PRICE, what, Sources.BOOK_TODAY, sides, _FIX, note=note)


def change_percent(before: Decimal, after: Decimal) -> Decimal:
    """How much more the second is than the first, which is above 0, in percent."""
    return (after - before) * 100 / before


_FIX = "read today's prices with: ai-platform prices refresh, then review and commit the file"


def _used(environment: Environment, plan: Plan) -> Mapping[Key, list[str]]:
    """What the plan pays for, and who uses it."""
    used: dict[Key, list[str]] = {}
    for pool in plan.pools:
        key = pool.machine, environment.region, pool.purchase_option
        used.setdefault(key, []).append(f"pool {pool.name}")
    for part in cluster_parts(environment.cluster):
        key = part.item, environment.region, PurchaseOption.ON_DEMAND
        used.setdefault(key, []).append(part.name)
    return used


def _usd(price: Price) -> str:
    return f"{price.usd_per_hour.normalize():f}"

"""All prices that hold for one environment: the library's, the user's own, and discounts on both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fnmatch import fnmatchcase

from .cluster_prices import CLUSTER_PRICES
from .prices import PRICES, Price, PurchaseOption
from .spec import DiscountSpec, PriceSpec

Key = tuple[str, str, PurchaseOption]
"""Machine, region and purchase option."""


@dataclass(frozen=True, slots=True)
class PriceBook:
    """Prices by machine, or what else a cluster costs, region and purchase option."""

    prices: Mapping[Key, Price]
    discounts: Sequence[DiscountSpec] = ()

    def price(self, machine: str, region: str, option: PurchaseOption) -> Price | None:
        """Price of one machine after discounts, or ``None`` when nobody gave one for exactly this."""
        found = self.prices.get((machine, region, option))
        if found is None:
            return None
        fitting = [row for row in self.discounts if _fits(row, machine, option)]
        return _discounted(found, fitting[-1].percent) if fitting else found


_LIBRARY = {**PRICES, **CLUSTER_PRICES}

BUILT_IN = PriceBook(_LIBRARY)
"""The library's own prices, without discounts."""


def price_book(rows: Iterable[PriceSpec] = (), discounts: Sequence[DiscountSpec] = ()) -> PriceBook:
    """The library's prices with ``rows`` in place of its own; of two rows for one thing the first counts."""
    own: dict[Key, Price] = {}
    for row in rows:
        own.setdefault((row.machine, row.region, row.option), _own(row))
    return PriceBook({**_LIBRARY, **own}, tuple(discounts)) if own or discounts else BUILT_IN


def _own(row: PriceSpec) -> Price:
    return Price(
        row.usd_per_hour, row.region, row.option, row.source, row.date, third_party=False, note=row.note
    )


def _fits(row: DiscountSpec, machine: str, option: PurchaseOption) -> bool:
    return row.option in (None, option) and fnmatchcase(machine, row.machine)


def _discounted(price: Price, percent: Decimal) -> Price:
    if not percent:
        return price
    return replace(
        price,
        usd_per_hour=price.usd_per_hour * (100 - percent) / 100,
        source=f"{price.source}, {price.usd_per_hour.normalize():f} less {percent.normalize():f} %",
    )

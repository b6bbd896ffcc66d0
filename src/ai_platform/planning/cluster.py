"""What a plan says about the cost of the cluster itself."""

from __future__ import annotations

import datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from ..components.cluster_spec import AnyClusterSpec
from ..finops.cluster_cost import ClusterPart, cluster_parts
from ..finops.cost import CostRange, total
from ..finops.price_book import PriceBook


class ClusterPartPlan(BaseModel):
    """One part of the cluster with its price."""

    model_config = ConfigDict(frozen=True)

    name: str
    item: str
    """Machine type, or what a row of ``prices`` calls it."""
    at_least: int
    at_most: int
    usd_per_hour: Decimal | None
    """Price of one; ``None`` where it is unknown."""
    source: str | None
    date: datetime.date | None
    provisional: str | None
    """Why the price may be off, or ``None``."""


def cluster_plan(
    spec: AnyClusterSpec, book: PriceBook, region: str
) -> tuple[tuple[ClusterPartPlan, ...], CostRange]:
    """The parts of the cluster, and what a month of all of them costs."""
    parts = cluster_parts(spec)
    cost = total(part.cost(part.price(book, region)) for part in parts)
    return tuple(_part(part, book, region) for part in parts), cost


def _part(part: ClusterPart, book: PriceBook, region: str) -> ClusterPartPlan:
    price = part.price(book, region)
    return ClusterPartPlan(
        name=part.name,
        item=part.item,
        at_least=part.at_least,
        at_most=part.at_most,
        usd_per_hour=price.usd_per_hour if price else None,
        source=price.source if price else None,
        date=price.date if price else None,
        provisional=price.provisional if price else None,
    )

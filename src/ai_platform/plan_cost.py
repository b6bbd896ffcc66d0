"""What a plan says about money: US dollars a month."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from .finops.cost import CostRange, node_cost
from .finops.prices import PurchaseOption, price
from .gpu.node_plan import PoolPlan


class Cost(BaseModel):
    """US dollars a month; floors when ``unknown`` names parts without a price."""

    model_config = ConfigDict(frozen=True)

    minimum: Decimal
    maximum: Decimal
    unknown: tuple[str, ...] = ()


def pool_cost(pool: PoolPlan, region: str) -> CostRange:
    """Cost of a pool from its smallest to its largest size, on demand."""
    known = price(pool.machine, region, PurchaseOption.ON_DEMAND)
    return node_cost(pool.name, known, pool.min_nodes, pool.max_nodes)


def cost_of(cost: CostRange) -> Cost:
    """A cost as the plan shows it."""
    return Cost(minimum=cost.minimum, maximum=cost.maximum, unknown=cost.unknown)

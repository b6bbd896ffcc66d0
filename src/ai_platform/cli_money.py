"""Money in the tables of the terminal: amounts, what is unknown, and what to check before relying on it."""

from __future__ import annotations

from .finops.prices import PurchaseOption
from .gpu.node_plan import PoolPlan
from .plan import Plan
from .plan_prices import Cost

_DOUBT = "*"


def money(cost: Cost) -> str:
    amount = f"{cost.minimum:,.2f}"
    if cost.minimum != cost.maximum:
        amount += f" to {cost.maximum:,.2f}"
    return f"{amount} + unknown: {', '.join(cost.unknown)}" if cost.unknown else amount


def machine_and_option(pool: PoolPlan) -> str:
    """A pool's machine, and how it is paid for unless that is on demand."""
    if pool.purchase_option is PurchaseOption.ON_DEMAND:
        return pool.machine
    return f"{pool.machine}\n{pool.purchase_option.replace('_', ' ')}"


def price_mark(plan: Plan, pool: str) -> str:
    """A star behind an amount whose price is to be checked, or nothing."""
    price = plan.pool_prices[pool]
    return _DOUBT if price and price.provisional else ""


def cost_lines(plan: Plan) -> list[str]:
    """What follows the tables: the whole cost, who bears it, and what is unknown or to be checked."""
    parts = [f"cost a month: {money(plan.cost)}"]
    if plan.unassigned_cost.maximum or plan.unassigned_cost.unknown:
        parts.append(f"guaranteed to no team: {money(plan.unassigned_cost)}")
    if plan.unused_cost.maximum or plan.unused_cost.unknown:
        parts.append(f"left unused by MIG layouts: {money(plan.unused_cost)}")
    notes: dict[str, list[str]] = {}
    for pool, price in plan.pool_prices.items():
        if price and price.provisional:
            notes.setdefault(price.provisional, []).append(pool)
    return [
        " · ".join([*parts, f"plan {plan.digest[:12]}"]),
        *(f"{_DOUBT} price of {', '.join(pools)} to be checked: {why}" for why, pools in notes.items()),
    ]

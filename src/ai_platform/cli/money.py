"""Money in the tables of the terminal: amounts, what is unknown, and what to check before relying on it."""

from __future__ import annotations

from ..finops.cluster_cost import NOT_COUNTED
from ..finops.prices import PurchaseOption
from ..gpu.node_plan import PoolPlan
from ..plan import EndpointPlan, Plan
from ..planning.prices import Cost

_DOUBT = "*"
_USUAL = PurchaseOption.ON_DEMAND


def money(cost: Cost, *, expected: bool = False) -> str:
    """US dollars a month from the smallest to the largest size, and what has no price."""
    amount = f"{cost.minimum:,.2f}"
    if cost.minimum != cost.maximum:
        amount += f" to {cost.maximum:,.2f}"
        amount += f" (expected {cost.expected:,.2f})" if expected else ""
    return f"{amount} + unknown: {', '.join(cost.unknown)}" if cost.unknown else amount


def largest(cost: Cost) -> str:
    """What it costs at the largest size of the pools."""
    return money(cost.model_copy(update={"minimum": cost.maximum}))


def machine_and_price(plan: Plan, pool: PoolPlan) -> str:
    """A pool's machine, what one costs an hour, and how it is paid for unless that is on demand."""
    price = plan.pool_prices[pool.name]
    usd = f"{price.usd_per_node_hour.normalize():,f}" if price else "?"
    paid = f", {pool.purchase_option.replace('_', ' ')}" if pool.purchase_option != _USUAL else ""
    return f"{pool.machine}\n{usd} an hour{paid}"


def device_price(plan: Plan, pool: PoolPlan, resource: str) -> str:
    """What one device costs an hour; empty for what is paid with the GPUs, as a fabric's interface."""
    price = plan.pool_prices[pool.name]
    if resource not in pool.gpus_per_device:
        return ""
    return f"{price.usd_per_device_hour[resource]}{price_mark(plan, pool.name)}" if price else "?"


def endpoint_money(endpoint: EndpointPlan) -> str:
    """What an endpoint costs a month and, where its throughput is known, per million tokens."""
    # Narrow: the table has many columns, and a terminal may have but 120.
    month = money(endpoint.cost).replace(" to ", " to\n")
    tokens = endpoint.usd_per_million_tokens
    if tokens is None:
        return month
    return f"{month}\n{tokens.minimum} to {tokens.maximum}\na million tokens"


def price_mark(plan: Plan, pool: str) -> str:
    """A star behind an amount whose price is to be checked, or nothing."""
    price = plan.pool_prices[pool]
    return _DOUBT if price and price.provisional else ""


def cost_lines(plan: Plan) -> list[str]:
    """What follows the tables: the whole cost, who bears it, and what is unknown or to be checked."""
    parts = [f"cost a month: {money(plan.cost, expected=True)}"]
    if plan.cluster:
        doubt = _DOUBT if any(part.provisional for part in plan.cluster) else ""
        parts.append(f"of it the cluster itself: {money(plan.cluster_cost)}{doubt}")
    if plan.unassigned_cost.maximum or plan.unassigned_cost.unknown:
        parts.append(f"guaranteed to no team: {largest(plan.unassigned_cost)}")
    if plan.unused_cost.maximum or plan.unused_cost.unknown:
        parts.append(f"left unused by MIG layouts: {largest(plan.unused_cost)}")
    notes: dict[str, list[str]] = {}
    for pool, price in plan.pool_prices.items():
        if price and price.provisional:
            notes.setdefault(price.provisional, []).append(pool)
    for part in plan.cluster:
        if part.provisional:
            notes.setdefault(part.provisional, []).append(part.name)
    return [
        " · ".join([*parts, f"plan {plan.digest[:12]}"]),
        *([f"the cluster itself: {_counted(plan)}; not counted: {NOT_COUNTED}"] if plan.cluster else []),
        *(f"{_DOUBT} price of {', '.join(pools)} to be checked: {why}" for why, pools in notes.items()),
    ]


def _counted(plan: Plan) -> str:
    """The parts of the cluster: how many of each, and what one costs an hour."""
    return ", ".join(
        f"{part.name} {_number(part.at_least, part.at_most)} × {part.item} at "
        f"{f'{part.usd_per_hour.normalize():f}' if part.usd_per_hour is not None else '?'}"
        for part in plan.cluster
    )


def _number(at_least: int, at_most: int) -> str:
    return str(at_least) if at_least == at_most else f"{at_least} to {at_most}"

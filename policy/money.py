"""Money: what the plan costs against the budgets, and whether the stack is what was planned."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from ..components.budget_spec import BudgetSpec
from ..components.gates_spec import GateLevel
from ..environment import Environment
from ..finops.cost import CostRange, node_cost, total
from ..finops.price_book import BUILT_IN
from ..finops.prices import PRICED_REGIONS, PurchaseOption
from ..plan import Plan
from .described import ENVIRONMENT, SETTING, described
from .look import Resource
from .pools import GKE, SYSTEM_POOL, Pool, pools
from .rule import Finding, Rule, Setting, Settings

_STACK = "pulumi:pulumi:Stack"
_SYSTEM_LABEL = "ai-platform/nodes"
_SHARE = "maxUnknownPricePercent"
_MONTHLY = "monthlyUsd"
_REGION = "region"


def budget(resource: Resource, settings: Settings) -> Iterator[str]:
    """Budgets that the plan of the description is above, or can't be compared with. Said of the stack."""
    if resource.type != _STACK:
        return
    if known := described(settings):
        yield from of_plan(*known)


def of_plan(environment: Environment, plan: Plan) -> Iterator[str]:
    """Each budget of a description that its plan breaks."""
    most_unknown = environment.gates.max_unknown_price_percent
    if environment.budget:
        parts = [*plan.pool_costs, *(part.name for part in plan.cluster)]
        unknown = plan.cost.unknown
        who = f"environment {plan.environment}"
        yield from _against(who, environment.budget, plan.cost.maximum, unknown, len(parts), most_unknown)
    specs = {team.name: team for team in environment.teams}
    for team in plan.teams:
        given = specs[team.name].budget
        if given:
            parts = sorted({quota.pool for quota in team.quotas})
            cost = team.guaranteed_cost
            yield from _against(
                f"team {team.name}", given, cost.maximum, cost.unknown, len(parts), most_unknown
            )


def _against(
    who: str,
    spec: BudgetSpec,
    amount: Decimal,
    unknown: Sequence[str],
    parts: int,
    most_unknown: Decimal,
) -> Iterator[str]:
    if amount > spec.monthly_usd:
        over = amount - spec.monthly_usd
        floor = "at least " if unknown else ""
        yield (
            f"{who}: up to {floor}{amount:,.2f} US dollars a month, {over:,.2f} above the budget of "
            f"{spec.monthly_usd:,.2f}"
        )
    yield from _unknown(who, unknown, parts, most_unknown)


def _unknown(who: str, unknown: Sequence[str], parts: int, most: Decimal) -> Iterator[str]:
    percent = Decimal(100 * len(unknown)) / max(parts, 1)
    if percent > most:
        names = ", ".join(unknown)
        yield (
            f"{who}: {len(unknown)} of {parts} priced parts ({percent:.0f} %) have no price: {names}; "
            f"at most {most.normalize():f} % may be unknown"
        )


def pools_as_planned(resources: Sequence[Resource], settings: Settings) -> Iterator[Finding]:
    """Pools that are larger than what was priced; without a description, pools above the budget."""
    found = pools(resources)
    if not found:
        return
    if known := described(settings):
        yield from _as_planned(found, known[1])
    elif settings.get(_MONTHLY) is not None:
        yield from _estimated(found, settings)
    else:
        for pool in found:
            pool.resource.hide(f"what it may cost: neither {ENVIRONMENT} nor {_MONTHLY} is set")


def _as_planned(found: Sequence[Pool], plan: Plan) -> Iterator[Finding]:
    planned = {pool.name: pool for pool in plan.pools}
    groups: dict[str, list[Pool]] = {}
    for pool in found:
        if not _of_system(pool):
            groups.setdefault(pool.pool, []).append(pool)
    for name, group in groups.items():
        first = group[0].resource
        if name not in planned:
            yield Finding(
                f"pool {name} is not in the plan of {plan.environment}, so nor is its price",
                first.urn,
                first.name,
            )
            continue
        row = planned[name]
        for pool in group:
            if others := [machine for machine in pool.machines if machine != row.machine]:
                text = f"its machine is {' or '.join(others)}; planned and priced is {row.machine}"
                yield Finding(text, pool.resource.urn, pool.resource.name)
            if _seen_in_resources(pool.option) is not _seen_in_resources(row.purchase_option):
                text = f"it is paid for as {pool.option}; planned and priced is {row.purchase_option}"
                yield Finding(text, pool.resource.urn, pool.resource.name)
            if pool.max_nodes is None:
                pool.resource.note("its largest size")
        there = sum(pool.max_nodes or 0 for pool in group)
        if there > row.max_nodes:
            yield Finding(
                f"pool {name} may grow to {there} nodes; planned and priced are {row.max_nodes}",
                first.urn,
                first.name,
            )
    yield from _system(found, plan)


def _seen_in_resources(option: PurchaseOption) -> PurchaseOption:
    # Of a commitment of years only the bill knows.
    return PurchaseOption.ON_DEMAND if option is PurchaseOption.RESERVED else option


def _system(found: Sequence[Pool], plan: Plan) -> Iterator[Finding]:
    system = {part.item: part.at_most for part in plan.cluster}
    for pool in found:
        for machine in pool.machines if _of_system(pool) else ():
            most = system.get(machine)
            text = f"system nodes may grow to {pool.max_nodes}; planned and priced are {most}"
            if most is None:
                # Whoever calls a pool of GPUs the system's would have it unpriced.
                text = f"system nodes are {machine}; planned and priced are {', '.join(system) or 'none'}"
            if most is None or (pool.max_nodes or 0) > most:
                yield Finding(text, pool.resource.urn, pool.resource.name)


def _of_system(pool: Pool) -> bool:
    return pool.labels.get(_SYSTEM_LABEL) == SYSTEM_POOL or (pool.ours and pool.pool == SYSTEM_POOL)


def _estimated(found: Sequence[Pool], settings: Settings) -> Iterator[Finding]:
    costs: dict[str, CostRange] = {}
    for pool in found:
        region = str(settings.get(_REGION) or _region_of(pool))
        prices = [BUILT_IN.price(machine, region, pool.option) for machine in pool.machines]
        known = [price for price in prices if price]
        price = None
        if known and len(known) == len(prices) and pool.max_nodes is not None:
            price = max(known, key=lambda price: price.usd_per_hour)
        # By URN: two resources may have one name.
        costs[pool.resource.urn] = node_cost(pool.resource.name, price, 0, pool.max_nodes or 0)
    cost = total(costs.values())
    spec = BudgetSpec(monthly_usd=Decimal(str(settings[_MONTHLY])))
    most = Decimal(str(settings.get(_SHARE, 0)))
    for line in _against("the pools", spec, cost.maximum, cost.unknown, len(costs), most):
        yield Finding(line)


def _region_of(pool: Pool) -> str:
    given = pool.resource.at("location" if pool.resource.type == GKE else "region")
    named = given or pool.resource.provider.get("region")
    named = named or PRICED_REGIONS["gcp" if pool.resource.type == GKE else "aws"]
    # A location of GKE may be a zone.
    return re.sub("-[a-z]$", "", str(named))


_SETTINGS: Mapping[str, Setting] = {ENVIRONMENT: SETTING}

BUDGET = Rule(
    "budget",
    "The plan's largest cost a month is within the budgets of the environment and of its teams, and no "
    "larger part "
    "than `max_unknown_price_percent` has no price",
    "Capacity is bought by merging a pull request: this is the last place where somebody is asked",
    "Take less, or have who pays raise `budget`; give own `prices` for what has none",
    GateLevel.MANDATORY,
    on_resource=budget,
    settings=_SETTINGS,
)
AS_PLANNED = Rule(
    "pools-as-planned",
    "Pools of the stack have the machines and at most the sizes that the plan was priced with. Without a "
    "description: "
    "all pools at their largest size, by the built-in prices, are within `monthlyUsd`",
    "A budget that was checked for another stack than the one that is made protects nobody",
    "Change the size in the description, not beside it",
    GateLevel.MANDATORY,
    on_stack=pools_as_planned,
    settings={
        **_SETTINGS,
        _MONTHLY: Setting({"type": "number"}, "Budget where there is no description. Default: none"),
        _SHARE: Setting({"type": "number"}, "Percentage of pools that may have no price then. Default: 0"),
        _REGION: Setting({"type": "string"}, "Region whose prices apply then. Default: the pool's"),
    },
)

"""What a change does to the bill: the plans' amounts, never others, by whom and what it is for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from ..plan import Plan
from ..planning.prices import Cost
from .model_money import Money, MoneyLine, MoneyReport
from .pairs import Pair, pairs, unlike
from .savings import savings
from .side import Side

CLUSTER, NOBODY = "cluster", "nobody"
_Costs = dict[str, list[Cost]]
"""Name to the parts of its cost."""


def money(before: Sequence[Side], after: Sequence[Side]) -> MoneyReport:
    """Cost a month of both sides. Each list sums to the total, to the cent, at every size.

    With more than one environment names of pools, teams and what has no price begin with that of theirs and a
    slash; a cost centre is the same in all of them.
    """
    both = pairs(before, after)
    return MoneyReport(
        total=_total(both),
        environments=tuple(_environment(pair) for pair in both),
        pools=tuple(line for pair in both for line in _pools(pair)),
        teams=tuple(line for pair in both for line in _teams(pair)),
        cost_centers=tuple(_cost_centers(both)),
        unknown=tuple(dict.fromkeys(name for pair in both for cost in _costs(pair) for name in cost.unknown)),
        savings=savings(after),
    )


def _total(both: Sequence[Pair]) -> MoneyLine | None:
    """All environments. It has a budget where each of those that will be has one."""
    if not both:
        return None
    old = [_said(pair.before.plan.cost, pair) for pair in both if pair.before]
    new = [_said(pair.after.plan.cost, pair) for pair in both if pair.after]
    budgets = [pair.latest.environment.budget for pair in both if pair.after or not new]
    known = [budget.monthly_usd for budget in budgets if budget]
    return MoneyLine(
        name="total",
        before=_sum(old) if old else None,
        after=_sum(new) if new else None,
        budget_usd=sum(known, Decimal(0)) if len(known) == len(budgets) else None,
    )


def _environment(pair: Pair) -> MoneyLine:
    budget = pair.latest.environment.budget
    old, new = ([_said(side.plan.cost, pair)] if side else None for side in pair.sides)
    return MoneyLine(
        name=pair.latest.environment.name,
        before=_sum(old) if old else None,
        after=_sum(new) if new else None,
        budget_usd=budget.monthly_usd if budget else None,
    )


def _pools(pair: Pair) -> list[MoneyLine]:
    cluster = unlike(CLUSTER, (name for side in pair.sides if side for name in side.plan.pool_costs))

    def parts(plan: Plan) -> _Costs:
        found = {name: [_said(cost, pair)] for name, cost in plan.pool_costs.items()}
        return found | ({cluster: [_said(plan.cluster_cost, pair)]} if plan.cluster else {})

    return _lines(pair.prefix, [parts(side.plan) if side else {} for side in pair.sides], cluster)


def _teams(pair: Pair) -> list[MoneyLine]:
    nobody = unlike(NOBODY, (team.name for side in pair.sides if side for team in side.plan.teams))

    def parts(plan: Plan) -> _Costs:
        found = {team.name: [_said(team.guaranteed_cost, pair)] for team in plan.teams}
        return found | {nobody: _of_nobody(plan, pair)}

    budgets: dict[str, Decimal] = {}
    for side in pair.sides:
        for team in side.environment.teams if side else ():
            budgets.pop(team.name, None)
            if team.budget:
                budgets[team.name] = team.budget.monthly_usd
    return _lines(pair.prefix, [parts(side.plan) if side else {} for side in pair.sides], nobody, budgets)


def _cost_centers(both: Sequence[Pair]) -> list[MoneyLine]:
    sides = [side for pair in both for side in pair.sides if side]
    named = {team.cost_center for side in sides for team in side.plan.teams}
    nobody = unlike(NOBODY, (name for name in named if name))

    def parts(chosen: Callable[[Pair], Side | None]) -> _Costs:
        found: _Costs = {}
        for pair in both:
            side = chosen(pair)
            for team in side.plan.teams if side else ():
                found.setdefault(team.cost_center or nobody, []).append(_said(team.guaranteed_cost, pair))
            if side:
                found.setdefault(nobody, []).extend(_of_nobody(side.plan, pair))
        return found

    return _lines("", [parts(lambda pair: pair.before), parts(lambda pair: pair.after)], nobody)


def _of_nobody(plan: Plan, pair: Pair) -> list[Cost]:
    return [_said(cost, pair) for cost in (plan.unassigned_cost, plan.unused_cost, plan.cluster_cost)]


def _costs(pair: Pair) -> list[Cost]:
    return [_said(side.plan.cost, pair) for side in pair.sides if side]


def _said(cost: Cost, pair: Pair) -> Cost:
    """The cost with names that tell environments apart."""
    if not (pair.prefix and cost.unknown):
        return cost
    return cost.model_copy(update={"unknown": tuple(pair.prefix + name for name in cost.unknown)})


def _lines(
    prefix: str, sides: Iterable[_Costs], last: str, budgets: Mapping[str, Decimal] | None = None
) -> list[MoneyLine]:
    """One line for each name of either side, those of the new side first, and ``last`` at the end."""
    old, new = sides
    names = sorted(dict.fromkeys([*new, *old]), key=lambda name: name == last)
    return [
        MoneyLine(
            name=prefix + name,
            before=_sum(old[name]) if name in old else None,
            after=_sum(new[name]) if name in new else None,
            budget_usd=(budgets or {}).get(name),
        )
        for name in names
    ]


def _sum(costs: Iterable[Cost]) -> Money:
    parts = list(costs)
    return Money(
        minimum=sum((cost.minimum for cost in parts), Decimal("0.00")),
        expected=sum((cost.expected for cost in parts), Decimal("0.00")),
        maximum=sum((cost.maximum for cost in parts), Decimal("0.00")),
        unknown=tuple(dict.fromkeys(name for cost in parts for name in cost.unknown)),
    )

"""Budgets beside what a plan costs, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal

from ..components.budget_spec import BudgetSpec
from ..environment import Environment
from ..plan import Plan
from ..planning.prices import Cost


def budget_lines(environment: Environment, plan: Plan) -> list[str]:
    """Each budget: its amount, how much of it is used, and whether it is enough."""
    return list(_lines(environment, plan))


def _lines(environment: Environment, plan: Plan) -> Iterator[str]:
    if environment.budget:
        yield _line(environment.name, environment.budget, plan.cost)
    for spec, team in zip(environment.teams, plan.teams, strict=True):
        if spec.budget:
            yield _line(f"team {team.name}", spec.budget, team.guaranteed_cost)


def _line(name: str, budget: BudgetSpec, cost: Cost) -> str:
    amount = budget.monthly_usd
    return " · ".join(
        [
            f"budget of {name}: {amount:,.2f} a month",
            f"expected {cost.expected:,.2f}, {_percent(cost.expected, amount)} %",
            f"at most {cost.maximum:,.2f}, {_percent(cost.maximum, amount)} %",
            _verdict(amount, cost),
        ]
    )


def _verdict(budget: Decimal, cost: Cost) -> str:
    if cost.expected > budget:
        return f"over by {cost.expected - budget:,.2f} as expected"
    if cost.maximum > budget:
        return f"over by {cost.maximum - budget:,.2f} at most"
    if cost.unknown:
        return f"not known to be enough: no price of {', '.join(cost.unknown)}"
    return "enough"


def _percent(amount: Decimal, budget: Decimal) -> int:
    """Rounded up, so that what is over never reads as 100 %."""
    return int((amount * 100 / budget).to_integral_value(ROUND_CEILING))

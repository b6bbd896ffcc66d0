"""A budget of AWS that tells people when money runs out.

Inputs: ``aws:budgets/budget:Budget`` of pulumi-aws 7.51.1 (2026-11-21).
"""

from __future__ import annotations

from typing import Any

import pulumi

from ..components.budget_spec import BudgetSpec
from ..components.cloud_objects import cloud_object
from .cost_tags import CostTags

NOTIFICATIONS = 5
"""Most that one budget has. Source: AWS Budgets API, ``NotificationWithSubscribers`` (2026-11-21)."""


class Budget(pulumi.ComponentResource):
    """A monthly budget of what carries the tags ``of``; mail at each percentage of it, spent or forecast.

    AWS knows a tag for costs only after somebody has activated it for the payer's account.
    """

    def __init__(
        self, name: str, args: BudgetSpec, opts: pulumi.ResourceOptions | None = None, *, of: CostTags
    ) -> None:
        super().__init__("ai-platform:index:Budget", name, {}, opts)
        own = pulumi.ResourceOptions(parent=self)
        cloud_object(f"{name}-alerts", "aws:budgets/budget:Budget", budget_properties(args, of), own)
        self.register_outputs({})


def budget_properties(budget: BudgetSpec, of: CostTags) -> dict[str, Any]:
    """What AWS counts, against how much, and whom it tells. Nobody is told where ``notify`` is empty."""
    tags = of.aws()
    # Nothing says how two tags in one list of `costFilters` are joined.
    wanted: list[dict[str, Any]] = [
        {"tags": {"key": key, "values": [tags[key]]}} for key in ("environment", "team") if key in tags
    ]
    return {
        "budgetType": "COST",
        "timeUnit": "MONTHLY",
        "limitAmount": f"{budget.monthly_usd:f}",
        "limitUnit": "USD",
        "metrics": "UnblendedCost",
        "filterExpression": {"ands": wanted} if len(wanted) > 1 else wanted[0],
        "notifications": notifications(budget),
        "tags": tags,
    }


def notifications(budget: BudgetSpec) -> list[dict[str, Any]]:
    """Each percentage as spent, then the highest as forecast, as far as AWS takes them. None for nobody."""
    if not budget.notify:
        return []
    spent = sorted(set(budget.alert_at_percent))
    forecast = spent[::-1][: NOTIFICATIONS - len(spent)]
    return [
        *(_notification("ACTUAL", percent, budget.notify) for percent in spent),
        *(_notification("FORECASTED", percent, budget.notify) for percent in sorted(forecast)),
    ]


def _notification(kind: str, percent: int, people: tuple[str, ...]) -> dict[str, Any]:
    return {
        "notificationType": kind,
        "comparisonOperator": "GREATER_THAN",
        "threshold": percent,
        "thresholdType": "PERCENTAGE",
        "subscriberEmailAddresses": list(people),
    }

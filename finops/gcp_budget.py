"""A budget of Google Cloud's billing that tells people when money runs out.

Inputs: ``gcp:billing/budget:Budget`` and ``gcp:monitoring/notificationChannel:NotificationChannel`` of
pulumi-gcp 10.2.0 (2026-11-21).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

from ..components.args import InvalidArgs
from ..components.budget_spec import BudgetSpec
from ..components.cloud_objects import cloud_object
from ..components.cluster_spec import GcpBillingSpec
from ..components.errors import Problem
from ..components.names import shortened
from .cost_tags import CostTags

CHANNELS = 5
"""Most that one budget tells. Source: ``monitoring_notification_channels``, provider's docs (2026-11-21)."""
NAME_LIMIT = 60
"""Characters of a display name. Source: Cloud Billing Budget API, ``displayName`` (general knowledge)."""


class Budget(pulumi.ComponentResource):
    """A monthly budget of what carries the labels ``of`` in one project; mail at each percentage of it.

    Google filters by one label alone: by the team where ``of`` has one, else by the environment. Who
    administers the billing account is told besides ``notify``. Raises ``InvalidArgs`` for more people than
    Google tells.
    """

    def __init__(
        self,
        name: str,
        args: BudgetSpec,
        opts: pulumi.ResourceOptions | None = None,
        *,
        of: CostTags,
        billing: GcpBillingSpec,
    ) -> None:
        super().__init__("ai-platform:index:Budget", name, {}, opts)
        if len(args.notify) > CHANNELS:
            expected = f"at most {CHANNELS} addresses, which a budget of Google Cloud tells"
            problem = Problem("notify", f"{len(args.notify)} addresses", expected, "name a mailing list")
            raise InvalidArgs(f"Budget {name!r}", [problem])
        own = pulumi.ResourceOptions(parent=self)
        channels = [
            cloud_object(
                f"{name}-mail-{index}",
                "gcp:monitoring/notificationChannel:NotificationChannel",
                channel_properties(address, of),
                own,
            )
            for index, address in enumerate(args.notify)
        ]
        properties = budget_properties(args, of, billing, [channel.id for channel in channels])
        cloud_object(f"{name}-alerts", "gcp:billing/budget:Budget", properties, own)
        self.register_outputs({})


def channel_properties(address: str, of: CostTags) -> dict[str, Any]:
    """A way to one e-mail address."""
    return {
        "type": "email",
        "displayName": address,
        "labels": {"email_address": address},
        "userLabels": of.gcp(),
    }


def budget_properties(
    budget: BudgetSpec, of: CostTags, billing: GcpBillingSpec, channels: Sequence[pulumi.Input[str]]
) -> dict[str, Any]:
    """What Google counts, against how much, and whom it tells. Amounts are in US dollars."""
    labels = of.gcp()
    key = "team" if of.team else "environment"
    name = "-".join(filter(None, ("ai-platform", of.environment, of.team)))
    whole, rest = divmod(budget.monthly_usd, 1)
    amount = {"currencyCode": "USD", "units": str(int(whole))}
    return {
        "billingAccount": billing.account,
        "displayName": shortened(name, NAME_LIMIT),
        "amount": {"specifiedAmount": {**amount, **({"nanos": int(rest * 10**9)} if rest else {})}},
        "budgetFilter": {
            "calendarPeriod": "MONTH",
            "projects": [f"projects/{billing.project_number}"],
            "labels": {key: labels[key]},
        },
        "thresholdRules": [
            {"thresholdPercent": percent / 100, "spendBasis": basis}
            for basis in ("CURRENT_SPEND", "FORECASTED_SPEND")
            for percent in sorted(set(budget.alert_at_percent))
        ],
        **({"allUpdatesRule": {"monitoringNotificationChannels": list(channels)}} if channels else {}),
    }

"""Budgets in moto, which keeps them and their notifications and counts nothing."""

from __future__ import annotations

from typing import Any

from .aws_calls import Aws, Calls, Made, Values, shaped

_ACCOUNT = "123456789012"
_BESIDE = {"notifications", "accountId", "limitAmount", "limitUnit", "metrics"}
_LEFT_OUT = {"tags", "tagsAll", "__defaults"}
_RENAMED = {"name": "BudgetName", "ands": "And", "ors": "Or"}


def _budget(aws: Aws, new: Values) -> Made:
    _create(aws, new)
    arn = f"arn:aws:budgets::{_ACCOUNT}:budget/{new['name']}"
    return Made(f"{_ACCOUNT}:{new['name']}", {"arn": arn, "accountId": _ACCOUNT})


def _create(aws: Aws, new: Values) -> None:
    budgets = aws.client("budgets")
    kept = {name: value for name, value in new.items() if name not in _BESIDE | _LEFT_OUT}
    said = shaped(budgets, "create_budget", {"budget": kept}, _RENAMED)["Budget"]
    said["BudgetLimit"] = {"Amount": new["limitAmount"], "Unit": new["limitUnit"]}
    said["Metrics"] = [new["metrics"]]
    told = [_notification(entry) for entry in new.get("notifications", [])]
    budgets.create_budget(AccountId=_ACCOUNT, Budget=said, NotificationsWithSubscribers=told)


def _notification(entry: Values) -> dict[str, Any]:
    people = entry.get("subscriberEmailAddresses", [])
    return {
        "Notification": {
            "NotificationType": entry["notificationType"],
            "ComparisonOperator": entry["comparisonOperator"],
            "Threshold": entry["threshold"],
            "ThresholdType": entry["thresholdType"],
        },
        "Subscribers": [{"SubscriptionType": "EMAIL", "Address": address} for address in people],
    }


def _update(aws: Aws, identity: str, old: Values, new: Values) -> Values:
    # moto has no call that changes a budget.
    _delete(aws, identity, old)
    _create(aws, new)
    return {}


def _delete(aws: Aws, identity: str, _old: Values) -> None:
    name = identity.partition(":")[2]
    aws.client("budgets").delete_budget(AccountId=_ACCOUNT, BudgetName=name)


CALLS: dict[str, Calls] = {"aws:budgets/budget:Budget": Calls(_budget, _delete, _update)}

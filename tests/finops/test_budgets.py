from decimal import Decimal

import pulumi
import pytest
from pydantic import ValidationError

from ai_platform.components.args import InvalidArgs
from ai_platform.components.budget_spec import BudgetSpec
from ai_platform.components.cluster_spec import CLUSTER_SPECS, GcpBillingSpec
from ai_platform.finops import aws_budget, gcp_budget
from ai_platform.finops.budgets import make_budget
from ai_platform.finops.cost_tags import CostTags
from ai_platform.testing import record
from tests.cost_programs import budgets

ENVIRONMENT = CostTags(environment="prod")
TEAM = CostTags(environment="prod", team="chat", cost_center="CC 41")
BILLING = GcpBillingSpec(account="0A1B2C-3D4E5F-6A7B8C", project_number="123456789012")
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
PLACE: dict[str, object] = {"zones": ["a-b", "a-c"], "kubernetes_version": "1.35"}
CLUSTERS: dict[str, dict[str, object]] = {
    "simulated": {},
    "existing": {"cluster_identifier": "x", "kubeconfig": "k"},
    "eks": PLACE,
    "gke": {**PLACE, "project": "ml-prod"},
    "gke billed": {**PLACE, "project": "ml-prod", "billing": BILLING},
}


def spec(**keys):
    return BudgetSpec(**{"monthly_usd": Decimal("1500.50"), "notify": ("ml@example.com",), **keys})


def alerts(notifications):
    return [(item["notificationType"], item["threshold"]) for item in notifications]


def test_aws_counts_what_carries_all_of_the_tags():
    assert aws_budget.budget_properties(spec(), ENVIRONMENT)["filterExpression"] == {
        "tags": {"key": "environment", "values": ["prod"]}
    }
    both = aws_budget.budget_properties(spec(), TEAM)["filterExpression"]["ands"]
    assert [item["tags"] for item in both] == [
        {"key": "environment", "values": ["prod"]},
        {"key": "team", "values": ["chat"]},
    ]


def test_aws_takes_the_amount_to_the_cent():
    found = aws_budget.budget_properties(spec(), ENVIRONMENT)
    assert (found["limitAmount"], found["limitUnit"], found["timeUnit"]) == ("1500.50", "USD", "MONTHLY")


def test_people_hear_of_each_percentage_spent_and_of_the_highest_as_forecast():
    told = alerts(aws_budget.notifications(spec()))
    assert told == [("ACTUAL", 50), ("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 80), ("FORECASTED", 100)]


@pytest.mark.parametrize("percent", [(100,), (50, 60, 70, 80, 90), (80, 80)])
def test_aws_never_gets_more_alerts_than_it_takes(percent):
    told = alerts(aws_budget.notifications(spec(alert_at_percent=percent)))
    assert len(told) <= aws_budget.NOTIFICATIONS
    assert {threshold for kind, threshold in told if kind == "ACTUAL"} == set(percent)


def test_a_budget_that_nobody_hears_of_has_no_alerts_on_aws():
    assert aws_budget.notifications(spec(notify=())) == []


def test_google_counts_one_label_in_one_project():
    filters = [
        gcp_budget.budget_properties(spec(), of, BILLING, [])["budgetFilter"] for of in (ENVIRONMENT, TEAM)
    ]
    assert [item["labels"] for item in filters] == [{"environment": "prod"}, {"team": "chat"}]
    assert {*filters[0]["projects"], *filters[1]["projects"]} == {"projects/123456789012"}


@pytest.mark.parametrize(
    ("usd", "amount"),
    [
        ("1500.50", {"currencyCode": "USD", "units": "1500", "nanos": 500_000_000}),
        ("20000", {"currencyCode": "USD", "units": "20000"}),
        ("0.01", {"currencyCode": "USD", "units": "0", "nanos": 10_000_000}),
    ],
)
def test_google_takes_the_amount_to_the_cent(usd, amount):
    found = gcp_budget.budget_properties(spec(monthly_usd=Decimal(usd)), ENVIRONMENT, BILLING, [])
    assert found["amount"]["specifiedAmount"] == amount


def test_google_tells_what_was_spent_and_what_is_foreseen():
    rules = gcp_budget.budget_properties(spec(alert_at_percent=(80, 100)), TEAM, BILLING, [])[
        "thresholdRules"
    ]
    assert [(rule["thresholdPercent"], rule["spendBasis"]) for rule in rules] == [
        (0.8, "CURRENT_SPEND"),
        (1.0, "CURRENT_SPEND"),
        (0.8, "FORECASTED_SPEND"),
        (1.0, "FORECASTED_SPEND"),
    ]


def test_each_address_is_a_channel_with_cost_labels_of_its_own():
    recording = record(budgets)
    channels = recording.of(CHANNEL)
    assert {item.inputs["labels"]["email_address"] for item in channels} == {"ml@example.com"}
    assert all(item.inputs["userLabels"]["environment"] == "prod" for item in channels)
    told = [item.inputs["allUpdatesRule"] for item in recording.of("gcp:billing/budget:Budget")]
    assert all(len(rule["monitoringNotificationChannels"]) == 1 for rule in told)


def test_more_people_than_google_tells_are_refused_before_anything_is_made():
    many = spec(notify=tuple(f"{index}@example.com" for index in range(6)))
    with pytest.raises(InvalidArgs, match="at most 5 addresses"):
        record(lambda: gcp_budget.Budget("x", many, of=TEAM, billing=BILLING))


@pytest.mark.parametrize(
    ("cluster", "made"),
    [
        ("simulated", set()),
        ("existing", set()),
        ("gke", set()),
        ("eks", {"aws:budgets/budget:Budget"}),
        (
            "gke billed",
            {"gcp:billing/budget:Budget", "gcp:monitoring/notificationChannel:NotificationChannel"},
        ),
    ],
)
def test_a_cloud_has_a_budget_where_it_bills(cluster, made):
    provider = cluster.partition(" ")[0]
    described = CLUSTER_SPECS[provider].model_validate({"provider": provider, **CLUSTERS[cluster]})
    recording = record(lambda: make_budget("x", spec(), described, pulumi.ResourceOptions(), of=TEAM))
    assert {item.type for item in recording.resources if item.custom} == made


def test_without_a_budget_there_is_none():
    described = CLUSTER_SPECS["eks"].model_validate({"provider": "eks", **PLACE})
    assert not record(lambda: make_budget("x", None, described, pulumi.ResourceOptions(), of=TEAM)).resources


@pytest.mark.parametrize("address", ["ml", "ml@", "ml @example.com", "a@b\nc", "@example.com"])
def test_what_is_no_address_is_refused_before_a_cloud_refuses_it(address):
    with pytest.raises(ValidationError):
        BudgetSpec(monthly_usd=Decimal(1), notify=(address,))

import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest

from ai_platform.components.budget_spec import BudgetSpec
from ai_platform.components.gates_spec import GatesSpec
from ai_platform.description import read
from ai_platform.policy.money import of_plan
from tests.policy.gates import STACK, lines, made
from tests.policy.test_pools import H100, TEMPLATE, eks, gke

STACKS = Path(__file__).resolve().parents[2] / "stacks"
PROD = str(STACKS / "prod.yaml")
L40S = made(TEMPLATE, "l40s", instanceType="g6e.12xlarge")


@pytest.fixture(scope="module")
def prod():
    return read(STACKS / "prod.yaml")


def against(prod, *, team=None, unknown=0, **budgets):
    environment, plan = prod
    budget = BudgetSpec(monthly_usd=budgets["usd"])
    changes = {"gates": GatesSpec(max_unknown_price_percent=unknown), "budget": None if team else budget}
    teams = [
        spec.model_copy(update={"budget": budget if spec.name == team else None})
        for spec in environment.teams
    ]
    return list(of_plan(environment.model_copy(update={**changes, "teams": teams}), plan))


def test_the_plans_largest_cost_is_compared_with_the_budget_to_the_cent(prod):
    most = prod[1].cost.maximum
    assert against(prod, usd=most, unknown=100) == []
    [line] = against(prod, usd=most - Decimal("0.01"), unknown=100)
    assert "at least 176,882.48 US dollars a month, 0.01 above the budget of 176,882.47" in line


def test_a_teams_budget_is_held_against_what_it_is_guaranteed(prod):
    assert against(prod, team="notebooks", usd=16000) == []
    [line] = against(prod, team="notebooks", usd=15000)
    assert line.startswith("team notebooks: up to 15,319.25 US dollars a month, 319.25 above")


def test_it_fails_closed_on_unknown_prices_above_the_share(prod):
    [line] = against(prod, usd=10**9)
    assert "2 of 7 priced parts (29 %) have no price: h100, h100-spot; at most 0 % may be unknown" in line
    assert against(prod, usd=10**9, unknown=29) == []
    [line] = against(prod, team="research", usd=10**9, unknown=29)
    assert line.startswith("team research: 2 of 3 priced parts")


def test_without_a_description_and_without_a_budget_what_pools_cost_is_named_as_not_seen():
    pool = eks("l40s", template=L40S)
    assert lines("budget", made(STACK)) == []
    assert lines("pools-as-planned", L40S, pool) == []
    assert pool.hidden == ["what it may cost: neither environment nor monthlyUsd is set"]


def test_a_stack_that_is_larger_than_its_plan_is_found():
    def said(*pools):
        return lines("pools-as-planned", H100, L40S, *pools, environment=PROD)

    assert said(eks("h100", scalingConfig={"maxSize": 4}), eks("l40s", template=L40S)) == []
    assert said(eks("h100", scalingConfig={"maxSize": 5})) == [
        "pool h100 may grow to 5 nodes; planned and priced are 4"
    ]
    assert said(eks("extra")) == ["pool extra is not in the plan of prod, so nor is its price"]
    assert said(eks("l40s")) == ["its machine is p5.48xlarge; planned and priced is g6e.12xlarge"]


def test_pools_that_cost_more_than_their_name_says_are_found():
    def said(pool):
        return lines("pools-as-planned", H100, L40S, pool, environment=PROD)

    [line] = said(eks("l40s", template=L40S, instanceTypes=["g6e.12xlarge", "p5.48xlarge"]))
    assert line == "its machine is p5.48xlarge; planned and priced is g6e.12xlarge"
    [line] = said(eks("h100-spot", scalingConfig={"maxSize": 1}))
    assert line == "it is paid for as on_demand; planned and priced is spot"
    system = {"labels": {"ai-platform/nodes": "system"}, "scalingConfig": {"maxSize": 1}}
    [line] = said(eks("hidden", **system))
    assert line.startswith("system nodes are p5.48xlarge; planned and priced are ")


def test_pools_of_one_name_and_several_machines_count_each_at_the_dearest():
    first = eks("l40s", template=L40S)
    other = dataclasses.replace(eks("l40s", template=L40S), urn="urn:pulumi:test::p::other")
    [line] = lines("pools-as-planned", L40S, first, other, monthlyUsd=16000)
    assert line.startswith("the pools: up to 30,638.50 US dollars a month")
    both = eks("l40s", template=L40S, instanceTypes=["g6e.xlarge", "g6e.12xlarge"])
    assert lines("pools-as-planned", L40S, both, monthlyUsd=15000)
    zonal = gke(location="us-central1-a")
    assert lines("pools-as-planned", zonal, monthlyUsd=10**6) == []


def test_without_a_description_pools_are_priced_by_the_built_in_prices():
    group = eks("l40s", template=L40S)
    assert lines("pools-as-planned", L40S, group) == []
    assert lines("pools-as-planned", L40S, group, monthlyUsd=16000) == []
    [line] = lines("pools-as-planned", L40S, group, monthlyUsd=15000)
    assert line.startswith("the pools: up to 15,319.25 US dollars a month")
    [line] = lines("pools-as-planned", gke(config={"spot": True}), monthlyUsd=15000, region="mars")
    assert "1 of 1 priced parts (100 %) have no price: a100" in line

"""What a plan says about the cost of the cluster itself."""

import copy
from decimal import Decimal
from pathlib import Path

import pytest

from ai_platform.cli import main as cli
from ai_platform.components.errors import InvalidInput
from ai_platform.environment import parse
from ai_platform.marks import read_yaml
from ai_platform.plan import make_plan

STACKS = Path(__file__).parents[2] / "stacks"
DEV = read_yaml(STACKS / "dev.yaml").data
LOCAL = read_yaml(Path(__file__).parents[2] / "stacks" / "local.yaml").data


def planned(description=DEV, **changes):
    return make_plan(parse({**copy.deepcopy(description), **changes}, subject="test", folder=STACKS))


def row(item, usd, **keys):
    given = {"machine": item, "region": "us-east-1", "source": "contract", "date": "2026-11-01"}
    return {**given, "usd_per_hour": str(usd), **keys}


def test_the_cluster_itself_is_part_of_the_bill_and_no_teams():
    plan = planned()
    pools = sum(cost.maximum for cost in plan.pool_costs.values())
    assert plan.cluster_cost.maximum == Decimal("727.37")
    assert plan.cost.maximum == pools + plan.cluster_cost.maximum
    borne = [*(team.guaranteed_cost for team in plan.teams), plan.unassigned_cost, plan.unused_cost]
    assert sum(part.maximum for part in borne) == pools


def test_a_cluster_in_an_unpriced_region_makes_the_bill_a_floor():
    plan = planned(region="eu-north-1")
    assert plan.cluster_cost.unknown == ("control plane", "system nodes", "NAT gateways")
    assert set(plan.cluster_cost.unknown) < set(plan.cost.unknown)


def test_a_simulated_cluster_costs_nothing_and_says_nothing(capsys):
    plan = planned(LOCAL)
    assert (plan.cluster, plan.cluster_cost.maximum) == ((), 0)
    assert cli.main(["plan", "local"]) == 0
    assert "the cluster itself" not in capsys.readouterr().out


def test_own_prices_and_discounts_hold_for_the_cluster_too():
    extended = planned(prices=[row("eks-cluster", "0.60"), row("m7i.xlarge", "0.10")])
    assert extended.cluster_cost.minimum == Decimal("649.70")
    free = planned(discounts=[{"percent": 50}])
    assert free.cluster_cost.minimum == planned().cluster_cost.minimum / 2


def test_a_system_machine_without_a_public_price_can_be_priced_by_its_owner():
    cluster = {**DEV["cluster"], "system_nodes": {"machine": "x9.large"}}
    assert planned(cluster=cluster).cluster_cost.unknown == ("system nodes",)
    known = planned(cluster=cluster, prices=[row("x9.large", "0.10")])
    assert known.cluster_cost.unknown == ()


def test_a_price_for_nothing_is_still_a_mistake():
    with pytest.raises(InvalidInput, match=r"prices\[0\]\.machine"):
        planned(prices=[row("eks-clutser", "0.60")])


def test_the_table_names_the_parts_and_what_is_not_counted(capsys):
    assert cli.main(["plan", "dev"]) == 0
    said = capsys.readouterr().out
    assert "of it the cluster itself: 433.04 to 727.37*" in said
    assert "system nodes 2 to 4 × m7i.xlarge at 0.2016" in said
    assert "not counted: traffic, addresses, disks, keys, logs" in said
    assert "* price of NAT gateways to be checked" in said

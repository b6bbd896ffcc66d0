"""How many nodes are expected to run, and what that costs."""

import copy
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.cli import main as cli
from ai_platform.components.errors import InvalidInput
from ai_platform.environment import parse
from ai_platform.marks import read_yaml
from ai_platform.plan import make_plan
from tests.examples import examples

LOCAL = read_yaml(Path(__file__).parents[2] / "stacks" / "local.yaml").data


def described(**pools):
    """The local environment with other keys of its pools."""
    description = copy.deepcopy(LOCAL)
    for pool in description["node_pools"]:
        pool |= pools.get(pool["name"], {})
    return description


def planned(description):
    return make_plan(parse(description, subject="test"))


def test_described_work_is_expected_to_run_and_at_least_the_smallest_size():
    description = described(h100={"min_nodes": 0}, l40s={"min_nodes": 0})
    plan = planned(description)
    # One node serves both endpoints; eight workers take two machines of four GPUs.
    assert plan.expected_nodes == {"h100": 1, "l40s": 2}
    assert plan.cost.minimum == 0 < plan.cost.expected < plan.cost.maximum
    assert planned(described(l40s={"min_nodes": 3})).expected_nodes["l40s"] == 3


def test_parts_that_one_node_must_hold_are_not_spread_over_two():
    description = described(l40s={"min_nodes": 0})
    description["training_jobs"][0] |= {"workers": 3, "gpus_per_worker": 3}
    assert planned(description).expected_nodes["l40s"] == 3


def test_work_that_waits_runs_on_no_more_nodes_than_there_are():
    description = described(l40s={"min_nodes": 0, "overcommit_percent": 100})
    description["teams"][2]["quota"]["l40s"]["gpus"] = {"nominal": 24}
    description["training_jobs"][0]["workers"] = 24
    assert planned(description).expected_nodes["l40s"] == 4


def test_a_slice_of_tpus_runs_whole():
    pool = {"name": "v5e", "machine": "ct5lp-hightpu-4t", "max_nodes": 8, "tpu_topology": "4x4"}
    job = {"name": "pretrain", "team": "research", "pool": "v5e", "workers": 4}
    description = {
        "name": "slices",
        "cluster": {"provider": "simulated"},
        "node_pools": [pool],
        "teams": [{"name": "research", "quota": {"v5e": {"tpus": {"nominal": 16}}}}],
        "training_jobs": [job | {"image": "a", "command": ["b"]}],
    }
    assert planned(description).expected_nodes == {"v5e": 4}


def test_a_description_says_it_better_with_decimals():
    plan = planned(described(l40s={"expected_nodes": "2.5"}))
    price = plan.pool_prices["l40s"].usd_per_node_hour
    assert plan.pool_costs["l40s"].expected == (price * 730 * Decimal("2.5")).quantize(Decimal("0.01"))


@pytest.mark.parametrize("nodes", [1, "4.5"])
def test_what_lies_outside_the_size_of_the_pool_is_refused(nodes):
    with pytest.raises(InvalidInput, match=r"node_pools\[1\]\.expected_nodes.*from min_nodes, 2, to max"):
        planned(described(l40s={"expected_nodes": nodes}))


@examples(20)
@given(st.decimals(2, 4, places=3), st.integers(0, 16), st.decimals("0.01", "99", places=4))
def test_everything_is_borne_at_every_size_and_in_order(nodes, nominal, usd):
    description = described(l40s={"expected_nodes": str(nodes)})
    description["teams"][2]["quota"]["l40s"] = {"gpus": {"nominal": nominal}}
    description["teams"][1]["quota"]["l40s"] = {"gpus": {"nominal": min(3, 16 - nominal)}}
    del description["training_jobs"]
    row = {"machine": "g6e.12xlarge", "region": "us-east-1", "source": "test", "date": "2026-11-01"}
    plan = planned(description | {"prices": [row | {"usd_per_hour": str(usd)}]})
    parts = [*(team.guaranteed_cost for team in plan.teams), plan.unassigned_cost, plan.unused_cost]
    for size in ("minimum", "expected", "maximum"):
        assert sum(getattr(part, size) for part in parts) == getattr(plan.cost, size)
    assert all(part.minimum <= part.expected <= part.maximum for part in parts)


def test_the_plan_prints_budgets_and_which_are_over(capsys, tmp_path):
    description = described() | {"budget": {"monthly_usd": 60000}}
    for team, amount in zip(description["teams"], (30000, 22000, 1000), strict=True):
        team["budget"] = {"monthly_usd": amount}
    file = tmp_path / "local.yaml"
    file.write_text(yaml.safe_dump(description))
    assert cli.main(["plan", str(file)]) == 0
    said = capsys.readouterr().out
    assert "(expected 55,498.45)" in said
    assert "budget of local: 60,000.00 a month · expected 55,498.45, 93 % · at most 70,817.71, 119 %" in said
    assert "over by 10,817.71 at most" in said
    assert [line.rpartition(" · ")[2][:7] for line in said.splitlines() if "budget of team" in line] == [
        "enough",
        "enough",
        "over by",
    ]


def test_a_budget_is_not_called_enough_while_prices_are_unknown(capsys, tmp_path):
    file = tmp_path / "local.yaml"
    file.write_text(yaml.safe_dump(described() | {"budget": {"monthly_usd": 9}, "region": "eu-north-1"}))
    assert cli.main(["plan", str(file)]) == 0
    assert "not known to be enough: no price of h100, l40s" in capsys.readouterr().out

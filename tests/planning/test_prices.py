"""What a plan says about money."""

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
ONE_CENT = Decimal("0.01")


def environment(**changes):
    return {**copy.deepcopy(LOCAL), **changes}


def planned(description):
    return make_plan(parse(description, subject="test"))


def priced(usd, **keys):
    row = {"machine": "p5.48xlarge", "region": "us-east-1", "source": "test", "date": "2026-11-01"}
    return {**row, "usd_per_hour": str(usd), **keys}


def borne(plan):
    """All that somebody bears: teams, what nobody is guaranteed, and what layouts leave unused."""
    parts = [*(team.guaranteed_cost for team in plan.teams), plan.unassigned_cost, plan.unused_cost]
    return sum(part.maximum for part in parts)


def test_a_pool_has_its_prices_by_the_hour_with_their_source():
    price = planned(LOCAL).pool_prices["h100"]
    assert price.usd_per_node_hour == Decimal("55.04")
    assert price.usd_per_gpu_hour == Decimal("6.88")
    assert price.usd_per_device_hour["nvidia.com/mig-3g.40gb"] == Decimal("3.2107")
    assert "Karpenter" in price.source
    assert price.provisional is None


def test_an_endpoint_costs_from_its_fewest_to_its_most_replicas():
    small, large = planned(LOCAL).endpoints
    assert (small.cost.minimum, small.cost.maximum) == (Decimal("1339.31"), Decimal("1339.31"))
    assert (large.cost.minimum, large.cost.maximum) == (Decimal("10044.80"), Decimal("20089.60"))


def test_tokens_are_priced_at_the_throughput_that_is_given():
    description = environment()
    description["endpoints"][1]["tokens_per_second"] = {"minimum": 500, "maximum": 1200}
    small, large = planned(description).endpoints
    assert small.usd_per_million_tokens is None
    assert large.usd_per_million_tokens.minimum == Decimal("3.185")
    assert large.usd_per_million_tokens.maximum == Decimal("7.645")
    description["region"] = "eu-north-1"
    assert planned(description).endpoints[1].usd_per_million_tokens is None


@pytest.mark.parametrize("rates", [(2, 1), (0, 1), (-1, 5)])
def test_a_throughput_that_can_not_be_is_refused(rates):
    description = environment()
    description["endpoints"][1]["tokens_per_second"] = dict(zip(("minimum", "maximum"), rates, strict=True))
    with pytest.raises(InvalidInput, match="tokens_per_second"):
        planned(description)


def test_the_table_shows_hours_tokens_and_what_is_to_be_checked(capsys, tmp_path):
    description = environment(discounts=[{"percent": 50, "machine": "p5*"}])
    description["endpoints"][1]["tokens_per_second"] = {"minimum": 500, "maximum": 1200}
    description["teams"][1]["quota"]["h100"]["1g.10gb"]["nominal"] = 2
    file = tmp_path / "local.yaml"
    file.write_text(yaml.safe_dump(description))
    assert cli.main(["plan", str(file)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "27.52 an hour" in said
    assert "1.592 to 3.823" in said
    assert "guaranteed to no team: 669.65" in said
    assert "│ h100 │ mig-1g.10gb │ 0.4587 │ 4 │ 2 │ 0 │ 2 │ 669.65 │" in said
    assert "│ h100 │ mig-2g.20gb │ 0.9173 │ 2 │ 2 │ 0 │ 0 │ │" in said
    assert "to be checked" not in said


def test_a_price_to_be_checked_has_a_star_and_a_line_that_says_why(capsys, tmp_path):
    file = tmp_path / "local.yaml"
    row = priced(60, note="verbal offer")
    file.write_text(yaml.safe_dump(environment(prices=[row])))
    assert cli.main(["plan", str(file)]) == 0
    said = capsys.readouterr().out
    assert "43,800.00*" in said
    assert "* price of h100 to be checked: verbal offer" in said


def test_a_pool_is_priced_as_it_is_paid_for():
    description = environment(prices=[priced(20, option="spot")])
    description["node_pools"][0]["purchase_option"] = "spot"
    plan = planned(description)
    assert plan.pool_costs["h100"].maximum == Decimal("14600.00")
    assert planned(environment(prices=[priced(20, option="spot")])).pool_costs["h100"].maximum > 40000


def test_what_nobody_is_guaranteed_and_what_layouts_leave_are_shown():
    description = environment()
    description["node_pools"][0]["mig"][0]["gpus"][0]["devices"] = {"2g.20gb": 1, "3g.40gb": 1}
    description["teams"][1]["quota"]["h100"] = {}
    plan = planned(description)
    gpu_month = Decimal("55.04") / 8 * 730
    assert plan.unused_cost.maximum == (2 * gpu_month * 3 / 14).quantize(ONE_CENT)
    assert plan.unassigned_cost.maximum > 0
    assert borne(plan) == plan.cost.maximum


def test_an_idle_slice_costs_its_part_of_the_gpu():
    description = environment()
    description["teams"][1]["quota"]["h100"] = {"1g.10gb": {"nominal": 3}, "2g.20gb": {"nominal": 1}}
    plan = planned(description)
    gpu_month = Decimal("55.04") / 8 * 730
    idle = {resource: cost.maximum for resource, cost in plan.idle_costs["h100"].items()}
    assert idle == {
        "nvidia.com/mig-1g.10gb": (gpu_month * 2 / 15).quantize(ONE_CENT),
        "nvidia.com/mig-3g.40gb": (gpu_month * 7 / 15).quantize(ONE_CENT),
    }
    assert abs(sum(idle.values()) - plan.unassigned_cost.maximum) <= ONE_CENT


def test_what_is_idle_has_an_unknown_cost_where_its_price_is_unknown(capsys, tmp_path):
    description = environment(region="eu-north-1")
    description["teams"][1]["quota"]["h100"] = {}
    assert planned(description).idle_costs["h100"]["nvidia.com/mig-1g.10gb"].unknown == ("h100",)
    file = tmp_path / "local.yaml"
    file.write_text(yaml.safe_dump(description))
    assert cli.main(["plan", str(file)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "│ h100 │ mig-1g.10gb │ ? │ 4 │ 0 │ 0 │ 4 │ 0.00 + unknown: h100 │" in said


def test_an_unknown_price_is_named_everywhere_and_never_counts_as_zero():
    plan = planned(environment(region="eu-north-1"))
    assert plan.pool_prices == {"h100": None, "l40s": None}
    assert plan.cost.unknown == ("h100", "l40s")
    assert [endpoint.cost.unknown for endpoint in plan.endpoints] == [("h100",), ("h100",)]
    assert all(team.guaranteed_cost.unknown for team in plan.teams)


def test_a_part_of_the_prices_known_leaves_the_others_unknown():
    plan = planned(environment(region="eu-north-1", prices=[priced(60, region="eu-north-1")]))
    assert plan.cost.unknown == ("l40s",)
    assert plan.cost.maximum == Decimal("43800.00")


prices = st.decimals("0.01", "500", places=2)


@examples(25)
@given(prices, prices, st.integers(1, 4))
def test_a_dearer_price_never_lowers_the_bill_and_everything_is_borne(one, other, nodes):
    cheap, dear = sorted([one, other])
    bills = []
    for usd in (cheap, dear):
        description = environment(prices=[priced(usd)])
        description["node_pools"][0]["max_nodes"] = nodes
        plan = planned(description)
        assert borne(plan) == plan.cost.maximum
        bills.append(plan)
    assert bills[0].cost.minimum <= bills[1].cost.minimum
    assert bills[0].cost.expected <= bills[1].cost.expected
    assert bills[0].cost.maximum <= bills[1].cost.maximum
    for low, high in zip(bills[0].teams, bills[1].teams, strict=True):
        # Whole cents that sum exactly may move one cent between bearers.
        assert low.guaranteed_cost.maximum <= high.guaranteed_cost.maximum + ONE_CENT
    for small, large in zip(bills[0].endpoints, bills[1].endpoints, strict=True):
        assert small.cost.maximum <= large.cost.maximum


@examples(20)
@given(st.integers(1, 20), st.integers(1, 20))
def test_more_nodes_never_cost_less(one, other):
    few, many = sorted([one, other])
    costs = []
    for nodes in (few, many):
        description = environment()
        description["node_pools"][0]["max_nodes"] = nodes
        costs.append(planned(description).cost)
    assert costs[0].maximum <= costs[1].maximum
    assert costs[0].expected <= costs[1].expected
    assert costs[0].minimum <= costs[1].minimum


@examples(20)
@given(st.decimals(0, "99", places=2), st.decimals(0, "99", places=2))
def test_a_higher_discount_never_raises_the_bill(one, other):
    low, high = sorted([one, other])
    bills = [planned(environment(discounts=[{"percent": str(percent)}])).cost for percent in (low, high)]
    assert bills[1].maximum <= bills[0].maximum
    assert bills[1].maximum > 0

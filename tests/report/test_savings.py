"""What could be saved: only what a price or a plan proves."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.plan import make_plan
from ai_platform.report.savings import savings
from tests.examples import examples
from tests.report.two_sides import described, part, price, side


def found(description):
    return [saving for saving in savings([side(description)]) if "min_nodes" not in saving.what]


def idle(description):
    return [saving for saving in savings([side(description)]) if "min_nodes" in saving.what]


def test_nodes_that_always_run_break_even_on_a_known_reserved_price():
    description = described()
    description["prices"] = [price("p5.48xlarge", 33, option="reserved")]
    [saving] = found(description)
    assert saving.what == "Reserve the 1 node of pool h100 that always run."
    assert saving.monthly_usd == (Decimal("55.04") - 33) * 730
    assert "break even where one runs 60 % of the time" in saving.why
    assert "33 USD an hour (offer of 12 November, 2026-11-12)" in saving.why
    assert "2026-07-20" in saving.why


def test_nothing_is_said_without_a_price_or_at_a_higher_one():
    description = described()
    assert found(description) == []
    description["prices"] = [price("p5.48xlarge", 56, option="reserved")]
    assert found(description) == []
    part(description, "node_pools", "h100")["min_nodes"] = 0
    description["prices"] = [price("p5.48xlarge", 33, option="reserved")]
    assert found(description) == []


def test_a_price_to_be_checked_says_so():
    description = described()
    description["prices"] = [price("p5.48xlarge", 33, option="reserved", note="by word of mouth")]
    assert "to be checked: by word of mouth" in found(description)[0].why


def test_training_may_go_to_the_spot_market_at_what_is_expected_to_run():
    description = described()
    description["prices"] = [price("g6e.12xlarge", "4.19", option="spot")]
    [saving] = found(description)
    assert saving.what == "Buy pool l40s on the spot market: only training is described on it."
    assert abs(saving.monthly_usd - 2 * 730 * (Decimal("10.49264") - Decimal("4.19"))) <= Decimal("0.01")
    assert "less than 60 % of the work is lost" in saving.why


def test_endpoints_never_go_to_the_spot_market_nor_where_they_may_fall_back_to():
    description = described()
    description["prices"] = [price("p5.48xlarge", 5, option="spot")]
    assert found(description) == []
    spare = {"name": "spare", "machine": "p5.48xlarge", "max_nodes": 2, "min_nodes": 1}
    description["node_pools"].append(spare)
    part(description, "teams", "research")["quota"]["spare"] = {"gpus": {"nominal": 16}}
    part(description, "teams", "assistants")["quota"]["spare"] = {"gpus": {"nominal": 0}}
    description["training_jobs"].append({**description["training_jobs"][0], "name": "more", "pool": "spare"})
    assert ["spare" in saving.what for saving in found(description)] == [True]
    part(description, "node_pools", "h100")["fall_back_to"] = ["spare"]
    assert found(description) == []


def test_a_cheaper_machine_with_the_same_gpus_is_named_with_what_it_lacks():
    description = described()
    pool = part(description, "node_pools", "l40s")
    pool |= {"machine": "g5.24xlarge"}
    description["prices"] = []
    [saving] = found(description)
    assert saving.what.startswith("Take g5.12xlarge in place of g5.24xlarge for pool l40s: the same 4 × A10G")
    assert abs(saving.monthly_usd - 2 * 730 * (Decimal("8.144") - Decimal("5.672"))) <= Decimal("0.01")
    pool["machine"] = "g5.12xlarge"
    before = side(
        described() | {"node_pools": [description["node_pools"][0], pool | {"machine": "g5.24xlarge"}]}
    )
    assert before.plan.cost.expected - side(description).plan.cost.expected == saving.monthly_usd
    assert "48 in place of 96 vCPU" in saving.why
    assert "192 in place of 384 GiB of memory" in saving.why


def test_a_machine_whose_memory_is_smaller_than_its_gpus_is_not_taken():
    description = described()
    part(description, "node_pools", "l40s").update(machine="g5.4xlarge", max_nodes=16)
    # g5.xlarge has 16 GiB for a GPU of 24, so the next larger one is the cheapest that can load weights.
    assert "Take g5.2xlarge in place of g5.4xlarge" in found(description)[0].what


def test_committed_machines_are_not_exchanged():
    description = described()
    part(description, "node_pools", "l40s").update(machine="g5.24xlarge", purchase_option="reserved")
    description["prices"] = [
        price("g5.24xlarge", 8, option="reserved"),
        price("g5.12xlarge", 5, option="reserved"),
    ]
    assert found(description) == []


def test_nodes_that_always_run_for_nobody_are_named():
    description = described()
    part(description, "node_pools", "l40s")["min_nodes"] = 4
    part(description, "teams", "research")["quota"]["l40s"]["gpus"] = {"nominal": 4}
    part(description, "training_jobs", "finetune")["workers"] = 4
    [saving] = idle(description)
    assert saving.what == "Lower min_nodes of pool l40s from 4 to 1."
    assert saving.monthly_usd == Decimal("30638.51") - Decimal("7659.63")
    assert "described runs take 1 node;" in saving.why
    assert "no quota covers 2 nodes of those that always run" in saving.why


def test_a_description_that_knows_its_average_is_believed():
    description = described()
    part(description, "node_pools", "l40s").update(min_nodes=4, expected_nodes=4)
    assert idle(description) == []


def test_what_is_paid_for_anyway_saves_nothing_by_standing_still():
    description = described()
    part(description, "node_pools", "l40s").update(min_nodes=4, purchase_option="reserved")
    description["prices"] = [price("g6e.12xlarge", 6, option="reserved")]
    assert idle(description) == []


def small_models_on_whole_gpus(**pool):
    """Eight small models, each on an H100 of its own; 16 GPUs."""
    endpoint = {"team": "assistants", "model": "qwen3-4b", "pool": "h100", "gpus": 1, "context_length": 8192}
    return described() | {
        "node_pools": [{"name": "h100", "machine": "p5.48xlarge", "min_nodes": 2, "max_nodes": 2} | pool],
        "teams": [
            {"name": "assistants", "quota": {"h100": {"gpus": {"nominal": 8}}}},
            {"name": "research", "quota": {"h100": {"gpus": {"nominal": 5}}}},
        ],
        "endpoints": [{"name": f"chat-{index}", **endpoint} for index in range(8)],
        "training_jobs": [
            {
                "name": "tune",
                "team": "research",
                "pool": "h100",
                "workers": 5,
                "image": "tune",
                "command": ["tune"],
            }
        ],
    }


def test_endpoints_that_fit_a_slice_free_a_node_and_the_plan_proves_it():
    description = small_models_on_whole_gpus()
    [saving] = found(description)
    assert saving.what == (
        "Serve assistants/chat-0, assistants/chat-1, assistants/chat-2 and 5 more on 1g.20gb of pool h100: "
        "pool h100 needs 1 node less."
    )
    assert saving.monthly_usd == Decimal("40179.20")
    # The same by hand.
    for endpoint in description["endpoints"]:
        endpoint.pop("gpus")
        endpoint["mig_profile"] = "1g.20gb"
    description["node_pools"][0].update(min_nodes=1, max_nodes=1, mig="auto")
    description["teams"][0]["quota"]["h100"] = {"gpus": {"nominal": 0}, "1g.20gb": {"nominal": 8}}
    before = side(small_models_on_whole_gpus()).plan.cost.expected
    assert before - side(description).plan.cost.expected == saving.monthly_usd


@pytest.mark.parametrize(
    "why_not",
    [
        lambda it: [
            endpoint.update(tokens_per_second={"minimum": 9, "maximum": 9}) for endpoint in it["endpoints"]
        ],
        lambda it: it["teams"][1]["quota"]["h100"]["gpus"].update(nominal=8),
        lambda it: it["teams"][1].update(weight=1),
        lambda it: it["node_pools"][0].update(purchase_option="reserved"),
        lambda it: [endpoint.update(context_length=40960, concurrency=10) for endpoint in it["endpoints"]],
        lambda it: it.update(region="eu-north-1"),
    ],
    ids=["throughput is given", "no node is freed", "weights", "paid anyway", "no slice fits", "no price"],
)
def test_what_is_not_proven_is_not_said(why_not):
    description = small_models_on_whole_gpus()
    why_not(description)
    assert found(description) == []


def test_an_endpoint_that_fits_a_cheaper_pool_with_room_moves_there():
    description = small_models_on_whole_gpus()
    description["endpoints"] = description["endpoints"][:2]
    description["training_jobs"] = []
    for endpoint in description["endpoints"]:
        endpoint["pool"] = "l40s"
    description["node_pools"] = [
        {"name": "l40s", "machine": "g6e.12xlarge", "min_nodes": 2, "max_nodes": 2},
        {"name": "a10g", "machine": "g5.12xlarge", "min_nodes": 1, "max_nodes": 1},
    ]
    description["teams"][0]["quota"] = {"l40s": {"gpus": {"nominal": 5}}, "a10g": {"gpus": {"nominal": 2}}}
    description["teams"][1]["quota"] = {}
    [saving] = found(description)
    assert saving.what == (
        "Serve assistants/chat-0, assistants/chat-1 on 1 × A10G of pool a10g: pool l40s needs 1 node less."
    )
    assert saving.monthly_usd == Decimal("15319.25") - Decimal("7659.63")
    assert "measure the throughput first" in saving.why
    # On the spot market nobody moves an endpoint, and without room there is none to move to.
    part(description, "node_pools", "a10g")["purchase_option"] = "spot"
    description["prices"] = [price("g5.12xlarge", 2, option="spot")]
    assert found(description) == []
    part(description, "node_pools", "a10g")["purchase_option"] = "on_demand"
    description["teams"][0]["quota"]["a10g"]["gpus"]["nominal"] = 3
    assert found(description) == []


def test_small_change_is_left_out():
    description = described()
    description["prices"] = [price("p5.48xlarge", "54.5", option="reserved")]
    # 394.20 a month, of a bill of 55,498.45.
    assert found(description) == []


@examples(15)
@given(st.decimals("0.01", "99", places=2), st.sampled_from(["reserved", "spot"]), st.integers(0, 4))
def test_a_saving_is_never_more_than_the_bill_and_the_largest_comes_first(usd, option, nodes):
    description = described()
    description["prices"] = [
        price(machine, usd, option=option) for machine in ("p5.48xlarge", "g6e.12xlarge")
    ]
    part(description, "node_pools", "l40s")["min_nodes"] = nodes
    it = side(description)
    amounts = [saving.monthly_usd for saving in savings([it])]
    assert amounts == sorted(amounts, reverse=True)
    assert all(0 < amount <= it.plan.cost.expected for amount in amounts)
    assert make_plan(it.environment) == it.plan

"""Every GPU-hour ends as serving, training, idle-guaranteed or idle, and the sums are exact."""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.costs import known
from ai_platform.finops.cost import in_cents
from ai_platform.finops.reconciliation import CostLine, LineKind, PoolFacts, reconciled
from ai_platform.finops.token_costs import hosted_token_lines, own_token_lines, per_million
from ai_platform.finops.usage import EndpointTokens, HeldDevices, HostedTokens, PoolHour, WorkKind
from tests.examples import examples

GPU, SLICE = "nvidia.com/gpu", "nvidia.com/mig-1g.10gb"
DAY = datetime.date(2026, 11, 2)


def facts(
    guaranteed: dict[str, Fraction] | None = None,
    usd: str | None = "8",
    gpus_per_node: int = 4,
) -> PoolFacts:
    each = {GPU: Fraction(1), SLICE: Fraction(1, 7)}
    return PoolFacts(gpus_per_node, each, guaranteed or {}, None if usd is None else Decimal(usd))


def hour(nodes: str, *held: HeldDevices, at: int = 0, pool: str = "a100") -> PoolHour:
    start = datetime.datetime(2026, 11, 2, tzinfo=datetime.UTC) + datetime.timedelta(hours=at)
    return PoolHour(start=start, pool=pool, nodes=Decimal(nodes), held=held)


def holds(team: str, devices: str, kind: WorkKind = WorkKind.TRAINING, resource: str = GPU) -> HeldDevices:
    return HeldDevices(team=team, kind=kind, workload="run", resource=resource, devices=Decimal(devices))


def said(lines: tuple[CostLine, ...]) -> dict[tuple[str, str | None], tuple[str, str]]:
    return {(str(line.kind), line.team): (f"{line.gpu_hours:.2f}", str(line.usd)) for line in lines}


def test_what_ran_unused_is_idle_guaranteed_up_to_what_teams_are_guaranteed_and_idle_beyond():
    found = reconciled([hour("1", holds("red", "1"))], {"a100": facts({"red": Fraction(2)})})
    assert said(found.lines) == {
        ("training", "red"): ("1.00", "2.00"),
        ("idle-guaranteed", "red"): ("1.00", "2.00"),
        ("idle", None): ("2.00", "4.00"),
    }


def test_what_others_borrow_of_a_guarantee_is_the_borrowers_and_not_idle():
    found = reconciled([hour("1", holds("blue", "4"))], {"a100": facts({"red": Fraction(4)})})
    assert said(found.lines) == {("training", "blue"): ("4.00", "8.00")}


def test_idle_gpus_that_several_guarantees_ask_for_are_shared_by_what_each_left_unused():
    pools = {"a100": facts({"red": Fraction(3), "blue": Fraction(1)})}
    found = reconciled([hour("1", holds("green", "2"))], pools)
    assert said(found.lines) == {
        ("training", "green"): ("2.00", "4.00"),
        ("idle-guaranteed", "red"): ("1.50", "3.00"),
        ("idle-guaranteed", "blue"): ("0.50", "1.00"),
    }


def test_a_slice_costs_its_share_of_the_gpu():
    found = reconciled([hour("1", holds("red", "7", resource=SLICE))], {"a100": facts()})
    assert said(found.lines)["training", "red"] == ("1.00", "2.00")


def test_a_bill_counts_more_than_the_list_price():
    found = reconciled([hour("1", holds("red", "4"))], {"a100": facts()}, {(DAY, "a100"): Decimal("6.501")})
    assert said(found.lines) == {("training", "red"): ("4.00", "6.50")}


def test_a_bill_for_a_day_that_nobody_measured_is_not_lost():
    found = reconciled([], {"a100": facts()}, {(DAY, "a100"): Decimal("6.50")})
    assert said(found.lines) == {("idle", None): ("0.00", "6.50")}
    assert "nothing was measured" in found.notes[0]


def test_a_bill_for_a_pool_that_is_gone_is_not_lost():
    found = reconciled([], {}, {(DAY, "v100"): Decimal("-6.50")})
    assert said(found.lines) == {("idle", None): ("0.00", "-6.50")}


def test_without_a_price_hours_are_known_and_money_is_not():
    found = reconciled([hour("1", holds("red", "4"))], {"a100": facts(usd=None)})
    assert said(found.lines) == {("training", "red"): ("4.00", "None")}


def test_work_that_held_more_than_ran_is_scaled_down_and_told():
    found = reconciled([hour("1", holds("red", "6"), holds("blue", "2"))], {"a100": facts()})
    assert said(found.lines) == {
        ("training", "red"): ("3.00", "6.00"),
        ("training", "blue"): ("1.00", "2.00"),
    }
    assert "scaled down" in found.notes[0]


def test_a_pool_that_the_description_lacks_is_told():
    found = reconciled([hour("1", pool="v100")], {"a100": facts()})
    assert found.lines == ()
    assert "v100" in found.notes[0]


def test_an_hour_that_comes_twice_is_refused():
    with pytest.raises(ValueError, match="comes twice"):
        reconciled([hour("1"), hour("1")], {"a100": facts()})


TEAMS = st.sampled_from(["red", "blue", "green"])
DEVICES = st.decimals(min_value=0, max_value=20, places=3)
HELD = st.builds(
    HeldDevices,
    team=TEAMS,
    kind=st.sampled_from(WorkKind),
    workload=st.sampled_from(["one", "two"]),
    resource=st.sampled_from([GPU, SLICE]),
    devices=DEVICES,
)
NODES = st.decimals(min_value=0, max_value=5, places=2)
HOURS = st.lists(st.tuples(NODES, st.lists(HELD, max_size=4)), max_size=30)
GUARANTEED = st.dictionaries(TEAMS, st.fractions(0, 8, max_denominator=7))
PRICE = st.decimals(min_value="0.0001", max_value=99, places=4)


@given(
    HOURS,
    st.lists(st.decimals(min_value=-50, max_value=500, places=5), min_size=1, max_size=31),
)
@examples(40)
def test_what_was_billed_with_its_credits_is_shared_out_to_the_cent(hours, amounts):
    ran = [hour(str(nodes), *held, at=at) for at, (nodes, held) in enumerate(hours)]
    days = [DAY + datetime.timedelta(days=at) for at in range(len(amounts))]
    bill = {(day, "a100"): usd for day, usd in zip(days, amounts, strict=True)}
    lines = reconciled(ran, {"a100": facts(usd=None)}, bill).lines
    paid = known(line.usd for line in lines if line.day in days)
    assert paid == in_cents(sum(amounts, Decimal(0)))
    for day, usd in zip(days, amounts, strict=True):
        of_day = known(line.usd for line in lines if line.day == day)
        assert abs(of_day - usd) <= Decimal("0.01")


@given(HOURS, GUARANTEED, PRICE)
@examples(60)
def test_gpu_hours_and_cents_of_all_lines_sum_to_what_ran_and_to_what_it_cost(hours, guaranteed, price):
    ran = [hour(str(nodes), *held, at=at) for at, (nodes, held) in enumerate(hours)]
    found = reconciled(ran, {"a100": facts(guaranteed, str(price), 8)})
    for day in {item.start.date() for item in ran}:
        nodes = sum(Fraction(item.nodes) for item in ran if item.start.date() == day)
        lines = [line for line in found.lines if line.day == day]
        assert sum(line.gpu_hours for line in lines) == Decimal(round(nodes * 8 * 10**6)).scaleb(-6)
        assert abs(
            Fraction(sum((line.usd or Decimal(0) for line in lines), Decimal(0))) - nodes * Fraction(price)
        ) <= Fraction(1, 200)
    assert all(line.gpu_hours >= 0 and line.usd >= 0 for line in found.lines)


@given(
    HOURS, GUARANTEED, st.lists(st.tuples(TEAMS, st.sampled_from(["one", "two"]), TEAMS, st.integers(0, 999)))
)
@examples(40)
def test_token_lines_sum_to_the_serving_lines(hours, guaranteed, asked):
    ran = [hour(str(nodes), *held, at=at) for at, (nodes, held) in enumerate(hours)]
    lines = reconciled(ran, {"a100": facts(guaranteed)}).lines
    tokens = [
        EndpointTokens(
            day=DAY, team=team, endpoint=name, consumer=consumer, input_tokens=count, output_tokens=1
        )
        for team, name, consumer, count in asked
    ]
    shared = own_token_lines(lines, tokens, {})
    serving = [line for line in lines if line.kind is LineKind.SERVING]
    assert sum((line.usd or Decimal(0) for line in shared), Decimal(0)) == known(line.usd for line in serving)
    assert sum(line.gpu_hours for line in shared) == sum(line.gpu_hours for line in serving)
    assert sum(line.input_tokens + line.output_tokens for line in shared) == sum(
        row.input_tokens + row.output_tokens for row in tokens
    )


def test_an_endpoint_s_cost_goes_to_those_who_asked_by_their_tokens():
    held = HeldDevices(team="red", kind=WorkKind.SERVING, workload="chat", resource=GPU, devices=Decimal(4))
    lines = reconciled([hour("1", held)], {"a100": facts()}).lines
    asked = [
        EndpointTokens(day=DAY, team="red", endpoint="chat", input_tokens=2_000_000, output_tokens=1_000_000),
        EndpointTokens(
            day=DAY, team="red", endpoint="chat", consumer="blue", input_tokens=0, output_tokens=1_000_000
        ),
    ]
    found = own_token_lines(lines, asked, {("red", "chat"): "qwen3-8b"})
    assert [(line.team, line.model, line.usd, line.usd_per_million_tokens) for line in found] == [
        ("blue", "qwen3-8b", Decimal("2.00"), Decimal("2.000")),
        ("red", "qwen3-8b", Decimal("6.00"), Decimal("2.000")),
    ]


def test_tokens_from_gpus_that_nobody_measured_have_no_known_cost():
    asked = [EndpointTokens(day=DAY, team="red", endpoint="chat", input_tokens=9, output_tokens=1)]
    (line,) = own_token_lines((), asked, {})
    assert (line.usd, line.usd_per_million_tokens) == (None, None)


@given(st.lists(st.one_of(st.none(), st.decimals(min_value=0, max_value=2, places=9)), max_size=200))
@examples(40)
def test_many_small_amounts_of_the_gateway_sum_to_what_it_put_down(amounts):
    rows = [
        HostedTokens(day=DAY, team="red", model="m", provider="p", input_tokens=1, output_tokens=1, usd=usd)
        for usd in amounts
    ]
    lines = hosted_token_lines(rows)
    assert known(line.usd for line in lines) == in_cents(sum((usd for usd in amounts if usd), Decimal(0)))
    for line, usd in zip(lines, amounts, strict=True):
        assert (line.usd is None) == (usd is None)
        assert usd is None or abs(line.usd - usd) < Decimal("0.01")


def test_tokens_of_others_cost_what_the_gateway_put_down():
    row = HostedTokens(
        day=DAY, team="red", model="m", provider="p", input_tokens=1, output_tokens=1, usd=Decimal("0.125")
    )
    (line,) = hosted_token_lines([row])
    assert line.usd == Decimal("0.13")
    assert per_million(None, 5) is None

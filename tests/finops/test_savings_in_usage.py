"""What a period's usage shows could have been saved."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from ai_platform.finops.savings_in_usage import savings_in
from ai_platform.finops.token_costs import TokenLine
from ai_platform.finops.usage import WorkKind
from tests.finops.test_reconciliation import DAY, facts, holds, hour


def silent(tokens: int, usd: str | None = "12.00") -> TokenLine:
    return TokenLine(
        day=DAY,
        team="red",
        model="m",
        endpoint="red/chat",
        pool="a100",
        provider=None,
        input_tokens=tokens,
        output_tokens=0,
        gpu_hours=Decimal(1),
        usd=None if usd is None else Decimal(usd),
    )


def test_a_guarantee_that_was_never_used_is_to_be_given_back():
    ran = [hour("2", holds("red", devices), at=at) for at, devices in enumerate(["1", "2"])]
    (found,) = savings_in(ran, {"a100": facts({"red": Fraction(8)})}, ())
    assert found.team == "red"
    assert found.what == "give back 6 of 8 guaranteed GPUs on a100"
    assert found.usd == Decimal("24.00")


def test_a_guarantee_that_others_borrowed_saves_nothing():
    ran = [hour("2", holds("blue", "8"))]
    assert savings_in(ran, {"a100": facts({"red": Fraction(8)})}, ()) == ()


def test_a_node_that_nobody_asked_for_in_any_hour_need_not_run():
    ran = [hour(nodes, holds("red", "4"), at=at) for at, nodes in enumerate(["3", "4"])]
    (found,) = savings_in(ran, {"a100": facts({"red": Fraction(4)})}, ())
    assert found.what == "let a100 run 2 nodes less"
    assert found.usd == Decimal("32.00")


def test_a_node_that_one_hour_needed_must_stay():
    ran = [hour("2", at=0), hour("2", holds("red", "8", WorkKind.SERVING), at=1)]
    assert savings_in(ran, {"a100": facts()}, ()) == ()


def test_an_endpoint_that_was_never_asked_is_to_be_removed():
    (found,) = savings_in((), {}, [silent(0)])
    assert (found.what, found.usd) == ("remove endpoint red/chat", Decimal("12.00"))


def test_an_endpoint_that_was_asked_or_whose_cost_is_unknown_is_no_saving():
    assert savings_in((), {}, [silent(1)]) == ()
    assert savings_in((), {}, [silent(0, None)]) == ()


def test_without_a_price_no_saving_is_claimed():
    assert savings_in([hour("4")], {"a100": facts({"red": Fraction(8)}, usd=None)}, ()) == ()

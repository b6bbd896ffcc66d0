from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ai_platform.finops.cost import CostRange, in_cents, monthly, node_cost, total
from ai_platform.finops.prices import PurchaseOption, price

P5 = price("p5.48xlarge", "us-east-1", PurchaseOption.ON_DEMAND)
P4D = price("p4d.24xlarge", "us-east-1", PurchaseOption.ON_DEMAND)

cents = st.integers(0, 10**10).map(lambda amount: Decimal(amount).scaleb(-2))


def test_a_month_has_730_hours():
    assert monthly(P5, 1) == Decimal("40179.20")
    assert monthly(P4D, 3) == Decimal("48087.24")
    assert monthly(P5, 0) == Decimal("0.00")


def test_amounts_are_rounded_half_up_to_cents():
    assert in_cents(Decimal("0.005")) == Decimal("0.01")
    assert in_cents(Decimal("0.015")) == Decimal("0.02")
    assert str(in_cents(Decimal(2))) == "2.00"


def test_a_pool_costs_from_its_smallest_to_its_largest_size():
    assert node_cost("h100", P5, 1, 4) == CostRange(
        Decimal("40179.20"), Decimal("160716.80"), expected=Decimal("40179.20")
    )


def test_a_pool_without_a_price_is_unknown_not_free():
    cost = node_cost("h200", None, 1, 2)
    assert cost.unknown == ("h200",)
    assert not cost.complete


def test_a_pool_that_can_have_no_nodes_is_free():
    assert node_cost("off", None, 0, 0) == CostRange()


def test_a_sum_carries_every_unknown_once_and_in_order():
    parts = [CostRange(unknown=("b",)), node_cost("h100", P5, 0, 1), CostRange(unknown=("a", "b"))]
    assert total(parts) == CostRange(Decimal("0.00"), Decimal("40179.20"), ("b", "a"))
    assert total([]) == CostRange()


@given(st.lists(cents, max_size=20))
def test_the_total_is_the_sum_of_what_is_shown(amounts):
    assert total(CostRange(amount, amount, expected=amount) for amount in amounts).maximum == sum(amounts)

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.finops.cost import CostRange
from ai_platform.finops.prices import PurchaseOption, price
from ai_platform.finops.unit_costs import (
    UsdRange,
    device_hour,
    gpu_hour,
    idle,
    month_of,
    per_million_tokens,
    shown_per_hour,
    split,
)

P5 = price("p5.48xlarge", "us-east-1", PurchaseOption.ON_DEMAND)
rates = st.decimals("0.1", "100000", places=1)
hours = st.fractions(Fraction(1, 1000), 1000)


def test_a_gpu_hour_is_its_part_of_the_machine():
    assert gpu_hour(P5, 8) == Fraction("6.88")
    assert shown_per_hour(device_hour(gpu_hour(P5, 8), Fraction(1, 7))) == Decimal("0.9829")


def test_an_unknown_price_stays_unknown_in_every_part():
    assert gpu_hour(None, 8) is None
    assert device_hour(None, Fraction(1, 7)) is None
    assert idle(None, Fraction(1, 2)) is None
    assert per_million_tokens(None, Decimal(1), Decimal(2)) is None
    assert month_of("h200", None, 1, 2) == CostRange(unknown=("h200",))
    assert month_of("h200", None, 0, 0) == CostRange()


def test_a_month_of_replicas_goes_from_the_fewest_to_the_most():
    assert month_of("h100", gpu_hour(P5, 8), 1, 2) == CostRange(
        Decimal("5022.40"), Decimal("10044.80"), expected=Decimal("5022.40")
    )


def test_an_idle_slice_costs_its_price_less_the_time_it_works():
    assert idle(Fraction("0.98"), Fraction(1, 4)) == Fraction("0.735")
    with pytest.raises(ValueError, match="between 0 and 1"):
        idle(Fraction(1), Fraction(2))


def test_tokens_get_cheaper_with_throughput():
    assert per_million_tokens(Fraction("6.88"), Decimal(1000), Decimal(2000)) == UsdRange(
        Decimal("0.955"), Decimal("1.912")
    )


@pytest.mark.parametrize("rates", [(0, 1), (2, 1), (-1, 1)])
def test_a_throughput_that_is_none_is_refused(rates):
    with pytest.raises(ValueError, match="throughput"):
        per_million_tokens(Fraction(1), *map(Decimal, rates))


@given(hours, rates, rates)
def test_the_true_price_of_tokens_lies_in_the_range(hour, one, other):
    low, high = sorted([one, other])
    found = per_million_tokens(hour, low, high)
    for rate in (low, high):
        true = hour * 1_000_000 / (Fraction(rate) * 3600)
        assert Fraction(found.low) <= true <= Fraction(found.high)


@given(
    st.integers(0, 10**9).map(lambda cents: Decimal(cents).scaleb(-2)),
    st.lists(st.integers(1, 50), min_size=1, max_size=8),
)
def test_parts_that_make_a_whole_sum_to_the_amount_exactly(amount, weights):
    parts = split(amount, {f"p{n}": Fraction(w, sum(weights)) for n, w in enumerate(weights)})
    assert sum(parts.values()) == amount
    for n, weight in enumerate(weights):
        assert abs(Fraction(parts[f"p{n}"]) - Fraction(amount) * weight / sum(weights)) < Fraction(1, 100)

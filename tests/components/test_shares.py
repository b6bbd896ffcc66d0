from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from ai_platform.components.shares import shared_by_weight, shared_out
from tests.examples import examples

WEIGHTS = st.dictionaries(st.text("abc", min_size=1), st.integers(0, 50), min_size=1, max_size=8)


def shares_of(weights, left=0):
    whole = sum(weights.values()) + left or 1
    return {name: Fraction(weight, whole) for name, weight in weights.items()}


@examples(60)
@given(st.integers(0, 5000), WEIGHTS, st.integers(0, 50))
def test_nobody_gets_a_unit_more_or_less_than_the_exact_share(units, weights, left):
    shares = shares_of(weights, left)
    given_out = shared_out(units, shares)
    assert given_out.keys() == shares.keys()
    assert sum(given_out.values()) <= units
    assert all(abs(given_out[name] - units * share) < 1 for name, share in shares.items())
    assert all(given_out[name] == 0 for name, share in shares.items() if not share)


@examples(60)
@given(st.integers(0, 5000), WEIGHTS.filter(lambda weights: any(weights.values())))
def test_shares_that_sum_to_one_give_out_everything(units, weights):
    assert sum(shared_out(units, shares_of(weights)).values()) == units


@examples(60)
@given(st.integers(0, 5000), WEIGHTS)
def test_order_of_the_names_changes_nothing(units, weights):
    shares = shares_of(weights)
    assert shared_out(units, dict(reversed(shares.items()))) == shared_out(units, shares)


def test_ties_go_by_name():
    assert shared_out(1, {"b": Fraction(1, 2), "a": Fraction(1, 2)}) == {"b": 0, "a": 1}


def test_without_shares_nothing_is_given_out():
    assert shared_out(10, {}) == {}


WHOLE = st.dictionaries(st.text("abc", min_size=1), st.integers(0, 60), min_size=1, max_size=8).filter(
    lambda weights: any(weights.values())
)


@examples(100)
@given(st.integers(0, 600), WHOLE)
def test_weights_give_out_everything_and_nobody_is_a_unit_off(units, weights):
    given_out = shared_by_weight(units, weights)
    whole = sum(weights.values())
    assert sum(given_out.values()) == units
    for name, weight in weights.items():
        assert units * weight // whole <= given_out[name] <= -(-units * weight // whole)


@examples(60)
@given(st.integers(0, 400), st.integers(1, 20), WHOLE)
def test_more_units_never_lower_a_share_by_weight(units, more, weights):
    before, after = shared_by_weight(units, weights), shared_by_weight(units + more, weights)
    assert all(after[name] >= before[name] for name in weights)


@examples(40)
@given(st.integers(0, 600), WHOLE, st.integers(1, 9))
def test_only_the_proportion_of_weights_counts_and_not_their_order(units, weights, factor):
    larger = {name: weight * factor for name, weight in reversed(weights.items())}
    assert shared_by_weight(units, larger) == shared_by_weight(units, weights)


def test_the_largest_remainder_would_take_a_unit_away_where_the_quota_method_does_not():
    weights = {"a": 6, "b": 6, "c": 2}
    shares = {name: Fraction(weight, 14) for name, weight in weights.items()}
    assert [shared_out(units, shares)["c"] for units in (10, 11)] == [2, 1]
    assert [shared_by_weight(units, weights)["c"] for units in (10, 11)] == [1, 1]


def test_nobody_with_a_weight_means_nobody_gets_anything():
    assert shared_by_weight(5, {"a": 0}) == {"a": 0}
    assert shared_by_weight(5, {}) == {}

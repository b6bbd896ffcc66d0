import math

from hypothesis import given
from hypothesis import strategies as st

from ai_platform.gpu.integer_program import Row, minimum
from tests.examples import examples

coefficients = st.lists(st.integers(1, 6), min_size=3, max_size=3)


@examples(15)
@given(coefficients, coefficients, coefficients, st.integers(0, 12), st.integers(0, 12))
def test_the_answer_is_the_best_of_all_combinations(costs, left, right, least_left, least_right):
    def weigh(row, values):
        return sum(a * b for a, b in zip(row, values, strict=True))

    rows = [Row(dict(enumerate(left)), lower=least_left), Row(dict(enumerate(right)), lower=least_right)]
    every = [(a, b, c) for a in range(4) for b in range(4) for c in range(4)]
    allowed = [v for v in every if weigh(left, v) >= least_left and weigh(right, v) >= least_right]
    answer = minimum(costs, [3, 3, 3], rows)
    assert answer.proven
    assert (answer.values is None) == (not allowed)
    if allowed:
        best = min(weigh(costs, v) for v in allowed)
        assert weigh(costs, answer.values) == best
        assert answer.bound <= best + 1e-6


def test_without_a_solution_the_bound_is_infinite():
    answer = minimum([1], [1], [Row({0: 1}, lower=2)])
    assert answer.values is None
    assert math.isinf(answer.bound)
    assert answer.proven

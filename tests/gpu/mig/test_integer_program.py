import math
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from ai_platform.gpu.mig.integer_program import Columns, Row, minimum, relaxed_minimum
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


@examples(15)
@given(st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=3), min_size=3, max_size=3))
def test_flows_come_out_whole_and_are_the_best_of_all_assignments(costs):
    columns = Columns()
    at = [[columns.add(1, cost, flow=True) for cost in row] for row in costs]
    columns.rows.extend(Row(dict.fromkeys(row, 1), 1, 1) for row in at)
    columns.rows.extend(Row(dict.fromkeys(column, 1), 1, 1) for column in zip(*at, strict=True))
    answer = minimum(columns.costs, columns.uppers, columns.rows, flows=columns.flows)
    first, second, third = costs
    best = min(first[a] + second[b] + third[c] for a, b, c in permutations(range(3)))
    paid = [cost * value for cost, value in zip(columns.costs, answer.values or (), strict=True)]
    assert sum(paid) == best
    assert math.isclose(answer.bound, best, abs_tol=1e-6)


def test_flows_that_do_not_come_out_whole_are_solved_again():
    rows = [Row({0: 2}, lower=1)]
    assert minimum([1], [5], rows, flows=range(1)).values == (1,)
    assert math.isclose(relaxed_minimum([1], [5], rows), 0.5)

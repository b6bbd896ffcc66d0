from hypothesis import given
from hypothesis import strategies as st

from ai_platform.components.cohort_tree import Holding, cohort_tree, cycles, usable
from tests.examples import examples

ONE = cohort_tree({"teams": None})
COUNTS = st.integers(0, 20)
LIMITS = st.none() | COUNTS


@st.composite
def trees(draw):
    """Parents of cohorts without a cycle, holdings of some of them, and queues."""
    names = [f"c{n}" for n in range(draw(st.integers(1, 6)))]
    parents = {name: draw(st.sampled_from([None, *names[:n]])) for n, name in enumerate(names)}
    cohorts = {
        name: Holding(draw(COUNTS), *((draw(LIMITS), draw(LIMITS)) if parents[name] else ()))
        for name in names
        if draw(st.booleans())
    }
    queues = [
        (f"q{n}", draw(st.sampled_from(names)), Holding(draw(COUNTS), draw(LIMITS), draw(LIMITS)))
        for n in range(draw(st.integers(1, 6)))
    ]
    return parents, cohorts, queues


def roots_of(parents, name):
    return name if parents[name] is None else roots_of(parents, parents[name])


def test_a_team_can_use_its_own_and_what_others_lend():
    queues = [("a", "teams", Holding(4)), ("b", "teams", Holding(6, lending_limit=2))]
    assert usable(ONE, {}, queues) == {"a": 6, "b": 10}


def test_a_borrowing_limit_counts_on_top_of_the_teams_own():
    queues = [("a", "teams", Holding(4, borrowing_limit=1)), ("b", "teams", Holding(6))]
    assert usable(ONE, {}, queues)["a"] == 5


def test_quota_of_a_cohort_is_there_for_all_below_it():
    assert usable(ONE, {"teams": Holding(3)}, [("a", "teams", Holding(1))]) == {"a": 4}


def test_limits_of_a_cohort_hold_for_all_below_it_together():
    tree = cohort_tree({"teams": None, "inner": "teams"})
    queues = [("a", "inner", Holding(4)), ("b", "inner", Holding(2)), ("c", "teams", Holding(10))]
    assert usable(tree, {"inner": Holding(0, 3)}, queues) == {"a": 9, "b": 9, "c": 16}
    assert usable(tree, {"inner": Holding(0, None, 1)}, queues) == {"a": 16, "b": 16, "c": 11}


def test_separate_roots_lend_each_other_nothing():
    tree = cohort_tree({"one": None, "two": None})
    assert usable(tree, {}, [("a", "one", Holding(4)), ("b", "two", Holding(6))]) == {"a": 4, "b": 6}


@examples(60)
@given(trees())
def test_nobody_can_use_less_than_its_own_or_more_than_its_tree_holds(case):
    parents, cohorts, queues = case
    held = dict.fromkeys(parents, 0)
    for name, holding in [*cohorts.items(), *((cohort, holding) for _, cohort, holding in queues)]:
        held[roots_of(parents, name)] += holding.nominal
    reach = usable(cohort_tree(parents), cohorts, queues)
    for queue, cohort, holding in queues:
        assert holding.nominal <= reach[queue] <= held[roots_of(parents, cohort)]


@examples(60)
@given(trees(), st.randoms())
def test_the_order_of_cohorts_and_queues_changes_nothing(case, random):
    parents, cohorts, queues = case
    names = random.sample(list(parents), len(parents))
    again = usable(cohort_tree({name: parents[name] for name in names}), cohorts, list(reversed(queues)))
    assert again == usable(cohort_tree(parents), cohorts, queues)


@examples(60)
@given(trees(), COUNTS)
def test_more_quota_anywhere_takes_nothing_from_anybody(case, more):
    parents, cohorts, queues = case
    before = usable(cohort_tree(parents), cohorts, queues)
    name, cohort, holding = queues[0]
    larger = [(name, cohort, holding._replace(nominal=holding.nominal + more)), *queues[1:]]
    after = usable(cohort_tree(parents), cohorts, larger)
    assert all(after[queue] >= before[queue] for queue in before)


def test_each_cycle_is_found_once():
    parents = {"a": "b", "b": "c", "c": "b", "d": None, "e": "e", "f": "unknown"}
    assert cycles(parents) == [("b", "c"), ("e",)]


def test_a_cycle_still_gives_a_tree_to_reason_about():
    order = cohort_tree({"a": "b", "b": "a"})
    assert sorted(name for name, _ in order) == ["a", "b"]
    assert sum(parent is None for _, parent in order) == 1

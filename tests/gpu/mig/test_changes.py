from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig.changes import held_throughout, plan_changes
from ai_platform.gpu.mig.layout import node_layout
from ai_platform.gpu.mig.patterns import WHOLE
from tests.examples import examples

H100 = GpuName.H100_80GB
ONES, HALVES, SEVEN, BALANCED = (
    {"1g.10gb": 7},
    {"3g.40gb": 2},
    {"7g.80gb": 1},
    {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1},
)
LAYOUTS = [{}, ONES, HALVES, SEVEN, BALANCED]


def node(*gpus):
    """A node whose GPUs are cut one by one; an empty mapping is a whole GPU."""
    ordered = sorted(gpus, key=lambda devices: not devices)
    assert list(gpus) == ordered, "whole GPUs come last"
    return node_layout(H100, len(gpus), [(1, devices) for devices in gpus if devices])


def offered(rows):
    """Devices of GPUs; ``None`` is one that is being drained or not there."""
    total: Counter[str] = Counter()
    for row in rows:
        if row is not None:
            total.update(dict(row) or {WHOLE: 1})
    return total


def gpus_of(layouts):
    return {(n, g): row for n, layout in enumerate(layouts) for g, row in enumerate(layout.partitions)}


def simulated(before, plan):
    """What is there while each step drains, and in the end."""
    state = gpus_of(before)
    during = []
    for step in plan.steps:
        for drain in step:
            assert state.get(drain.place) == drain.before
            state[drain.place] = None
        during.append(offered(state.values()))
        state |= {drain.place: drain.after for drain in step}
    return during, {place: row for place, row in state.items() if row is not None}


gpus = st.lists(st.sampled_from(LAYOUTS), min_size=2, max_size=2).map(
    lambda row: node(*sorted(row, key=lambda devices: not devices))
)
pairs = st.integers(1, 3).flatmap(
    lambda nodes: st.tuples(*[st.lists(gpus, min_size=nodes, max_size=nodes)] * 2)
)


@st.composite
def cases(draw):
    """Layouts before and after, and guarantees that both can hold."""
    before, after = draw(pairs)
    both = offered(gpus_of(before).values()) & offered(gpus_of(after).values())
    guaranteed = {name: draw(st.integers(max(0, count - 3), count)) for name, count in sorted(both.items())}
    return before, after, {"team": guaranteed}


def possible_by_brute_force(before, after, guaranteed, spare=()):
    old, new = gpus_of(before), gpus_of(after)
    floor = Counter(guaranteed["team"])
    for order in permutations([place for place in old if old[place] != new[place]]):
        state = {**old, **{("spare", n): tuple(devices.items()) for n, devices in enumerate(spare)}}
        for place in order:
            state[place] = None
            if floor - offered(state.values()):
                break
            state[place] = new[place]
        else:
            return True
    return False


@examples(40)
@given(cases())
def test_no_team_ever_has_less_than_it_is_guaranteed_and_the_wanted_layout_comes_out(case):
    before, after, guaranteed = case
    plan = plan_changes(before, after, guaranteed)
    assert (plan.refusal is None) == possible_by_brute_force(before, after, guaranteed)
    if plan.refusal:
        assert plan.steps == ()
        assert 1 <= plan.extra_gpus_bound <= plan.extra_gpus
        return
    during, final = simulated(before, plan)
    assert not [state for state in during if Counter(guaranteed["team"]) - state]
    assert final == gpus_of(after)
    changed = {place for place, row in gpus_of(before).items() if row != gpus_of(after)[place]}
    assert sorted(drain.place for step in plan.steps for drain in step) == sorted(changed)
    assert set(plan.kept) == gpus_of(before).keys() - changed


@examples(25)
@given(cases())
def test_draining_whole_nodes_keeps_the_guarantees_too(case):
    before, after, guaranteed = case
    plan = plan_changes(before, after, guaranteed, whole_nodes=True)
    if plan.refusal:
        return
    during, final = simulated(before, plan)
    assert not [state for state in during if Counter(guaranteed["team"]) - state]
    assert final == gpus_of(after)
    touched = {drain.place[0] for step in plan.steps for drain in step}
    assert {place[0] for place in plan.kept}.isdisjoint(touched)


def test_without_guarantees_everything_changes_in_one_step():
    plan = plan_changes([node(ONES, ONES)], [node(HALVES, SEVEN)], {})
    assert [len(step) for step in plan.steps] == [2]
    assert plan.drained == 2


def test_gpus_whose_layout_stays_keep_running():
    plan = plan_changes([node(ONES, HALVES)], [node(ONES, SEVEN)], {"a": {"1g.10gb": 7}})
    assert plan.kept == ((0, 0),)
    assert [drain.place for drain in plan.steps[0]] == [(0, 1)]


def test_the_replacement_comes_before_the_drain():
    before = [node(ONES, {}), node(HALVES, {})]
    after = [node(HALVES, {}), node(ONES, {})]
    swap = plan_changes(before, after, {"a": {"3g.40gb": 2}})
    assert [[drain.place for drain in step] for step in swap.steps] == [[(0, 0)], [(1, 0)]]


def test_a_swap_with_nothing_to_spare_is_refused_with_the_gpus_that_are_missing():
    before, after = [node(ONES, HALVES)], [node(HALVES, ONES)]
    guaranteed = {"a": {"1g.10gb": 7}, "b": {"3g.40gb": 2}}
    plan = plan_changes(before, after, guaranteed)
    assert "of 1g.10gb, 3g.40gb there is none to spare" in plan.refusal
    assert (plan.extra_gpus, plan.extra_gpus_bound) == (1, 1)
    together = {"team": {"1g.10gb": 7, "3g.40gb": 2}}
    assert any(possible_by_brute_force(before, after, together, [spare]) for spare in (ONES, HALVES))


def test_new_nodes_join_first_and_make_room():
    before, after = [node(ONES, HALVES)], [node(HALVES, ONES), node(ONES, HALVES)]
    plan = plan_changes(before, after, {"a": {"1g.10gb": 7, "3g.40gb": 2}})
    assert [{drain.place[0] for drain in step} for step in plan.steps] == [{1}, {0}]
    assert plan.drained == 2


def test_nodes_that_leave_go_when_the_others_are_ready():
    plan = plan_changes([node(ONES), node(HALVES)], [node(ONES)], {"a": {"1g.10gb": 7}})
    assert [[(drain.place, drain.after) for drain in step] for step in plan.steps] == [[((1, 0), None)]]


def test_idle_gpus_are_drained_before_busy_ones():
    before, after = [node(ONES, ONES, ONES)], [node(ONES, HALVES, HALVES)]
    plan = plan_changes(before, after, {"a": {"1g.10gb": 7}}, in_use={(0, 0), (0, 1)})
    assert [(drain.place, drain.in_use) for drain in plan.steps[0]] == [((0, 2), False), ((0, 1), True)]


@pytest.mark.parametrize(
    ("before", "after", "part"),
    [
        (ONES, HALVES, "the wanted layout has too few devices: 0 of 7 1g.10gb"),
        (HALVES, ONES, "the running layout already has too few devices: 0 of 7 1g.10gb"),
    ],
)
def test_what_spare_gpus_can_not_help_is_refused_without_a_number(before, after, part):
    plan = plan_changes([node(before)], [node(after)], {"a": {"1g.10gb": 7}})
    assert plan.refusal == part
    assert plan.extra_gpus is None


def test_a_guarantee_that_changes_is_held_at_the_smaller_of_both():
    before = {"a": {"1g.10gb": 7, "3g.40gb": 1}, "gone": {"gpus": 1}}
    after = {"a": {"1g.10gb": 3, "2g.20gb": 4}, "new": {"gpus": 1}}
    assert held_throughout(before, after) == {"a": {"1g.10gb": 3}}


def test_a_large_pool_is_worked_out_too():
    before = [node(*[ONES] * 4, *[HALVES] * 4)] * 60
    after = [node(*[HALVES] * 4, *[BALANCED] * 4)] * 60
    guaranteed = {"a": {"1g.10gb": 480}, "b": {"3g.40gb": 480}}
    plan = plan_changes(before, after, guaranteed)
    assert plan.refusal is None
    assert plan.drained == 480
    assert not [state for state in simulated(before, plan)[0] if Counter(guaranteed["b"]) - state]


def test_thousands_of_gpus_that_take_turns_have_an_order():
    before = [node(*[ONES] * 8), node(*[HALVES] * 8)] * 200
    guaranteed = {"a": {"1g.10gb": 200 * 56 - 14, "3g.40gb": 200 * 16 - 4}}
    plan = plan_changes(before, [*before[1:], before[0]], guaranteed)
    assert (plan.refusal, plan.drained) == (None, 3200)


def test_a_thousand_gpus_that_swap_their_layouts_pair_by_pair_go_through_one_spare_gpu():
    before = [node(*[ONES] * 4, *[HALVES] * 4) for _ in range(125)]
    after = [node(*[HALVES] * 4, *[ONES] * 4) for _ in range(125)]
    floor = {"team": dict(offered(gpus_of(before).values()))}
    plan = plan_changes(before, after, floor)
    assert (plan.extra_gpus, plan.extra_gpus_bound) == (1, 1)
    floor["team"]["1g.10gb"] -= 7
    assert plan_changes(before, after, floor).drained == 1000

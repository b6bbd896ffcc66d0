from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.environment import parse
from ai_platform.gpu.mig.layout import node_layout
from ai_platform.plan import make_plan
from ai_platform.planning.mig_change import Verdict
from ai_platform.planning.mig_changes import pool_changes
from tests.examples import examples

ONES, HALVES, SEVEN, MIXED = (
    {"1g.10gb": 7},
    {"3g.40gb": 2},
    {"7g.80gb": 1},
    {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1},
)


def node(*gpus):
    """Layouts of one node's first GPUs, each as its devices."""
    return {"nodes": 1, "gpus": [{"count": 1, "devices": devices} for devices in gpus]}


def environment(teams, *nodes, max_nodes=None, machine="p5.48xlarge", mig=None, **pool):
    """A pool that is called pool, and teams with fixed quotas of it or, as a number, a weight."""
    spec = {"name": "pool", "machine": machine, "max_nodes": max_nodes or max(1, len(nodes))}
    return parse(
        {
            "name": "test",
            "cluster": {"provider": "simulated"},
            "node_pools": [{**spec, "mig": mig or list(nodes), **pool}],
            "teams": [
                {"name": name, "weight": has}
                if isinstance(has, int)
                else {"name": name, "quota": {"pool": {key: {"nominal": n} for key, n in has.items()}}}
                for name, has in teams.items()
            ],
        },
        subject="test",
    )


def change_of(old, new, **options):
    for side in (old, new):
        make_plan(side)
    (change,) = pool_changes(old, new, **options)
    return change


def of_device(step, name):
    return next(device for device in step.devices if device.device == name)


def written(spec):
    """Devices by (node, GPU) as the description has them; a whole GPU is one of ``gpus``."""
    rows = {(n, g): {"gpus": 1} for n in range(spec.max_nodes) for g in range(8)}
    for n, entry in enumerate(each for each in spec.mig for _ in range(each.nodes)):
        cut = [dict(part.devices) or {"gpus": 1} for part in entry.gpus for _ in range(part.count)]
        rows |= {(n, g): devices for g, devices in enumerate(cut)}
    return rows


def pinned(side, change):
    """The description with the layouts that the change asks to write into it."""
    (pool,) = side.node_pools
    layouts = pool.mig if change.mig is None else list(change.mig)
    return side.model_copy(update={"node_pools": [pool.model_copy(update={"mig": layouts})]})


def as_counts(devices):
    return None if devices is None else dict(devices) or {"gpus": 1}


def summed(rows):
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row)
    return total


nodes = st.lists(
    st.lists(st.sampled_from([ONES, HALVES, SEVEN, MIXED]), min_size=1, max_size=4).map(lambda g: node(*g)),
    max_size=3,
)


@st.composite
def environments(draw):
    """One pool of up to four nodes and teams with fixed quotas of all that it has."""
    mig = draw(nodes)
    pool = environment({"nobody": {}}, *mig, max_nodes=len(mig) + draw(st.integers(0, 1)) or 1)
    left, teams = summed(written(pool.node_pools[0]).values()), {}
    for name in ("first", "second"):
        teams[name] = {key: draw(st.integers(max(0, free - 5), free)) for key, free in sorted(left.items())}
        left -= Counter(teams[name])
    return environment(teams, *mig, max_nodes=pool.node_pools[0].max_nodes)


def nominal(side, team):
    quotas = next(spec for spec in side.teams if spec.name == team).quota["pool"]
    return Counter({key: quota.nominal for key, quota in quotas.items()})


@examples(40)
@given(environments(), environments(), st.booleans())
def test_following_the_steps_to_the_letter_leaves_each_team_what_it_has_before_and_after(
    old, new, whole_nodes
):
    change = change_of(old, new, whole_nodes=whole_nodes)
    wanted = written(pinned(new, change).node_pools[0])
    state = written(old.node_pools[0])
    held = {team: nominal(old, team) & nominal(new, team) for team in ("first", "second")}
    assert change.verdict != Verdict.REFUSED or not change.steps
    for step in change.steps:
        for drain in step.drains:
            assert state.pop(drain.place, None) == as_counts(drain.before)
        there = summed(state.values())
        for team, other in (("first", "second"), ("second", "first")):
            assert not held[team] + held[other] - there
            for device in step.devices:
                assert device.there == there[device.device]
                # The other team may use all of its old quota, but no more of it than leaves this one its own.
                rest = there[device.device] - nominal(old, other)[device.device]
                least = min(nominal(old, team)[device.device], max(held[team][device.device], rest))
                assert least == next((s.least for s in device.teams if s.team == team), 0)
        for drain in step.drains:
            if drain.after is not None:
                state[drain.place] = as_counts(drain.after)
        for at, layout in step.layouts.items():
            partitions = [as_counts(row) for row in layout.partitions]
            assert partitions == [state[place] for place in sorted(state) if place[0] == at]
    if change.verdict != Verdict.REFUSED:
        assert state == wanted


def test_a_description_that_only_moves_quota_between_teams_touches_no_gpu():
    before = environment({"a": {"1g.10gb": 5}, "b": {"1g.10gb": 2}}, node(ONES))
    after = environment({"a": {"1g.10gb": 1}, "b": {"1g.10gb": 6}}, node(ONES))
    change = change_of(before, after)
    assert (change.verdict, change.steps) == (Verdict.UNCHANGED, ())
    assert len(change.plan.kept) == 8


def test_each_step_says_what_is_left_to_whom():
    before = environment({"a": {"1g.10gb": 10}, "b": {"1g.10gb": 4}}, node(ONES, ONES))
    after = environment({"a": {"1g.10gb": 3}, "b": {"1g.10gb": 4}}, node(ONES, HALVES))
    (step,) = change_of(before, after).steps
    ones = of_device(step, "1g.10gb")
    assert (ones.drained, ones.there, ones.guaranteed) == (7, 7, 7)
    assert [(s.team, s.least, s.before) for s in ones.teams] == [("a", 3, 10), ("b", 4, 4)]


def test_who_loses_nothing_even_when_all_others_work_is_said_too():
    before = environment({"a": {"1g.10gb": 3}, "b": {"1g.10gb": 4}}, node(ONES, ONES))
    after = environment({"b": {"1g.10gb": 4}}, node(ONES, HALVES))
    (step,) = change_of(before, after).steps
    assert [(s.team, s.least) for s in of_device(step, "1g.10gb").teams] == [("a", 3), ("b", 4)]


def test_weights_are_worked_out_before_they_are_guaranteed():
    before = environment({"a": 3, "b": 1}, node(ONES, ONES, ONES, ONES))
    after = environment({"a": 1, "b": 1}, node(ONES, ONES, HALVES, HALVES))
    change = change_of(before, after)
    ones = of_device(change.steps[0], "1g.10gb")
    assert {s.team: (s.before, s.after) for s in ones.teams} == {"a": (21, 7), "b": (7, 7)}
    assert ones.guaranteed == 14
    assert all(of_device(step, "1g.10gb").there >= 14 for step in change.steps)


def test_layouts_that_follow_from_quotas_are_compared_as_they_come_out():
    before = environment({"a": {"1g.10gb": 14}}, mig="auto")
    after = environment({"a": {"1g.10gb": 7}, "b": {"3g.40gb": 2}}, mig="auto")
    change = change_of(before, after)
    assert change.verdict == Verdict.CHANGED
    assert change.plan.drained == 1


def test_layouts_that_only_change_places_drain_nothing_once_they_are_written_so():
    teams = {"a": {"1g.10gb": 7}, "b": {"3g.40gb": 2}, "c": {"gpus": 6}}
    new = environment(teams, node(HALVES, ONES))
    change = change_of(environment(teams, node(ONES, HALVES)), new)
    assert (change.verdict, change.plan.drained, change.drained_as_written) == (Verdict.UNCHANGED, 0, 2)
    assert written(pinned(new, change).node_pools[0])[0, 0] == ONES


@examples(20)
@given(environments(), environments())
def test_what_is_to_be_written_makes_the_description_drain_no_more_than_was_planned(old, new):
    change = change_of(old, new)
    again = change_of(old, pinned(new, change))
    if change.verdict != Verdict.REFUSED:
        assert again.mig is None
        assert again.plan == change.plan
    assert again.drained_as_written <= change.drained_as_written


def automatic(sevens, halves):
    """A pool of 32 GPUs of which so many devices are owned, one or two on a GPU."""
    return environment({"a": {"7g.80gb": sevens}, "b": {"3g.40gb": halves}}, mig="auto", max_nodes=4)


@pytest.mark.parametrize(
    ("sevens", "halves", "drained"), [(12, 32, 0), (11, 32, 1), (11, 34, 1), (14, 32, 2)]
)
def test_a_small_change_of_a_quota_drains_few_gpus_of_an_automatic_pool(sevens, halves, drained):
    old, new = automatic(12, 32), automatic(sevens, halves)
    change = change_of(old, new)
    assert change.plan.drained == drained <= change.drained_as_written
    plan = make_plan(pinned(new, change))
    assert plan.pools[0].capacity["nvidia.com/mig-7g.80gb"] >= sevens
    assert plan.pools[0].capacity["nvidia.com/mig-3g.40gb"] >= halves


def test_pinned_layouts_are_what_runs_when_the_pool_is_automatic_again():
    old, new = automatic(12, 32), automatic(11, 34)
    change = change_of(old, new)
    assert change.mig
    assert change_of(pinned(new, change), new).plan.drained == 0


def test_of_the_gpus_that_change_those_that_nobody_misses_get_what_is_needed_first():
    teams = {"a": {"1g.10gb": 2}}
    new = environment(teams, node(MIXED, HALVES))
    change = change_of(environment(teams, node(ONES)), new)
    assert (change.verdict, change.plan.drained, len(change.plan.steps)) == (Verdict.CHANGED, 2, 2)
    assert written(pinned(new, change).node_pools[0])[0, 0] == HALVES


def test_a_change_without_room_is_refused_with_the_gpus_that_help():
    teams = {"a": {"1g.10gb": 4}, "b": {"3g.40gb": 2}, "c": {"gpus": 6}}
    mixed = {"1g.10gb": 4, "3g.40gb": 1}
    change = change_of(environment(teams, node(ONES, HALVES)), environment(teams, node(mixed, mixed)))
    assert change.verdict == Verdict.REFUSED
    assert (change.plan.extra_gpus, change.plan.extra_gpus_bound) == (1, 1)


def test_what_is_promised_twice_is_held_as_far_as_both_layouts_go():
    teams = {"a": {"1g.10gb": 6}, "b": {"1g.10gb": 4}}
    before = environment(teams, node(ONES, HALVES), overcommit_percent=50)
    after = environment(teams, node(ONES, SEVEN), overcommit_percent=50)
    change = change_of(before, after)
    assert change.verdict == Verdict.CHANGED
    assert change.overcommitted == {"1g.10gb": (10, 7)}


@pytest.mark.parametrize("machine", ["a3-highgpu-8g", "a2-highgpu-8g"])
def test_a_pool_on_another_machine_is_replaced_and_not_cut_anew(machine):
    change = change_of(environment({"a": {"gpus": 1}}), environment({"a": {"gpus": 1}}, machine=machine))
    assert (change.verdict, change.before.name, change.after.name) == (
        Verdict.REPLACED,
        "p5.48xlarge",
        machine,
    )
    assert change.plan is None


def test_an_own_machine_with_another_gpu_under_the_same_name_is_another_machine():
    before = environment({"a": {"gpus": 1}})
    own = {"name": "p5.48xlarge", "gpu": "H200-141GB", "gpu_count": 8}
    after = parse({**before.model_dump(mode="json"), "machines": [own]}, subject="test")
    assert change_of(before, after).verdict == Verdict.REPLACED


def test_pools_of_one_side_are_new_or_removed():
    before, after = environment({"a": {}}), environment({"a": {}}, name="other")
    verdicts = {change.name: (change.verdict, change.gpus_after) for change in pool_changes(before, after)}
    assert verdicts == {"other": (Verdict.NEW, 8), "pool": (Verdict.REMOVED, 0)}


def test_every_layout_on_the_way_is_known_for_the_mig_manager():
    teams = {"a": {"1g.10gb": 2}}
    change = change_of(environment(teams, node(ONES)), environment(teams, node(MIXED, *[HALVES] * 6)))
    h100 = change.before.gpu
    assert len(change.steps) > 1
    assert change.layouts[0] == node_layout(h100, 8, [(1, ONES)])
    assert set(change.layouts) >= {layout for step in change.steps for layout in step.layouts.values()}

"""A canary in the plan: its share said as it is, and its replicas counted everywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.components.errors import InvalidInput
from ai_platform.environment import parse
from ai_platform.plan import make_plan
from ai_platform.serving.canary import canary_replicas, stable_replicas
from tests.examples import examples


def planned(percent=10, model="qwen3-1.7b", nominal=8, canary=None, **keys):
    endpoint = {"name": "chat", "team": "one", "model": "qwen3-4b", "pool": "l40s", "gpus": 1, **keys}
    tried = {"model": model, "percent": percent} if canary is None else canary
    description = {
        "name": "lab",
        "cluster": {"provider": "simulated"},
        "node_pools": [{"name": "l40s", "machine": "g6e.12xlarge", "max_nodes": 4}],
        "teams": [{"name": "one", "quota": {"l40s": {"gpus": {"nominal": nominal, "borrowing_limit": 0}}}}],
        "endpoints": [endpoint | ({"canary": tried} if tried else {})],
    }
    return make_plan(parse(description, subject="test"))


def refused(**keys):
    with pytest.raises(InvalidInput) as caught:
        planned(**keys)
    return {problem.path: problem.expected for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("least", "most", "percent", "replicas", "stable", "shares"),
    [
        (1, 1, 10, 1, 1, (50, 50)),
        (2, 2, 10, 1, 1, (50, 33)),
        (4, 6, 25, 1, 3, (25, 14)),
        (4, 4, 30, 2, 2, (50, 33)),
    ],
)
def test_the_share_is_said_as_whole_replicas_make_it(least, most, percent, replicas, stable, shares):
    plan = planned(percent, min_replicas=least, max_replicas=most)
    canary = plan.endpoints[0].canary
    assert (canary.replicas, canary.stable_replicas, canary.percent) == (replicas, stable, percent)
    assert (canary.share_percent, canary.share_percent_at_most_replicas) == shares


def test_a_canary_answers_to_the_name_that_callers_know():
    canary = planned().endpoints[0].canary
    assert canary.arguments[:2] == ("--model=Qwen/Qwen3-1.7B", "--served-model-name=qwen3-4b")


def test_another_canary_has_another_name_and_the_same_one_the_same():
    names = [planned(model=model).endpoints[0].canary.name for model in ("qwen3-1.7b", "qwen3-0.6b")]
    assert names[0] != names[1]
    assert planned(percent=20).endpoints[0].canary.name == names[0]


def test_its_replicas_are_paid_for_and_leave_less_room():
    alone, both = planned(canary={}), planned()
    two = planned(canary={}, min_replicas=2, max_replicas=2)
    assert both.endpoints[0].cost == two.endpoints[0].cost != alone.endpoints[0].cost
    assert alone.expected_nodes["l40s"] == both.expected_nodes["l40s"] == 1
    assert planned(min_replicas=4, max_replicas=4).expected_nodes["l40s"] == 1
    assert not planned(canary={}, nominal=2).endpoints[0].rollout.gap
    assert planned(nominal=2).endpoints[0].rollout.gap


def test_a_canary_needs_quota_beside_the_most_replicas():
    assert "the 1 that team one can own and borrow" in refused(nominal=1)["endpoints[0]"]
    assert planned(nominal=3, max_replicas=2).endpoints[0].most_replicas == 3


def test_what_a_canary_can_not_be_is_refused_where_it_stands():
    assert "model of the catalog" in refused(model="qwen3-17b")["endpoints[0].canary.model"]
    assert "what fits" in refused(model="llama-3.3-70b")["endpoints[0].canary.model"]
    assert "another model" in refused(model="qwen3-4b")["endpoints[0].canary"]
    weights = {"model": "qwen3-1.7b", "percent": 10, "weights": "/models/a"}
    assert "mounts" in refused(canary=weights)["endpoints[0].canary.weights"]
    for percent in (0, 51):
        assert list(refused(percent=percent)) == ["endpoints[0].canary.percent"]


@given(st.integers(1, 1000), st.integers(1, 50))
@examples(300)
def test_a_canary_has_at_least_its_share_of_a_number_that_grows_by_one_at_most(least, percent):
    canary = canary_replicas(least, percent)
    stable = stable_replicas(least, canary)
    assert 1 <= canary <= least
    assert 100 * canary >= percent * least > 100 * (canary - 1)
    assert canary + stable == (least if least > 1 else 2)

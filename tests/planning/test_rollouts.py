"""Whether quota and pool have room for one replica more, beside all that is described."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from ai_platform.environment import parse
from ai_platform.plan import make_plan
from ai_platform.serving.rollout import Spare
from tests.examples import examples

POOL = {"name": "l40s", "machine": "g6e.12xlarge", "max_nodes": 2}
"""Two nodes of four GPUs."""


def endpoint(name="chat", team="one", **keys):
    return {"name": name, "team": team, "model": "qwen3-4b", "pool": "l40s", "gpus": 1, **keys}


def team(name="one", nominal=1, limit=0, **keys):
    return {"name": name, "quota": {"l40s": {"gpus": {"nominal": nominal, "borrowing_limit": limit}}}, **keys}


def planned(*endpoints, teams, pools=(POOL,), jobs=()):
    description = {
        "name": "lab",
        "cluster": {"provider": "simulated"},
        "node_pools": list(pools),
        "teams": teams,
        "endpoints": list(endpoints),
        "training_jobs": list(jobs),
    }
    return make_plan(parse(copy.deepcopy(description), subject="test"))


def rollouts(*endpoints, **keys):
    return {item.name: item.rollout for item in planned(*endpoints, **keys).endpoints}


def spare(*endpoints, **keys):
    return rollouts(*endpoints, **keys)["chat"].spare


def test_a_device_of_the_teams_own_quota_is_spare():
    assert spare(endpoint(), teams=[team(nominal=2)]) is Spare.OWN
    assert spare(endpoint(), teams=[team(nominal=1)]) is Spare.NONE


def test_what_other_endpoints_of_the_team_may_grow_to_is_not_spare():
    beside = endpoint("other", max_replicas=2)
    assert spare(endpoint(), beside, teams=[team(nominal=3)]) is Spare.NONE
    assert spare(endpoint(), beside, teams=[team(nominal=4)]) is Spare.OWN


def test_what_a_described_run_takes_is_not_spare():
    job = {"name": "run", "team": "one", "pool": "l40s", "workers": 1, "gpus_per_worker": 1}
    job |= {"image": "train:1", "command": ["train"]}
    assert spare(endpoint(), teams=[team(nominal=2)], jobs=[job]) is Spare.NONE
    assert spare(endpoint(), teams=[team(nominal=3)], jobs=[job]) is Spare.OWN


def test_what_others_leave_idle_may_be_borrowed_as_far_as_the_limit_goes():
    idle = team("two", nominal=2)
    assert spare(endpoint(), teams=[team(nominal=1, limit=1), idle]) is Spare.LENT
    assert spare(endpoint(), teams=[team(nominal=1, limit=0), idle]) is Spare.NONE
    busy = endpoint("busy", team="two", min_replicas=2, max_replicas=2)
    assert spare(endpoint(), busy, teams=[team(nominal=1, limit=1), idle]) is Spare.NONE


def test_a_device_of_quota_is_no_device_of_the_pool():
    full = endpoint("full", team="two", min_replicas=7, max_replicas=7)
    promised = [team(nominal=2), team("two", nominal=7)]
    pool = POOL | {"overcommit_percent": 50}
    assert spare(endpoint(), full, teams=promised, pools=[pool]) is Spare.NONE
    assert spare(endpoint(), full, teams=promised, pools=[pool | {"max_nodes": 3}]) is Spare.OWN


def test_a_replica_needs_its_devices_on_one_node():
    run = {"name": "run", "team": "one", "pool": "l40s", "workers": 2, "gpus_per_worker": 3}
    run |= {"image": "train:1", "command": ["train"]}
    keys = {"teams": [team(nominal=12)], "pools": [POOL | {"max_nodes": 3}], "jobs": [run]}
    assert spare(endpoint(gpus=2), **keys) is Spare.OWN
    # Two GPUs are left in sum, one on each of two nodes.
    assert spare(endpoint(gpus=2, min_replicas=2, max_replicas=2), **keys) is Spare.NONE


def test_a_pool_to_fall_back_to_is_room():
    pools = [POOL | {"fall_back_to": ["spare"]}, {"name": "spare", "machine": "g6e.12xlarge"}]
    both = team(nominal=1)
    assert spare(endpoint(), teams=[both], pools=pools) is Spare.NONE
    both["quota"]["spare"] = {"gpus": {"nominal": 1}}
    assert spare(endpoint(), teams=[both], pools=pools) is Spare.OWN


def test_an_endpoint_that_has_grown_gives_up_one_replica_and_a_single_one_none():
    found = rollouts(endpoint(max_replicas=2), teams=[team(nominal=2)])["chat"]
    assert (found.max_surge, found.max_unavailable, found.gap) == (1, "50%", False)


TEAMS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=4)


@given(TEAMS, st.integers(1, 3))
@examples(60)
def test_room_is_what_quotas_leave_of_a_shared_pool(others, own):
    """In one cohort: a team's own rest first, else the rest of all as far as its limit goes."""
    teams = [team(nominal=own, limit=1)]
    served = [endpoint(min_replicas=own, max_replicas=own)]
    for index, (nominal, limit, wanted) in enumerate(others):
        teams.append(team(f"t{index}", nominal=nominal, limit=limit))
        used = min(wanted, nominal)
        if used:
            served.append(endpoint(f"e{index}", team=f"t{index}", min_replicas=used, max_replicas=used))
    left = sum(nominal - min(wanted, nominal) for nominal, _, wanted in others)
    found = rollouts(*served, teams=teams, pools=[POOL | {"max_nodes": 4}])["chat"]
    if own > 1:
        assert (found.spare, found.max_surge, found.gap) == (Spare.NONE, 0, False)
    else:
        assert found.spare is (Spare.LENT if left else Spare.NONE)
        assert found.gap is not bool(left)

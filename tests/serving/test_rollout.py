"""How the replicas of an endpoint are changed for others."""

from hypothesis import given
from hypothesis import strategies as st

from ai_platform.serving.rollout import Spare, deployment_strategy, rollout
from tests.examples import examples

REPLICAS = st.integers(1, 40)


def away(strategy, replicas):
    """Replicas that Kubernetes lets be away: shares are rounded down."""
    share = strategy["rollingUpdate"]["maxUnavailable"]
    return share if isinstance(share, int) else int(share.removesuffix("%")) * replicas // 100


def test_with_a_spare_device_one_more_comes_first():
    strategy = deployment_strategy(rollout(1, 1, own_up_to=1, lent_up_to=1))
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def test_without_one_the_only_replica_goes_first():
    found = rollout(1, 1, own_up_to=0, lent_up_to=0)
    assert found.gap
    assert deployment_strategy(found) == {"type": "Recreate"}


def test_without_one_several_replicas_go_one_at_a_time():
    found = rollout(3, 5, own_up_to=0, lent_up_to=0)
    assert not found.gap
    assert deployment_strategy(found)["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}


def test_several_replicas_do_not_wait_for_what_others_may_lend():
    assert rollout(2, 2, own_up_to=0, lent_up_to=2).max_surge == 0
    assert rollout(1, 1, own_up_to=0, lent_up_to=1).spare is Spare.LENT


@given(st.data(), REPLICAS, REPLICAS)
@examples(200)
def test_no_roll_out_waits_for_a_device_that_is_not_there_and_a_single_replica_that_can_stay_stays(
    data, one, other
):
    least, most = sorted((one, other))
    room = data.draw(st.sampled_from([0, *range(least, most + 1)]))
    found = rollout(least, most, own_up_to=room, lent_up_to=room)
    if found.gap:
        assert (least, room) == (1, 0)
        return
    strategy = deployment_strategy(found)
    for replicas in range(least, most + 1):
        if replicas > room:
            assert away(strategy, replicas) >= 1
        if replicas == 1:
            assert away(strategy, replicas) == 0
        assert away(strategy, replicas) < replicas

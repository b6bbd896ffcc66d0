"""Endpoints that name no device get the cheapest that fits."""

import copy
from pathlib import Path

import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.environment import parse
from ai_platform.marks import read_yaml
from ai_platform.plan import make_plan

LOCAL = read_yaml(Path(__file__).parents[2] / "stacks" / "local.yaml").data


def planned(change=lambda data: None, **endpoint):
    data = copy.deepcopy(LOCAL)
    data["endpoints"] = [
        {"name": "chat", "team": "assistants", "model": "qwen3-4b", "pool": "h100", **endpoint}
    ]
    change(data)
    return make_plan(parse(data, subject="test"))


def device(plan):
    (endpoint,) = plan.endpoints
    return endpoint.devices, endpoint.resource


def test_the_smallest_mig_device_is_taken_when_it_is_enough():
    assert device(planned(context_length=8192)) == (1, "nvidia.com/mig-2g.20gb")


def test_a_larger_need_takes_a_larger_device():
    assert device(planned(context_length=32768, concurrency=5)) == (1, "nvidia.com/mig-3g.40gb")
    assert device(planned(model="llama-3.3-70b", concurrency=8)) == (4, "nvidia.com/gpu")
    assert device(planned(model="llama-3.3-70b-fp8", concurrency=2)) == (2, "nvidia.com/gpu")


def test_only_devices_of_the_teams_quota_are_taken():
    """qwen3-0.6b fits a 1g.10gb device, of which the assistants have none."""
    assert device(planned(model="qwen3-0.6b"))[1] == "nvidia.com/mig-2g.20gb"
    assert device(planned(model="qwen3-0.6b", team="notebooks"))[1] == "nvidia.com/mig-1g.10gb"


def test_a_device_is_taken_of_which_the_quota_holds_all_replicas():
    """Two slices would be cheaper, but the team can only have one of them."""

    def one_slice(data):
        (team,) = [team for team in data["teams"] if team["name"] == "assistants"]
        team["quota"]["h100"]["2g.20gb"] = {"nominal": 1, "borrowing_limit": 0}
        team["quota"]["h100"]["3g.40gb"] = {"nominal": 0, "borrowing_limit": 0}

    one = planned(one_slice, context_length=8192, max_replicas=1)
    two = planned(one_slice, context_length=8192, max_replicas=2)
    assert (device(one), device(two)) == ((1, "nvidia.com/mig-2g.20gb"), (1, "nvidia.com/gpu"))
    canary = {"model": "qwen3-0.6b", "percent": 10}
    assert device(planned(one_slice, context_length=8192, max_replicas=1, canary=canary)) == device(two)
    with pytest.raises(InvalidInput, match="at most the 1 that team assistants can own and borrow"):
        planned(one_slice, context_length=8192, max_replicas=40)


def test_a_quota_of_nothing_that_may_borrow_nothing_offers_no_device():
    def nothing(data):
        (team,) = [team for team in data["teams"] if team["name"] == "assistants"]
        team["quota"]["h100"] = {"2g.20gb": {"nominal": 0, "borrowing_limit": 0}}

    with pytest.raises(InvalidInput, match="what h100 and assistants's quota there offer"):
        planned(nothing, context_length=8192)


def test_without_a_price_the_smallest_part_of_a_gpu_is_taken():
    def elsewhere(data):
        data["region"] = "eu-west-1"

    assert device(planned(elsewhere, context_length=8192)) == (1, "nvidia.com/mig-2g.20gb")


def test_the_plan_is_that_of_the_device_written_out():
    chosen = planned(context_length=8192)
    assert chosen.digest == planned(context_length=8192, mig_profile="2g.20gb").digest


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ({"model": "llama-3.1-405b"}, "each device lacks"),
        ({"context_length": 100_000}, "no device fits"),
        ({"gpus": 1, "mig_profile": "2g.20gb"}, "remove one of the two"),
        ({"model": "qwen4"}, "did you mean"),
    ],
)
def test_where_no_device_can_be_taken_it_is_said(endpoint, said):
    with pytest.raises(InvalidInput, match=said):
        planned(**endpoint)

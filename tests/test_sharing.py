"""Pools whose GPUs are offered several times over."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.environment import parse
from ai_platform.gpu.node_plan import plan_pool
from ai_platform.gpu.simulated_nodes import node_manifest
from ai_platform.gpu.spec import NodePoolSpec
from ai_platform.plan import Plan, make_plan

SHARED = "nvidia.com/gpu.shared"
POOL = {
    "name": "l4",
    "machine": "g6.12xlarge",
    "max_nodes": 2,
    "sharing": {"strategy": "time_slicing", "replicas": 5},
}


def planned(teams: list[dict[str, Any]], **pool: Any) -> Plan:
    described = {
        "name": "test",
        "cluster": {"provider": "simulated"},
        "node_pools": [POOL | pool],
        "teams": teams,
    }
    return make_plan(parse(described, subject="test"))


def test_a_gpu_offered_five_times_is_five_devices_and_no_whole_one():
    pool = plan_pool(NodePoolSpec.model_validate(POOL))
    assert pool.capacity[SHARED] == 2 * 4 * 5
    assert pool.capacity["nvidia.com/gpu"] == 0
    assert pool.gpus_per_device == {SHARED: Fraction(1, 5)}


def test_quotas_are_of_shared_gpus_and_cost_their_part():
    quota = {"l4": {"shared_gpus": {"nominal": 10}}}
    plan = planned([{"name": "a", "quota": quota}, {"name": "b", "weight": 1}])
    rows = {(team.name, row.resource): row.guaranteed for team in plan.teams for row in team.quotas}
    assert (rows["a", SHARED], rows["b", SHARED]) == (10, 30)
    costs = [team.guaranteed_cost.maximum for team in plan.teams]
    assert sum(costs) == plan.cost.maximum
    assert abs(costs[0] * 4 - plan.cost.maximum) < 1


def test_more_than_is_offered_and_whole_gpus_are_refused():
    for quota, expected in (
        ({"shared_gpus": {"nominal": 41}}, "40"),
        ({"gpus": {"nominal": 1}}, "shared_gpus"),
    ):
        with pytest.raises(InvalidInput, match=expected):
            planned([{"name": "a", "quota": {"l4": quota}}])


def test_sharing_and_mig_in_one_pool_are_refused():
    mig = [{"nodes": 1, "gpus": [{"count": 1, "devices": {"3g.40gb": 1}}]}]
    with pytest.raises(InvalidInput, match="whose GPUs stay whole"):
        planned([{"name": "a"}], machine="p5.48xlarge", mig=mig)


@pytest.mark.parametrize("machine", ["g6.12xlarge", "p5.48xlarge"])
def test_a_simulated_node_offers_them_under_the_name_and_labels_of_the_device_plugin(machine):
    pool = plan_pool(NodePoolSpec.model_validate(POOL | {"machine": machine}))
    metadata = node_manifest(pool, pool.nodes[0])["metadata"]
    assert (
        f'"{SHARED}": "{pool.gpus_per_node * 5}"'
        in metadata["annotations"]["simulated.ai-platform/resources"]
    )
    assert metadata["labels"]["nvidia.com/gpu.replicas"] == "5"
    assert metadata["labels"]["nvidia.com/gpu.sharing-strategy"] == "time-slicing"

"""Pools that work falls back to when its own pool is full."""

from __future__ import annotations

from typing import Any

import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.environment import parse
from ai_platform.gpu.training_job import TrainingJobArgs, job_manifest
from ai_platform.plan import make_plan
from ai_platform.serving.endpoint import EndpointArgs, inference_service_manifest

POOLS: list[dict[str, Any]] = [
    {"name": "reserved", "machine": "p5.48xlarge", "fall_back_to": ["spot"]},
    {"name": "spot", "machine": "p5.48xlarge", "purchase_option": "spot"},
    {"name": "small", "machine": "g6.12xlarge"},
]
TEAM = {"name": "lab", "weight": 1}
RUN = {
    "name": "run",
    "team": "lab",
    "pool": "reserved",
    "workers": 1,
    "image": "torch",
    "command": ["train"],
}
CHAT = {
    "name": "chat",
    "team": "lab",
    "model": "qwen3-4b",
    "pool": "reserved",
    "gpus": 1,
    "context_length": 4096,
    "concurrency": 1,
}


def planned(pools=POOLS):
    description = {
        "name": "test",
        "cluster": {"provider": "simulated"},
        "node_pools": pools,
        "teams": [TEAM],
        "endpoints": [CHAT],
        "training_jobs": [RUN],
    }
    return make_plan(parse(description, subject="test"))


def problems(pools):
    with pytest.raises(InvalidInput) as caught:
        planned(pools)
    return [(problem.path, problem.expected) for problem in caught.value.problems]


def pools_of(pod):
    term = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    return term["nodeSelectorTerms"][0]["matchExpressions"][0]["values"]


def test_runs_and_endpoints_may_use_the_pools_that_theirs_falls_back_to():
    plan = planned()
    run = job_manifest(TrainingJobArgs(**plan.training_jobs[0].model_dump()))
    chat = inference_service_manifest(EndpointArgs(**plan.endpoints[0].model_dump()))
    assert pools_of(run["spec"]["template"]["spec"]) == ["reserved", "spot"]
    assert pools_of(chat["spec"]["predictor"]) == ["reserved", "spot"]


def test_the_teams_queue_tries_the_pool_itself_first():
    assert [flavor.name for flavor in planned().teams[0].queue.flavors][:2] == ["reserved", "spot"]


def test_a_fall_back_that_kueue_would_try_first_is_refused():
    found = problems([POOLS[1], POOLS[0], POOLS[2]])
    expected = "pools in the order of the file, after this one: Kueue tries them so"
    assert found == [("node_pools[1].fall_back_to[0]", expected)]


def test_a_fall_back_to_another_machine_or_to_no_pool_is_refused():
    found = problems([{**POOLS[0], "fall_back_to": ["small", "gone"]}, *POOLS[1:]])
    assert [path for path, _ in found] == ["node_pools[0].fall_back_to[0]", "node_pools[0].fall_back_to[1]"]

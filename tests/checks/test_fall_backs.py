"""Pools that work falls back to when its own pool is full."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.environment import parse
from ai_platform.gpu.fall_backs import network_owners
from ai_platform.gpu.spec import NodePoolSpec
from ai_platform.gpu.training_job import TrainingJobArgs, job_manifest
from ai_platform.plan import make_plan
from ai_platform.platform_parts import make_pools
from ai_platform.serving.endpoint import EndpointArgs, inference_service_manifest
from ai_platform.testing import record
from tests.gpu.gcp.gke_pools import CLUSTER, POOL

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


GKE = {
    "provider": "gke",
    "project": "acme-ml",
    "kubernetes_version": "1.34",
    "zones": ["us-central1-a", "us-central1-b"],
}
MEGA = {"machine": "a3-megagpu-8g", "fabric": "tcpxo", "zones": ["us-central1-a"], "max_nodes": 2}
ULTRA = {**MEGA, "machine": "a3-ultragpu-8g", "fabric": "rdma"}


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


def on_gke(reserved, spot, **run):
    description = {
        "name": "test",
        "cluster": GKE,
        "region": "us-central1",
        "node_pools": [
            {**reserved, "name": "reserved", "fall_back_to": ["spot"]},
            {**spot, "name": "spot", "purchase_option": "spot"},
        ],
        "teams": [{**TEAM, "pod_security": "privileged"}],
        "training_jobs": [{**RUN, "workers": 2, "gpus_per_worker": 8, **run}],
    }
    return parse(description, subject="test")


def pools_made(environment):
    def named(resource):
        if resource.type.startswith("gcp:compute/"):
            return {"name": resource.name, "selfLink": f"link/{resource.name}"}
        return {}

    def program():
        make_pools("test", environment, CLUSTER, pulumi.ComponentResource("test:index:Pools", "pools"))

    return record(program, outputs=named)


def refused(environment):
    with pytest.raises(InvalidInput) as caught:
        make_plan(environment)
    return [(problem.path, problem.expected) for problem in caught.value.problems]


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


@pytest.mark.parametrize("machine", [MEGA, ULTRA])
def test_a_run_with_a_fabric_finds_the_same_networks_in_the_pool_that_it_falls_back_to(machine):
    plan = make_plan(on_gke(machine, machine))
    template = job_manifest(TrainingJobArgs(**plan.training_jobs[0].model_dump()))["spec"]["template"]
    assert pools_of(template["spec"]) == ["reserved", "spot"]
    entries = json.loads(template["metadata"]["annotations"]["networking.gke.io/interfaces"])
    asked = {entry["network"] for entry in entries} - {"default"}

    made = pools_made(on_gke(machine, machine))
    there = {
        item.inputs["metadata"]["name"]
        for item in made.resources
        if item.inputs.get("apiVersion") == "networking.gke.io/v1" and item.inputs["kind"] == "Network"
    }
    assert asked <= there
    here, beyond = (item.inputs["networkConfig"]["additionalNodeNetworkConfigs"] for item in made.of(POOL))
    assert here == beyond
    plugins = [item.name for item in made.resources if "nccl-" in item.name and "installer" in item.name]
    assert len(plugins) == 2


def test_a_run_that_starts_in_the_pool_that_others_fall_back_to_finds_them_too():
    plan = make_plan(on_gke(MEGA, MEGA, pool="spot"))
    annotations = plan.training_jobs[0].fabric.annotations
    assert "reserved-gpu-0" in annotations["networking.gke.io/interfaces"]


def test_a_pool_whose_networks_become_those_of_another_gets_another_name():
    def names(environment):
        found = [item.inputs["name"] for item in pools_made(environment).of(POOL)]
        return {name.rpartition("-")[0]: name for name in found}

    environment = on_gke(MEGA, MEGA)
    first, spot = environment.node_pools
    alone = environment.model_copy(
        update={"node_pools": [first.model_copy(update={"fall_back_to": []}), spot]}
    )
    before, after = names(alone), names(environment)
    assert before["reserved-nodes"] == after["reserved-nodes"]
    assert before["spot-nodes"] != after["spot-nodes"]


def test_a_fall_back_whose_nodes_lack_the_fabric_or_its_network_is_refused():
    without = {**MEGA, "fabric": "none"}
    assert refused(on_gke(MEGA, without)) == [
        (
            "node_pools[0].fall_back_to[0]",
            "a pool with fabric: tcpxo too, for which the work's pods are made",
        )
    ]
    make_plan(on_gke(without, MEGA))
    elsewhere = {**ULTRA, "zones": ["us-central1-b"]}
    assert refused(on_gke(ULTRA, elsewhere)) == [
        (
            "node_pools[0].fall_back_to[0]",
            "a pool in us-central1-a too: the network of fabric: rdma is in one zone",
        )
    ]
    make_plan(on_gke(MEGA, {**MEGA, "zones": ["us-central1-b"]}))


def test_pools_that_share_networks_share_those_of_the_first_of_them():
    def pool(name, *beyond, fabric="tcpxo"):
        keys = {"name": name, "machine": "a3-megagpu-8g", "fabric": fabric, "fall_back_to": list(beyond)}
        return NodePoolSpec.model_validate(keys)

    several = [pool("a", "d"), pool("b", "d"), pool("c"), pool("d"), pool("e", "f", fabric="none"), pool("f")]
    assert network_owners(several) == {"b": "a", "d": "a"}

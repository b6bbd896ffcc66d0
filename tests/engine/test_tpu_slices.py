"""Slices of TPUs on the simulated cluster: a run gets a whole slice, or waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ai_platform.components.manifest import is_true
from ai_platform.environment import parse
from ai_platform.local.api import Api, connect
from ai_platform.local.guard import down_afterwards
from ai_platform.local.waiting import wait_until
from ai_platform.platform import Platform
from ai_platform.testing import record
from tests.cluster_fixture import start

pytestmark = pytest.mark.engine

LIMIT_S = 900.0
RUNS = ("first", "second", "third")
NOT_ASKED_FOR = {"ClusterServingRuntime"}
BEFORE_OTHERS = (
    "Namespace",
    "Node",
    "Topology",
    "Cohort",
    "ResourceFlavor",
    "WorkloadPriorityClass",
    "ClusterQueue",
)
POOLS = [
    {"name": "v5e", "machine": "ct5lp-hightpu-4t", "tpu_topology": "4x4", "max_nodes": 8},
    {"name": "l4", "machine": "g2-standard-48"},
]
DESCRIPTION: dict[str, Any] = {
    "name": "slices",
    "cluster": {"provider": "simulated"},
    "node_pools": POOLS,
    "teams": [{"name": "lab", "weight": 1}],
    "training_jobs": [
        *(
            {
                "name": name,
                "team": "lab",
                "pool": "v5e",
                "workers": 4,
                "image": "busybox",
                "command": ["sleep"],
                "simulated_seconds": 86400,
            }
            for name in RUNS
        ),
        {
            "name": "on-gpus",
            "team": "lab",
            "pool": "l4",
            "workers": 1,
            "image": "busybox",
            "command": ["sleep"],
            "simulated_seconds": 86400,
        },
    ],
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    root = tmp_path_factory.mktemp("slices")
    with down_afterwards("slices", root):
        api = connect(start("slices", root).kubeconfig)
        environment = parse(DESCRIPTION, subject="slices")
        recording = record(lambda: Platform("slices", environment))
        objects = [
            item.inputs
            for item in recording.resources
            if item.type.startswith("kubernetes:") and item.inputs["kind"] not in NOT_ASKED_FOR
        ]
        for kind in BEFORE_OTHERS:
            for item in objects:
                if item["kind"] == kind:
                    api.apply(item)
        assert wait_until(
            lambda: all(is_true(node, "Ready") for node in api.list("v1", "Node")),
            limit_s=LIMIT_S,
            interval_s=0.5,
        )
        # The runs come last: their queue is there by then.
        for item in sorted(objects, key=lambda item: item["kind"] == "Job"):
            if item["kind"] not in BEFORE_OTHERS:
                api.apply(item)
        yield api


def nodes_of_runs(api: Api) -> dict[str, list[str]]:
    """The nodes on which pods of each run work."""
    found: dict[str, list[str]] = {}
    for pod in api.list("v1", "Pod", "lab"):
        name = pod["metadata"]["labels"].get("batch.kubernetes.io/job-name")
        if name and pod["status"].get("phase") == "Running" and pod["spec"].get("nodeName"):
            found.setdefault(name, []).append(pod["spec"]["nodeName"])
    return found


def waiting(api: Api) -> list[str]:
    return [
        job["metadata"]["name"] for job in api.list("batch/v1", "Job", "lab") if job["spec"].get("suspend")
    ]


def test_a_run_gets_a_slice_for_itself_and_what_finds_none_waits_whole(api: Api) -> None:
    def placed() -> bool:
        return sorted(map(len, nodes_of_runs(api).values())) == [1, 4, 4]

    wait_until(placed, limit_s=LIMIT_S, interval_s=0.5)
    runs = nodes_of_runs(api)
    slices = {
        node["metadata"]["name"]: node["metadata"]["labels"].get("cloud.google.com/gke-nodepool")
        for node in api.list("v1", "Node")
    }
    on_gpus = runs.pop("on-gpus")
    assert on_gpus == ["l4-0"]
    assert sorted(len(set(nodes)) for nodes in runs.values()) == [4, 4]
    used = [{slices[node] for node in nodes} for nodes in runs.values()]
    assert sorted(map(sorted, used)) == [["v5e-nodes"], ["v5e-nodes-1"]]
    assert waiting(api) == sorted(set(RUNS) - runs.keys())


def test_the_run_that_waits_gets_the_slice_of_one_that_ends(api: Api) -> None:
    [last] = waiting(api)
    gone = next(name for name in RUNS if name != last)
    freed = set(nodes_of_runs(api)[gone])
    api.delete("batch/v1", "Job", gone, "lab")
    wait_until(lambda: len(nodes_of_runs(api).get(last, [])) == 4, limit_s=LIMIT_S, interval_s=0.5)
    assert set(nodes_of_runs(api)[last]) == freed

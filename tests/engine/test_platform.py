"""The whole platform, brought up by the real command on a simulated cluster of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.utils.quantity import parse_quantity

from ai_platform.components.team_queue import KUEUE
from ai_platform.gpu.training_job import TrainingJobArgs, job_manifest
from ai_platform.local.api import Api, Manifest, connect
from ai_platform.local.guard import down_afterwards
from ai_platform.local.waiting import wait_until

pytestmark = pytest.mark.engine

ROOT = Path(__file__).resolve().parents[2]
NAME = "e2e"
LIMIT_S = 900.0
UP_LIMIT_S = 1800.0
LAYOUT = [{"count": 2, "devices": {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1}}]


def description() -> dict[str, Any]:
    """Two teams that lend each other 8 L40S; one of them serves on H100."""
    shared = {"gpus": {"nominal": 4}}
    return {
        "name": NAME,
        # vLLM publishes tags.
        "gates": {"levels": {"images-by-digest": "advisory"}},
        "cluster": {"provider": "simulated"},
        "node_pools": [
            {
                "name": "h100",
                "machine": "p5.48xlarge",
                "max_nodes": 2,
                "mig": [{"nodes": 1, "gpus": LAYOUT}],
            },
            {"name": "l40s", "machine": "g6e.12xlarge", "max_nodes": 2},
            {"name": "spare", "machine": "p5.48xlarge", "purchase_option": "spot"},
        ],
        "teams": [
            {
                "name": "owners",
                "quota": {
                    "h100": {"gpus": {"nominal": 2}, "2g.20gb": {"nominal": 2}, "1g.10gb": {"nominal": 4}},
                    "l40s": shared,
                    "spare": {"gpus": {"nominal": 2}},
                },
            },
            {"name": "borrowers", "quota": {"l40s": shared}},
        ],
        "endpoints": [endpoint("chat", mig_profile="2g.20gb")],
    }


def endpoint(name: str, **device: Any) -> dict[str, Any]:
    return {
        "name": name,
        "team": "owners",
        "model": "qwen3-4b",
        "pool": "h100",
        "context_length": 16384,
        "concurrency": 2,
        **device,
    }


@dataclass(frozen=True)
class Project:
    """A checkout with one description, and the command in it."""

    root: Path

    @property
    def api(self) -> Api:
        return connect(self.root / ".ai-platform" / "clusters" / NAME / "kubeconfig")

    def describe(self, content: Mapping[str, Any]) -> None:
        (self.root / "stacks" / f"{NAME}.yaml").write_text(yaml.safe_dump(content))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.prefix) / "bin" / "ai-platform"), *arguments]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, timeout=UP_LIMIT_S)

    def answer(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def up(self) -> str:
        return self.answer("up", NAME)

    def plan(self) -> Any:
        return json.loads(self.answer("plan", NAME, "--json"))


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "stacks", root / "stacks", ignore=shutil.ignore_patterns("*.yaml", "__pycache__"))
    settings = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    settings["runtime"]["options"]["virtualenv"] = sys.prefix
    (root / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
    project = Project(root)
    project.describe(description())
    with down_afterwards(NAME, root / ".ai-platform" / "clusters"):
        project.up()
        yield project


def until(holds: Callable[[], bool], what: str) -> None:
    assert wait_until(holds, limit_s=LIMIT_S, interval_s=0.2), f"not within {LIMIT_S} s: {what}"


def condition(item: Manifest, kind: str) -> Mapping[str, Any]:
    conditions = (item.get("status") or {}).get("conditions") or []
    return next((entry for entry in conditions if entry["type"] == kind), {"status": "absent"})


def gang(
    name: str,
    team: str,
    workers: int,
    *,
    pool: str = "l40s",
    fall_back_to: tuple[str, ...] = (),
    priority: str = "training",
) -> TrainingJobArgs:
    return TrainingJobArgs(
        fall_back_to=fall_back_to,
        priority=priority,
        name=name,
        team=team,
        namespace=team,
        pool=pool,
        workers=workers,
        gpus_per_worker=1,
        cpu=1,
        memory_gib=1,
        image="work",
        command=("train",),
        simulated_seconds=36000,
    )


def workload(api: Api, job: TrainingJobArgs) -> Manifest:
    """Kueue's view of a Job; empty before there is one."""
    for item in api.list(KUEUE, "Workload", job.namespace):
        owners = item["metadata"].get("ownerReferences", [])
        if any(owner["kind"] == "Job" and owner["name"] == job.name for owner in owners):
            return item
    return {}


def pods(api: Api, job: TrainingJobArgs) -> list[Manifest]:
    return api.list("v1", "Pod", job.namespace, labels=f"batch.kubernetes.io/job-name={job.name}")


def running(api: Api, job: TrainingJobArgs) -> int:
    return sum(pod["status"].get("phase") == "Running" for pod in pods(api, job))


def finish(api: Api, job: TrainingJobArgs) -> None:
    """Lets a run that is whole complete now, which else takes longer than any test."""
    change = {"metadata": {"annotations": {"simulated.ai-platform/runs-for": "0s"}}}
    for pod in pods(api, job):
        api.patch("v1", "Pod", pod["metadata"]["name"], change, job.namespace)


def job_of(api: Api, job: TrainingJobArgs) -> Manifest:
    found = api.get("batch/v1", "Job", job.name, job.namespace)
    assert found
    return found


@contextmanager
def removed_afterwards(api: Api, jobs: Sequence[TrainingJobArgs]) -> Iterator[None]:
    try:
        yield
    finally:
        for job in jobs:
            api.delete("batch/v1", "Job", job.name, job.namespace)
        for job in jobs:
            until(lambda job=job: not pods(api, job) and not workload(api, job), f"{job.name} is gone")  # type: ignore[misc]


def test_after_up_every_endpoint_is_ready_by_kserves_own_word(platform: Project):
    services = platform.api.list("serving.kserve.io/v1beta1", "InferenceService")
    found = {item["metadata"]["name"]: condition(item, "Ready")["status"] for item in services}
    assert found == {"chat": "True"}


def test_an_endpoint_takes_the_place_of_a_training_run_of_its_team(platform: Project):
    api = platform.api
    trained = gang("trained", "owners", 2, pool="h100")
    with removed_afterwards(api, [trained]):
        api.apply(job_manifest(trained))
        until(lambda: running(api, trained) == 2, "the whole GPUs of owners are in use")
        crowded = description()
        crowded["endpoints"].append(endpoint("late", gpus=1))
        platform.describe(crowded)
        try:
            platform.up()
            until(
                lambda: (
                    condition(workload(api, trained), "Preempted")["status"] == "True"
                    and running(api, trained) == 0
                ),
                "the run has made room",
            )
        finally:
            platform.describe(description())
            platform.up()
        until(lambda: running(api, trained) == 2, "the run has its GPUs back")


def test_up_ends_with_the_endpoint_that_is_not_admitted_and_why(platform: Project):
    api = platform.api
    hog = gang("hog", "owners", 2, pool="h100", priority="serving")
    with removed_afterwards(api, [hog]):
        api.apply(job_manifest(hog))
        until(lambda: running(api, hog) == 2, "the whole GPUs of owners are in use")
        crowded = description()
        crowded["endpoints"].append(endpoint("late", gpus=1, ready_within_seconds=30))
        platform.describe(crowded)
        try:
            done = platform.run("up", NAME)
        finally:
            platform.describe(description())
            platform.up()
    assert done.returncode == 1, done.stdout + done.stderr
    _, _, why = done.stderr.partition("error: 1 of 2 endpoints not as described:\n")
    late, pod = why.splitlines()
    assert late.startswith("  owners/late: its model: 1 of 1 replicas as described, 0 Ready")
    assert "Kueue: " in pod
    assert "nvidia.com/gpu" in pod
    assert "h100" in pod


def test_a_run_goes_where_its_pool_falls_back_to_only_when_the_pool_is_full(platform: Project):
    api = platform.api
    first, second = (
        gang(name, "owners", 2, pool="h100", fall_back_to=("spare",)) for name in ("first", "second")
    )
    with removed_afterwards(api, [first, second]):
        for job, pool in ((first, "h100"), (second, "spare")):
            api.apply(job_manifest(job))
            until(lambda job=job: running(api, job) == 2, f"{job.name} runs")  # type: ignore[misc]
            assert {pod["spec"]["nodeName"].rpartition("-")[0] for pod in pods(api, job)} == {pool}


def test_two_gangs_beyond_quota_run_one_after_the_other_each_whole(platform: Project):
    api = platform.api
    first, second = gang("first", "borrowers", 6), gang("second", "borrowers", 6)
    with removed_afterwards(api, [first, second]):
        api.apply(job_manifest(first))
        until(lambda: running(api, first) == 6, "the first gang runs whole")
        api.apply(job_manifest(second))
        until(
            lambda: condition(workload(api, second), "QuotaReserved")["status"] == "False",
            "Kueue lets the second gang wait",
        )
        finish(api, first)

        def second_runs_whole() -> bool:
            # In this order: what was there before the first Job was read is explained by it.
            there = pods(api, second)
            if there:
                assert job_of(api, first)["status"].get("succeeded"), (
                    "the second gang started beside the first"
                )
                assert condition(workload(api, second), "Admitted")["status"] == "True"
            return running(api, second) == 6

        until(second_runs_whole, "the second gang runs whole")
        finish(api, second)
        for job in (first, second):
            until(lambda job=job: condition(job_of(api, job), "Complete")["status"] == "True", job.name)  # type: ignore[misc]
            assert job_of(api, job)["status"]["succeeded"] == 6


def test_a_team_borrows_what_idles_and_gives_it_back(platform: Project):
    api = platform.api
    borrower, owner = gang("borrower", "borrowers", 8), gang("owner", "owners", 4)
    with removed_afterwards(api, [borrower, owner]):
        api.apply(job_manifest(borrower))
        until(lambda: running(api, borrower) == 8, "a gang runs on the team's own 4 and 4 borrowed GPUs")

        api.apply(job_manifest(owner))

        until(lambda: running(api, owner) == 4, "the owner has its GPUs back")
        assert condition(workload(api, owner), "Admitted")["status"] == "True"
        evicted = condition(workload(api, borrower), "Evicted")
        assert (evicted["status"], evicted["reason"]) == ("True", "Preempted")
        until(lambda: running(api, borrower) == 0, "no part of the borrower's gang goes on")


def devices(node: Manifest) -> dict[str, int]:
    found = node["status"]["allocatable"]
    return {name: int(count) for name, count in found.items() if name.startswith("nvidia.com/")}


def nodes_of(api: Api) -> dict[str, Manifest]:
    return {item["metadata"]["name"]: item for item in api.list("v1", "Node")}


def quotas(groups: Any) -> dict[tuple[str, str], Any]:
    return {
        (flavor["name"], resource["name"]): parse_quantity(
            resource.get("nominalQuota", resource.get("nominal_quota"))
        )
        for group in groups
        for flavor in group["flavors"]
        for resource in flavor["resources"]
    }


def assert_all_agree(platform: Project) -> None:
    """The plan, the nodes, the queues and the engine say the same."""
    plan, api = platform.plan(), platform.api
    nodes = nodes_of(api)
    for node in (node for pool in plan["pools"] for node in pool["nodes"]):
        offered = devices(nodes[node["name"]])
        # A resource that a node never had is not in its list; one that it lost is there with 0.
        assert {k: v for k, v in offered.items() if v} == {k: v for k, v in node["resources"].items() if v}
    for team in plan["teams"]:
        queue = api.get(KUEUE, "ClusterQueue", team["name"])
        assert queue
        assert quotas(queue["spec"]["resourceGroups"]) == quotas([team["queue"]])
    preview = platform.run("preview", NAME)
    assert "preview: nothing would change" in preview.stdout, preview.stderr
    assert "nothing changed" in platform.up()


def test_a_changed_layout_of_one_node_moves_capacity_there_alone(platform: Project):
    assert_all_agree(platform)
    before, plan_before = nodes_of(platform.api), platform.plan()
    changed = description()
    changed["node_pools"][0]["mig"].append(
        {
            "nodes": 1,
            "gpus": [{"count": 1, "devices": {"1g.10gb": 7}}, {"count": 1, "devices": {"3g.40gb": 2}}],
        }
    )
    changed["teams"][0]["quota"]["h100"]["1g.10gb"]["nominal"] = 11
    changed["teams"][1]["quota"]["h100"] = {"3g.40gb": {"nominal": 4}}
    platform.describe(changed)
    try:
        platform.up()

        after, plan_after = nodes_of(platform.api), platform.plan()
        assert plan_after["digest"] != plan_before["digest"]
        assert {name: item["metadata"]["uid"] for name, item in after.items()} == {
            name: item["metadata"]["uid"] for name, item in before.items()
        }
        assert {name for name in after if devices(after[name]) != devices(before[name])} == {"h100-1"}
        labels = {name: item["metadata"]["labels"] for name, item in after.items()}
        assert {name for name in after if labels[name] != before[name]["metadata"]["labels"]} == {"h100-1"}
        offered = {name: count for name, count in devices(after["h100-1"]).items() if count}
        assert offered == {"nvidia.com/gpu": 6, "nvidia.com/mig-1g.10gb": 7, "nvidia.com/mig-3g.40gb": 2}
        assert_all_agree(platform)
    finally:
        platform.describe(description())
        platform.up()
    assert {name: devices(node) for name, node in nodes_of(platform.api).items()}.keys() == before.keys()

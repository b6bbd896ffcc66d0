"""What the plan of a random environment promises is what scheduler, Kueue and MIG stages let run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from ai_platform.components.manifest import is_true
from ai_platform.components.node_labels import POOL_LABEL
from ai_platform.gpu.training_job import TrainingJobArgs, job_manifest
from ai_platform.local.api import Api, Manifest, connect
from ai_platform.local.guard import down_afterwards
from ai_platform.local.waiting import wait_until
from ai_platform.plan import Plan
from ai_platform.planning.endpoints import host_part
from ai_platform.platform import Platform
from ai_platform.testing import record
from tests.cluster_fixture import start
from tests.engine.random_environments import environments

pytestmark = pytest.mark.engine

ENVIRONMENTS = 50
LIMIT_S = 1200.0
MIG_STATE = "nvidia.com/mig.config.state"
WORKLOADS = "kueue.x-k8s.io/v1beta2"
PROMISE = "promise"
GUARANTEED, BEYOND, ALONE = "guaranteed", "beyond", "alone"
BEFORE_OTHERS = (
    "Namespace",
    "Node",
    "Topology",
    "Cohort",
    "ResourceFlavor",
    "WorkloadPriorityClass",
    "ClusterQueue",
)
NOT_ASKED_FOR = {"ClusterServingRuntime"}

Place = tuple[str, str, str]
"""Team, pool and Kubernetes resource."""


@dataclass(frozen=True)
class Promise:
    """What a team may use of one resource of a pool."""

    place: Place
    cpu: int
    memory_gib: int
    guaranteed: int
    alone: int
    """With what it can borrow while all others are idle."""

    def job(self, name: str, kind: str) -> Manifest:
        team, pool, resource = self.place
        arguments = TrainingJobArgs(
            name=name,
            team=team,
            namespace=team,
            pool=pool,
            workers=1,
            gpus_per_worker=1,
            cpu=self.cpu,
            memory_gib=self.memory_gib,
            image="busybox",
            command=("sleep",),
            simulated_seconds=86400,
        )
        manifest = job_manifest(arguments)
        wanted = {"cpu": str(self.cpu), "memory": f"{self.memory_gib}Gi", resource: "1"}
        template = manifest["spec"]["template"]
        template["spec"]["containers"][0]["resources"] = {"requests": wanted, "limits": wanted}
        labels = {PROMISE: kind, "of-pool": pool, "of-resource": resource.rpartition("/")[2]}
        template["metadata"]["labels"] |= labels
        manifest["metadata"]["labels"] |= labels
        return manifest


@dataclass(frozen=True)
class Platforms:
    """All environments on one cluster, which holds nothing else."""

    api: Api
    plans: tuple[Plan, ...]
    promises: tuple[Promise, ...]

    def submit(self, wanted: Iterable[tuple[Promise, int]], kind: str) -> int:
        jobs = [
            promise.job(f"{kind}-{promise.place[1]}-{short(promise.place[2])}-{index}", kind)
            for promise, count in wanted
            for index in range(count)
        ]
        each(self.api.apply, jobs)
        return len(jobs)

    def running(self, kind: str = "") -> Counter[Place]:
        """Pods on nodes that the kubelet calls running."""
        selector = f"{PROMISE}={kind}" if kind else PROMISE
        return Counter(
            (pod["metadata"]["namespace"], labels["of-pool"], labels["of-resource"])
            for pod in self.api.list("v1", "Pod", labels=selector)
            if pod["status"].get("phase") == "Running" and pod["spec"].get("nodeName")
            for labels in [pod["metadata"]["labels"]]
        )

    def turned_away(self) -> int:
        """Workloads that Kueue looked at and has no quota for."""
        return sum(
            any(entry["type"] == "QuotaReserved" and entry["status"] == "False" for entry in conditions)
            for load in self.api.list(WORKLOADS, "Workload")
            for conditions in [load.get("status", {}).get("conditions", [])]
        )

    def clear(self) -> None:
        jobs = [job["metadata"] for job in self.api.list("batch/v1", "Job", labels=PROMISE)]
        each(lambda job: self.api.delete("batch/v1", "Job", job["name"], job["namespace"]), jobs)
        assert wait_until(lambda: not self.api.list(WORKLOADS, "Workload"), limit_s=LIMIT_S, interval_s=0.5)
        gone = partial(self.api.list, "v1", "Pod", labels=PROMISE)
        assert wait_until(lambda: not gone(), limit_s=LIMIT_S, interval_s=0.5)


def short(resource: str) -> str:
    return resource.rpartition("/")[2].replace(".", "-")


def each(action: Callable[[Any], object], items: Iterable[Any]) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(action, items))


def objects_of(environment: Any) -> list[Manifest]:
    recording = record(lambda: Platform(environment.name, environment))
    found = [r.inputs for r in recording.resources if r.type.startswith("kubernetes:")]
    return [item for item in found if item["kind"] not in NOT_ASKED_FOR]


def promises_of(plan: Plan) -> Iterator[Promise]:
    pools = {pool.name: pool for pool in plan.pools}
    for team in plan.teams:
        for row in team.quotas:
            pool = pools[row.pool]
            if row.resource in pool.gpus_per_device:
                cpu, memory_gib = host_part(pool, pool.gpus_per_device[row.resource])
                yield Promise(
                    (team.name, row.pool, row.resource),
                    cpu,
                    memory_gib,
                    row.guaranteed,
                    row.guaranteed + row.borrowable,
                )


def is_laid_out(node: Manifest) -> bool:
    labels: Mapping[str, str] = node["metadata"]["labels"]
    # Of a node that came a moment ago the MIG manager says nothing yet.
    return is_true(node, "Ready") and (
        "nvidia.com/mig.config" not in labels or labels.get(MIG_STATE) == "success"
    )


@pytest.fixture(scope="module")
def platforms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platforms]:
    root = tmp_path_factory.mktemp("agreement")
    with down_afterwards("agreement", root):
        api = connect(start("agreement", root).kubeconfig)
        made = list(environments(ENVIRONMENTS))
        objects = [item for environment, _ in made for item in objects_of(environment)]
        for kind in BEFORE_OTHERS:
            each(api.apply, [item for item in objects if item["kind"] == kind])
        each(api.apply, [item for item in objects if item["kind"] not in BEFORE_OTHERS])
        assert wait_until(
            lambda: all(map(is_laid_out, api.list("v1", "Node"))), limit_s=LIMIT_S, interval_s=0.5
        )
        plans = tuple(plan for _, plan in made)
        yield Platforms(api, plans, tuple(promise for _, plan in made for promise in promises_of(plan)))


def counted(wanted: Iterable[tuple[Promise, int]]) -> Counter[Place]:
    return Counter(
        {
            (team, pool, resource.rpartition("/")[2]): count
            for promise, count in wanted
            for team, pool, resource in [promise.place]
            if count
        }
    )


def test_most_environments_have_mig_and_each_kind_of_promise_is_made(platforms: Platforms) -> None:
    plans = platforms.plans
    cut = [plan for plan in plans if any("mig-" in key for pool in plan.pools for key in pool.capacity)]
    assert len(plans) == ENVIRONMENTS
    assert len(cut) >= ENVIRONMENTS * 2 // 3
    assert sum(any(pool.packing for pool in plan.pools) for plan in plans) >= ENVIRONMENTS // 4
    assert sum(
        "mig-" in promise.place[2] and promise.alone > promise.guaranteed for promise in platforms.promises
    )


def test_nodes_offer_the_devices_of_the_plan_and_not_one_more(platforms: Platforms) -> None:
    offered: Counter[tuple[str, str]] = Counter()
    for node in platforms.api.list("v1", "Node"):
        pool = node["metadata"]["labels"].get(POOL_LABEL)
        for resource, count in node["status"]["allocatable"].items():
            if resource.startswith("nvidia.com/") and pool:
                offered[pool, resource] += int(count)
    planned = {
        (pool.name, resource): count
        for plan in platforms.plans
        for pool in plan.pools
        for resource, count in pool.capacity.items()
        if resource.startswith("nvidia.com/") and count
    }
    assert +offered == planned


def test_all_guaranteed_devices_run_at_once_and_not_one_more(platforms: Platforms) -> None:
    guaranteed = [(promise, promise.guaranteed) for promise in platforms.promises]
    platforms.submit(guaranteed, GUARANTEED)
    expected = counted(guaranteed)
    wait_until(lambda: platforms.running() == expected, limit_s=LIMIT_S, interval_s=1)
    assert platforms.running() == expected

    more = platforms.submit([(promise, 1) for promise in platforms.promises], BEYOND)
    wait_until(lambda: platforms.turned_away() == more, limit_s=LIMIT_S, interval_s=1)
    assert platforms.turned_away() == more
    assert platforms.running() == expected
    platforms.clear()


def test_a_team_alone_gets_what_it_owns_and_may_borrow_and_not_one_more(platforms: Platforms) -> None:
    chosen: dict[tuple[str, str], Promise] = {}
    for promise in platforms.promises:
        at = promise.place[1:]
        # Of each resource another team: the first, the second or the third that has a quota of it.
        if at not in chosen or (promise.alone + len(at[0])) % 2:
            chosen[at] = promise
    allowed = [(promise, promise.alone) for promise in chosen.values()]
    asked = platforms.submit([(promise, count + 1) for promise, count in allowed], ALONE)
    expected = counted(allowed)
    turned_away = asked - expected.total()
    wait_until(
        lambda: platforms.running() == expected and platforms.turned_away() == turned_away,
        limit_s=LIMIT_S,
        interval_s=1,
    )
    assert platforms.running() == expected
    assert platforms.turned_away() == turned_away
    platforms.clear()

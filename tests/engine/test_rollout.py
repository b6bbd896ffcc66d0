"""Changes of endpoints that run, made by the real command on a simulated cluster."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import yaml

from ai_platform.gpu.training_job import job_manifest
from ai_platform.local.api import Manifest
from ai_platform.local.guard import down_afterwards
from tests.engine.test_platform import (
    NAME,
    ROOT,
    Project,
    condition,
    gang,
    removed_afterwards,
    running,
    until,
)

pytestmark = pytest.mark.engine


def description(*endpoints: dict[str, Any], gpus: int = 1) -> dict[str, Any]:
    """One team with a few of the GPUs of one node."""
    return {
        "name": NAME,
        "cluster": {"provider": "simulated"},
        "node_pools": [{"name": "l40s", "machine": "g6e.12xlarge"}],
        "teams": [{"name": "owners", "quota": {"l40s": {"gpus": {"nominal": gpus, "borrowing_limit": 0}}}}],
        "endpoints": list(endpoints),
    }


def endpoint(name: str = "chat", **settings: Any) -> dict[str, Any]:
    return {
        "name": name,
        "team": "owners",
        "model": "qwen3-4b",
        "pool": "l40s",
        "gpus": 1,
        "ready_within_seconds": 300,
        **settings,
    }


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    root = tmp_path_factory.mktemp("rollout")
    shutil.copytree(ROOT / "stacks", root / "stacks", ignore=shutil.ignore_patterns("*.yaml", "__pycache__"))
    settings = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    settings["runtime"]["options"]["virtualenv"] = sys.prefix
    (root / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
    project = Project(root)
    with down_afterwards(NAME, root / ".ai-platform" / "clusters"):
        yield project


def pods(platform: Project) -> list[Manifest]:
    """Pods of the team that no one has told to go."""
    found = platform.api.list("v1", "Pod", "owners")
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def uids(platform: Project) -> set[str]:
    return {pod["metadata"]["uid"] for pod in pods(platform)}


def serves(platform: Project, model: str) -> bool:
    """Whether one Ready pod of the model is there, and no other."""
    found = pods(platform)
    return len(found) == 1 and all(
        any(model in argument for argument in pod["spec"]["containers"][0]["args"])
        and condition(pod, "Ready")["status"] == "True"
        for pod in found
    )


def strategy(platform: Project) -> Any:
    deployment = platform.api.get("apps/v1", "Deployment", "chat-predictor", "owners")
    assert deployment
    return deployment["spec"]["strategy"]


def test_an_endpoint_that_uses_all_of_its_quota_takes_another_model(platform: Project):
    platform.describe(description(endpoint()))
    platform.up()
    platform.describe(description(endpoint(model="qwen3-1.7b")))
    platform.up()
    assert serves(platform, "Qwen3-1.7B")
    assert strategy(platform) == {"type": "Recreate"}


def test_an_endpoint_takes_the_last_device_of_one_that_goes(platform: Project):
    platform.describe(description(endpoint()))
    platform.up()
    platform.describe(description(endpoint("other", model="qwen3-1.7b")))
    platform.up()
    assert serves(platform, "Qwen3-1.7B")


def test_another_strategy_alone_restarts_nothing(platform: Project):
    platform.describe(description(endpoint()))
    platform.up()
    before = uids(platform)
    platform.describe(description(endpoint(), gpus=2))
    platform.up()
    until(
        lambda: (
            strategy(platform)
            == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
        ),
        "the Deployment has the new strategy",
    )
    assert uids(platform) == before
    assert "nothing changed" in platform.up()
    assert uids(platform) == before


def test_up_ends_once_the_new_model_alone_serves(platform: Project):
    platform.describe(description(endpoint(), gpus=2))
    platform.up()
    platform.describe(description(endpoint(model="qwen3-1.7b"), gpus=2))
    platform.up()
    assert serves(platform, "Qwen3-1.7B")
    before = uids(platform)
    assert "nothing changed" in platform.up()
    assert uids(platform) == before


def test_labels_and_evidence_of_an_endpoint_restart_its_pods(platform: Project):
    evaluation = {"report": "s3://evaluations/chat.json", "sha256": "a" * 64, "date": "2026-11-02"}
    shown = description(endpoint(), gpus=2)
    platform.describe(shown)
    platform.up()
    shown["teams"][0]["cost_center"] = "4200"
    for settings in ({}, {"evaluation": evaluation}):
        before = uids(platform)
        shown["endpoints"] = [endpoint(**settings)]
        platform.describe(shown)
        platform.up()
        assert serves(platform, "Qwen3-4B")
        assert not uids(platform) & before


def test_up_fails_with_the_reason_while_a_borrowed_device_is_not_there_and_the_old_model_answers(
    platform: Project,
):
    lenders = {"name": "lenders", "quota": {"l40s": {"gpus": {"nominal": 1}}}}

    def describe(**settings: Any) -> None:
        both = description(endpoint(**settings))
        both["teams"][0]["quota"]["l40s"]["gpus"]["borrowing_limit"] = 1
        platform.describe(both | {"teams": [*both["teams"], lenders]})

    describe()
    platform.up()
    job = gang("theirs", "lenders", 1)
    with removed_afterwards(platform.api, [job]):
        platform.api.apply(job_manifest(job))
        until(lambda: running(platform.api, job) == 1, "the lenders use what is theirs")
        describe(model="qwen3-1.7b", ready_within_seconds=20)
        for _ in range(2):
            why = fails(platform, "up")
            assert "owners/chat: its model: 1 of 1 replicas as described, 1 Ready, 1 old left" in why
            assert "Kueue: couldn't assign flavors" in why
            assert "nvidia.com/gpu in flavor l40s" in why
        until(lambda: behind(platform, "chat") == {"Qwen3-4B"}, "the old model answers")
    describe(model="qwen3-1.7b")
    platform.answer("wait", NAME)
    assert serves(platform, "Qwen3-1.7B")


def fails(platform: Project, command: str) -> str:
    """What a command says of endpoints that do not arrive, with which it ends."""
    done = platform.run(command, NAME)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr.partition("error: 1 of 1 endpoints not as described:\n")[2]


@contextmanager
def nothing_starts(platform: Project) -> Iterator[None]:
    """Without a kubelet for a while that starts pods."""

    def play(labels: dict[str, str] | None) -> None:
        change = {"spec": {"selector": {"matchLabels": labels}}}
        platform.api.patch("kwok.x-k8s.io/v1alpha1", "Stage", "simulated-pod-ready", change)

    play({"nobody": "has-this"})
    try:
        yield
    finally:
        play(None)


def say(platform: Project, pod: Manifest, containers: list[dict[str, Any]]) -> None:
    """What a kubelet says of a pod's containers."""
    path = f"/api/v1/namespaces/owners/pods/{pod['metadata']['name']}/status"
    said = {"status": {"containerStatuses": containers}}
    platform.api.send("PATCH", path, said, content_type="application/merge-patch+json")


def deployment(platform: Project, name: str) -> Manifest:
    found = platform.api.get("apps/v1", "Deployment", name, "owners")
    assert found, name
    return found


def names(platform: Project, kind: str, api_version: str) -> set[str]:
    return {item["metadata"]["name"] for item in platform.api.list(api_version, kind, "owners")}


def behind(platform: Project, service: str) -> set[str]:
    """The models of the pods that a Service sends connections to."""
    slices = platform.api.list(
        "discovery.k8s.io/v1", "EndpointSlice", "owners", labels=f"kubernetes.io/service-name={service}"
    )
    ready = {
        end["targetRef"]["name"]
        for item in slices
        for end in item.get("endpoints") or []
        if end["conditions"]["ready"]
    }
    return {
        pod["spec"]["containers"][0]["args"][0].rpartition("/")[2]
        for pod in pods(platform)
        if pod["metadata"]["name"] in ready
    }


def canary_name(platform: Project) -> str:
    (served,) = platform.plan()["endpoints"]
    return f"chat-{served['canary']['name']}-predictor"


def test_a_canary_answers_beside_the_endpoint_and_can_be_changed_and_promoted(platform: Project):
    both = {"Qwen3-4B", "Qwen3-1.7B"}
    platform.describe(description(endpoint(), gpus=2))
    platform.up()
    stable = uids(platform)

    platform.describe(description(endpoint(canary={"model": "qwen3-1.7b", "percent": 10}), gpus=2))
    platform.up()
    until(lambda: behind(platform, "chat") == both, "one address leads to both models")
    assert stable < uids(platform), "the endpoint's own pod stays"
    assert behind(platform, "chat-predictor") == {"Qwen3-4B"}, "KServe's own Service knows no canary"
    first = canary_name(platform)
    assert deployment(platform, first)["status"]["availableReplicas"] == 1
    assert names(platform, "HorizontalPodAutoscaler", "autoscaling/v2") == {"chat-predictor"}
    assert "nothing changed" in platform.up()

    # Both devices are in use: a canary that its Deployment had to change would wait for a third. That of the
    # endpoint's own model stays as it is, so that it says nothing of the change.
    platform.describe(description(endpoint(canary={"model": "qwen3-0.6b", "percent": 10}), gpus=2))
    platform.up()
    until(lambda: behind(platform, "chat") == {"Qwen3-4B", "Qwen3-0.6B"}, "the other canary answers")
    assert names(platform, "Deployment", "apps/v1") == {"chat-predictor", canary_name(platform)} != {first}
    assert stable < uids(platform)

    platform.describe(description(endpoint(model="qwen3-0.6b"), gpus=2))
    platform.up()
    assert names(platform, "Deployment", "apps/v1") == {"chat-predictor"}
    # Pods of a Deployment that has gone, and the addresses of those that go, are taken away after it.
    until(
        lambda: serves(platform, "Qwen3-0.6B") and behind(platform, "chat") == {"Qwen3-0.6B"},
        "the promoted model alone answers",
    )


def test_up_fails_while_a_canary_does_not_start_and_says_what_its_node_says(platform: Project):
    platform.describe(description(endpoint(), gpus=2))
    platform.up()
    stable = uids(platform)
    tried = endpoint(canary={"model": "qwen3-1.7b", "percent": 10})
    platform.describe(description(tried | {"ready_within_seconds": 20}, gpus=2))
    with nothing_starts(platform):
        why = fails(platform, "up")
        assert "owners/chat: its canary: 1 of 1 replicas as described, 0 Ready" in why
        assert "its node l40s-0 has not started it" in why
        (new,) = [pod for pod in pods(platform) if pod["metadata"]["uid"] not in stable]
        refused = {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}
        container = {"name": "kserve-container", "state": {"waiting": refused}, "ready": False}
        container |= {"image": "vllm", "imageID": "", "restartCount": 0}
        say(platform, new, [container])
        assert "ImagePullBackOff: Back-off pulling image" in fails(platform, "wait")
    platform.api.delete("v1", "Pod", new["metadata"]["name"], "owners")
    platform.describe(description(tried, gpus=2))
    assert "nothing changed" in platform.up()
    assert stable < uids(platform)

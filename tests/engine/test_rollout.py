"""Changes of endpoints that run, made by the real command on a simulated cluster."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ai_platform.local.api import Manifest
from ai_platform.local.guard import down_afterwards
from tests.engine.test_platform import NAME, ROOT, Project, condition

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
        "ready_within_seconds": 60,
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
    return platform.api.list("v1", "Pod", "owners")


def test_an_endpoint_that_uses_all_of_its_quota_takes_another_model(platform: Project):
    platform.describe(description(endpoint()))
    platform.up()
    platform.describe(description(endpoint(model="qwen3-1.7b")))
    platform.up()
    services = platform.api.list("serving.kserve.io/v1beta1", "InferenceService")
    assert [condition(item, "Ready")["status"] for item in services] == ["True"]
    (pod,) = pods(platform)
    assert any("Qwen3-1.7B" in argument for argument in pod["spec"]["containers"][0]["args"])

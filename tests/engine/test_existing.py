"""A platform on a cluster that somebody else made, a stack for each layer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ai_platform.cli.leftovers import MANAGED
from ai_platform.cli.project import variables
from ai_platform.gpu.node_plan import plan_pool
from ai_platform.gpu.simulated_nodes import node_manifest
from ai_platform.gpu.spec import NodePoolSpec
from ai_platform.local.api import Api, connect
from ai_platform.local.guard import down_afterwards
from ai_platform.local.waiting import wait_until
from tests.clouds.environments import stand_in_charts
from tests.cluster_fixture import start
from tests.engine.project import Project, make_project

pytestmark = pytest.mark.engine

NAME = "theirs"
POOL = {
    "name": "h100",
    "machine": "p5.4xlarge",
    "mig": [{"nodes": 1, "gpus": [{"count": 1, "devices": {"2g.20gb": 2, "3g.40gb": 1}}]}],
}
THERE = ("cert-manager", "kueue", "kserve-crd", "kserve-resources", "gpu-operator")
DESCRIPTION: dict[str, Any] = {
    "name": NAME,
    "stacks": "split",
    # vLLM publishes tags, and the GPU operator reaches its host.
    "gates": {"levels": {"images-by-digest": "advisory", "pod-security": "advisory"}},
    "cluster": {"provider": "existing", "cluster_identifier": "theirs", "kubeconfig": "../theirs.kubeconfig"},
    "charts": {"existing": dict.fromkeys(THERE, "skip")},
    "node_pools": [POOL],
    "teams": [{"name": "lab", "quota": {"h100": {"2g.20gb": {"nominal": 2}}}}],
    "endpoints": [
        {
            "name": "chat",
            "team": "lab",
            "model": "qwen3-4b",
            "pool": "h100",
            "mig_profile": "2g.20gb",
            "context_length": 8192,
            "concurrency": 1,
        }
    ],
}


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The way to a cluster with Kueue, KServe and GPU nodes."""
    root = tmp_path_factory.mktemp("clusters")
    with down_afterwards(NAME, root):
        found = start(NAME, root).kubeconfig
        plan = plan_pool(NodePoolSpec.model_validate(POOL))
        for node in plan.nodes:
            connect(found).apply(node_manifest(plan, node))
        yield found


@pytest.fixture(scope="module")
def api(kubeconfig: Path) -> Api:
    return connect(kubeconfig)


@pytest.fixture(scope="module")
def project(kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A checkout that describes a platform on that cluster."""
    made = make_project(tmp_path_factory.mktemp("project"), NAME)
    charts = stand_in_charts(made.description.parent)
    made.description.write_text(yaml.safe_dump({**DESCRIPTION, "charts": charts}))
    shutil.copy(kubeconfig, made.root / "theirs.kubeconfig")
    return made


def pulumi(project: Project, *arguments: str) -> str:
    environment = os.environ | variables(project.place, NAME)
    command = [str(shutil.which("pulumi", path=environment["PATH"])), *arguments]
    return subprocess.run(
        command, cwd=project.root, env=environment, capture_output=True, check=True, text=True
    ).stdout


def test_before_the_first_up_only_the_first_stack_can_be_previewed(project: Project):
    done = project.run("preview")
    assert done.code == 0, done.output
    assert f"{NAME}.teams: can be previewed once {NAME}.cluster was applied" in done.output


def test_three_stacks_make_the_platform(project: Project, api: Api):
    done = project.run("up")
    assert done.code == 0, done.output
    service = api.get("serving.kserve.io/v1beta1", "InferenceService", "chat", "lab")
    assert service
    assert {"type": "Ready", "status": "True"}.items() <= {
        **next(item for item in service["status"]["conditions"] if item["type"] == "Ready")
    }.items()
    stacks = {item["name"] for item in json.loads(pulumi(project, "stack", "ls", "--json"))}
    assert stacks == {f"{NAME}.{layer}" for layer in ("cluster", "platform", "teams")}


def test_a_second_up_changes_no_stack(project: Project):
    done = project.run("up")
    assert done.output.count("nothing changed") == 3, done.output


def test_the_kubeconfig_is_named_in_the_state_and_not_copied(project: Project):
    exported = pulumi(project, "stack", "export", "--stack", f"{NAME}.platform")
    assert "theirs.kubeconfig" in exported
    assert str(project.root) not in exported
    assert "certificate-authority-data" not in exported


def test_the_gpu_operator_comes_from_the_folder_beside_the_description(project: Project, api: Api):
    assert api.get("v1", "ConfigMap", "gpu-operator-values", "gpu-operator")
    exported = pulumi(project, "stack", "export", "--stack", f"{NAME}.platform")
    assert str(project.description.parent / "charts") not in exported


def test_destroy_takes_away_all_that_up_made_and_leaves_the_nodes(project: Project, api: Api):
    done = project.run("destroy")
    assert done.code == 0, done.output
    ours = [("v1", "Namespace"), ("kueue.x-k8s.io/v1beta2", "ClusterQueue")]
    assert wait_until(
        lambda: not any(api.list(version, kind, labels=MANAGED) for version, kind in ours),
        limit_s=300,
        interval_s=0.2,
    )
    assert [node["metadata"]["name"] for node in api.list("v1", "Node")] == ["h100-0"]

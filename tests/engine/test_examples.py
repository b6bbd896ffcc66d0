"""The examples, run as their readers would: the real engine against a cluster that exists already."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ai_platform.cli.workplace import Workplace, settings
from ai_platform.components.team_queue import KUEUE
from ai_platform.local.api import connect
from ai_platform.local.cluster import Cluster
from ai_platform.local.toolchain import Tool
from ai_platform.local.tools import ensure
from ai_platform.local.waiting import wait_until

pytestmark = pytest.mark.engine

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
LIMIT_S = 1200.0
ENGINE = (Tool.PULUMI, Tool.PULUMI_PYTHON, Tool.PULUMI_KUBERNETES)


def test_a_team_queue_alone_comes_up_on_a_cluster_that_exists(
    simulated_cluster: Cluster, tmp_path: Path
) -> None:
    folder = tmp_path / "program"
    shutil.copytree(EXAMPLES / "1-team-queue", folder)
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    project["runtime"]["options"] = {"virtualenv": sys.prefix}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    api = connect(simulated_cluster.kubeconfig)
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "research"}})
    tools = {tool.value: path for tool, path in ensure(ENGINE).items()}
    environment = os.environ | settings(Workplace(tmp_path), tools)

    def pulumi(*arguments: str) -> str:
        done = subprocess.run(
            [tools["pulumi"], *arguments, "--non-interactive"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    pulumi("stack", "init", "example")
    pulumi("config", "set", "kubeconfig", str(simulated_cluster.kubeconfig))
    pulumi("up", "--yes", "--skip-preview")

    assert pulumi("stack", "output", "queue").strip() == "default"
    queue = api.get(KUEUE, "ClusterQueue", "research")
    assert queue is not None
    (group,) = queue["spec"]["resourceGroups"]
    (quota,) = group["flavors"][0]["resources"]
    assert quota == {"name": "nvidia.com/gpu", "nominalQuota": "8", "borrowingLimit": "4"}
    assert "5 unchanged" in pulumi("up", "--yes", "--skip-preview")

    pulumi("destroy", "--yes", "--skip-preview")
    assert wait_until(lambda: api.get(KUEUE, "ClusterQueue", "research") is None, limit_s=LIMIT_S)
    assert api.get("v1", "Namespace", "research") is not None

"""Charts on the real engine and a control plane of their own, without the simulated cluster's software."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from ai_platform.cli.project import variables
from ai_platform.cli.workplace import Workplace
from ai_platform.components.charts import ChartName
from ai_platform.local import cluster, control_plane
from ai_platform.local.api import connect
from ai_platform.local.guard import down_afterwards
from ai_platform.local.layout import prepare_layout
from ai_platform.local.toolchain import Tool
from ai_platform.local.tools import ensure, manifests
from tests.charts.stand_in import make_chart

pytestmark = pytest.mark.engine
LIMIT_S = 900.0
_PROGRAM = """
import json, os
import pulumi
{imports}
provider = pulumi.ProviderResource(
    "kubernetes",
    "cluster",
    {{"kubeconfig": os.environ["KUBECONFIG"], "clusterIdentifier": "charts"}},
    pulumi.ResourceOptions(version="4.25.0"),
)
opts = pulumi.ResourceOptions(providers=[provider])
{body}
"""
_CHART = "from ai_platform.components.chart import Chart, ChartArgs"
_SPECS = "from ai_platform.components.charts_spec import ChartsSpec"
_OPERATOR = "from ai_platform.gpu.operator.gpu_operator import GpuOperator"
_POOL = {
    "name": "h100",
    "machine": "p5.48xlarge",
    "mig": [{"nodes": 1, "gpus": [{"count": 2, "devices": {"1g.10gb": 7}}]}],
}


class Charts:
    """A Pulumi project beside a folder ``charts``."""

    def __init__(self, root: Path, kubeconfig: Path) -> None:
        self.root, self.kubeconfig = root, kubeconfig
        (root / "charts").mkdir(parents=True)
        (root / "Pulumi.yaml").write_text(
            "name: charts\nruntime:\n  name: python\n  options:\n"
            f"    virtualenv: {sys.prefix}\nstackConfigDir: .ai-platform/config\n"
        )
        place = Workplace(root)
        self.environment = os.environ | variables(place, "test") | {"KUBECONFIG": str(kubeconfig)}
        self.pulumi("stack", "init", "test")

    def write(self, imports: str, body: str) -> None:
        (self.root / "__main__.py").write_text(_PROGRAM.format(imports=imports, body=body))

    def pulumi(self, *arguments: str, fails: bool = False) -> str:
        program = shutil.which("pulumi", path=self.environment["PATH"])
        done = subprocess.run(
            [str(program), *arguments, "--non-interactive"],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def up(self, *, fails: bool = False) -> str:
        return self.pulumi("up", "--yes", "--skip-preview", "--stack", "test", fails=fails)


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory):
    root = tmp_path_factory.mktemp("clusters")
    tools = {tool.value: path for tool, path in ensure([Tool(tool) for tool in cluster.TOOLS]).items()}
    with down_afterwards("charts", root), ExitStack() as holding:
        layout = prepare_layout("charts", root, {}, holding)
        cluster._start_servers(layout, tools, lambda _: None)
        manager = [control_plane.controller_manager(layout, tools)]
        cluster._ensure_running(manager, layout, lambda _: None)
        cluster._wait_healthy(manager, layout)
        yield layout.kubeconfig


def test_a_new_version_of_a_chart_upgrades_its_definitions(tmp_path, kubeconfig):
    project = Charts(tmp_path / "project", kubeconfig)
    make_chart(project.root / "charts", ChartName.DRA_DRIVER)
    folder = project.root / "charts" / ChartName.DRA_DRIVER / "crds"
    folder.mkdir()
    project.write(
        f"{_CHART}\n{_SPECS}",
        "charts = ChartsSpec(directory='charts')\n"
        "Chart('dra', ChartArgs('dra-driver-nvidia-gpu', {}, charts), opts)",
    )
    api = connect(kubeconfig)
    for text in ("before", "after"):
        (folder / "things.yaml").write_text(json.dumps(_definition(text)))
        project.up()
        found = api.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", "things.test.ai-platform")
        (version,) = found["spec"]["versions"]
        assert version["schema"]["openAPIV3Schema"]["description"] == text
    project.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")


@pytest.mark.parametrize("provider", ["eks", "gke", "existing"])
def test_the_gpu_operator_takes_the_values_of_each_platform(tmp_path, kubeconfig, provider):
    project = Charts(tmp_path / "project", kubeconfig)
    for chart in (ChartName.GPU_OPERATOR, ChartName.DRA_DRIVER):
        make_chart(project.root / "charts", chart)
    pools = [_POOL, {"name": "claims", "machine": "p5.48xlarge", "gpu_stack": "dra"}]
    spec = {"provider": provider, "pools": pools, "charts": {"directory": "charts"}}
    project.write(_OPERATOR, f"GpuOperator('gpus', {spec!r}, opts, await_ready=False)")
    project.up()
    api = connect(kubeconfig)
    printed = api.get("v1", "ConfigMap", "gpu-operator-values", "gpu-operator")["data"]["values"]
    name = json.loads(printed)["migManager"]["config"]["name"]
    layouts = api.get("v1", "ConfigMap", name, "gpu-operator")["data"]["config.yaml"]
    assert "2x-1g.10gb-7-6x-whole" in json.loads(layouts)["mig-configs"]
    project.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")


def test_a_value_that_a_chart_does_not_know_is_refused_before_anything_is_made(tmp_path, kubeconfig):
    project = Charts(tmp_path / "project", kubeconfig)
    make_chart(project.root / "charts", ChartName.EFA)
    chart = ChartName.EFA.value
    project.write(
        f"{_CHART}\n{_SPECS}",
        "charts = ChartsSpec(directory='charts')\n"
        f"Chart('efa', ChartArgs({chart!r}, {{'supportedLabels': []}}, charts), opts)",
    )
    assert "supportedLabels" in project.pulumi("preview", "--stack", "test", fails=True)


# Last: the API server can't reach Kueue's own API here, and then no namespace can be deleted any more.
def test_kueues_own_chart_is_shown_and_made_object_by_object(tmp_path, kubeconfig):
    project = Charts(tmp_path / "project", kubeconfig)
    shutil.copytree(manifests(Tool.KUEUE) / "charts" / "kueue", project.root / "charts" / "kueue")
    project.write(
        f"{_CHART}\n{_SPECS}\nfrom ai_platform.components.cluster_software import kueue_values",
        "charts = ChartsSpec(directory='charts')\n"
        "values = kueue_values(fair_sharing=True)\n"
        "Chart('kueue', ChartArgs('kueue', values, charts, await_ready=False), opts)",
    )
    shown = project.pulumi("preview", "--stack", "test")
    assert "kueue-objects:cohorts.kueue.x-k8s.io" in shown
    project.up()
    api = connect(kubeconfig)
    deployment = api.get("apps/v1", "Deployment", "kueue-controller-manager", "kueue-system")
    assert deployment["spec"]["replicas"] == 2
    assert "to create" not in project.pulumi("preview", "--stack", "test", "--expect-no-changes")
    refused = project.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test", fails=True)
    assert "protected" in refused
    assert api.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", "cohorts.kueue.x-k8s.io")


def _definition(text):
    schema = {"type": "object", "description": text}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.test.ai-platform"},
        "spec": {
            "group": "test.ai-platform",
            "names": {"kind": "Thing", "plural": "things", "singular": "thing"},
            "scope": "Namespaced",
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
            ],
        },
    }

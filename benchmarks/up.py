"""How long `up` and `preview` of a large platform take, beside the bare engine and kubectl.

    .venv/bin/python -m benchmarks.up [--teams N]

Everything happens in temporary folders, on a simulated cluster that goes away at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table

from ai_platform.cli import project
from ai_platform.cli.engine import Engine
from ai_platform.cli.workplace import EngineError, Workplace, settings
from ai_platform.components.objects import PROVIDER_VERSION
from ai_platform.local.guard import down_afterwards
from ai_platform.local.tools import Tool, ensure

ROOT = Path(__file__).resolve().parents[1]
STACK = "local"
UP_GOAL, PREVIEW_GOAL = 1.3, 1.2

_BARE_PROGRAM = """
import json
from pathlib import Path

import pulumi
import pulumi_kubernetes

given = json.loads(Path(__file__).with_name("given.json").read_text())
provider = pulumi_kubernetes.Provider(
    "kubernetes",
    kubeconfig=given["kubeconfig"],
    cluster_identifier="bare",
    enable_server_side_apply=True,
    enable_config_map_mutable=True,
    enable_secret_mutable=True,
    kube_client_settings=given["client"],
)
own = pulumi.ResourceOptions(provider=provider, version=given["version"])
for manifest in given["manifests"]:
    pulumi.CustomResource("kubernetes:core/v1:ConfigMap", manifest["metadata"]["name"], manifest, own)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One step."""

    seconds: float
    cpu_seconds: float
    """Of the engine, its program and its provider; not of the cluster."""


def main() -> int:
    """Measures and prints; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.up", description=__doc__)
    parser.add_argument("--teams", type=int, default=85, help="teams beside those of local.yaml (85)")
    teams: int = parser.parse_args().teams
    with tempfile.TemporaryDirectory(prefix="up-") as folder:
        platform = Workplace(Path(folder) / "platform")
        _write_project(platform, (ROOT / "stacks" / "__main__.py").read_text())
        _describe(platform, teams)
        with down_afterwards(STACK, platform.clusters):
            project.start_cluster(platform, STACK)
            return _measure(platform, Path(folder))


def _measure(platform: Workplace, folder: Path) -> int:
    steps: dict[str, Measured] = {}
    kubeconfig = platform.kubeconfig(STACK)
    _run_steps("platform", _engine(platform), steps)
    count, resources = _counts(platform)

    for what, client in (("bare", None), ("unthrottled", {"qps": 500, "burst": 1000})):
        place = Workplace(folder / what)
        _kubectl(kubeconfig, "create", "namespace", what)
        _write_project(place, _BARE_PROGRAM)
        given = {
            "kubeconfig": str(kubeconfig),
            "version": PROVIDER_VERSION,
            "manifests": _config_maps(count, what),
            "client": client,
        }
        (place.root / "stacks" / "given.json").write_text(json.dumps(given))
        _run_steps(what, _engine(place), steps)

    _kubectl(kubeconfig, "create", "namespace", "applied")
    manifests = folder / "configmaps.json"
    items = _config_maps(count, "applied")
    manifests.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    apply = ["apply", "--server-side", "--filename", str(manifests)]
    steps["kubectl apply"] = _timed("kubectl apply", lambda: _kubectl(kubeconfig, *apply))
    return _report(steps, count, resources)


def _run_steps(what: str, engine: Engine, steps: dict[str, Measured]) -> None:
    def preview() -> None:
        recorded = engine.record_preview(engine.place.root, lambda _: None)
        if recorded.code:
            raise EngineError(recorded.errors)

    actions: dict[str, Callable[[], object]] = {
        "preview of all new": preview,
        "up": engine.up,
        "preview, no change": preview,
        "up, no change": engine.up,
    }
    for name, action in actions.items():
        steps[f"{what}: {name}"] = _timed(f"{what}: {name}", action)


def _timed(name: str, action: Callable[[], object]) -> Measured:
    cpu, began = _children_cpu(), time.monotonic()
    result = action()
    measured = Measured(time.monotonic() - began, _children_cpu() - cpu)
    print(f"{name}: {measured.seconds:.1f} s ({result or 'done'})", file=sys.stderr, flush=True)
    return measured


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _report(steps: dict[str, Measured], count: int, resources: int) -> int:
    table = Table(title=f"{count} Kubernetes objects, {os.cpu_count()} cores")
    table.add_column("step")
    table.add_column("seconds", justify="right")
    table.add_column("CPU seconds", justify="right")
    for name, measured in steps.items():
        table.add_row(name, f"{measured.seconds:.1f}", f"{measured.cpu_seconds:.1f}")
    ratios = Table(title=f"platform ({resources} resources with components) / bare engine")
    for name in ("step", "ratio", "goal", "to unthrottled", "CPU to unthrottled"):
        ratios.add_column(name, justify="left" if name == "step" else "right")
    missed = False
    for name in (key.removeprefix("bare: ") for key in steps if key.startswith("bare: ")):
        ours, floor, free = (steps[f"{what}: {name}"] for what in ("platform", "bare", "unthrottled"))
        ratio, goal = ours.seconds / floor.seconds, PREVIEW_GOAL if "preview" in name else UP_GOAL
        missed |= ratio > goal
        beside = f"{ours.seconds / free.seconds:.2f}", f"{ours.cpu_seconds / free.cpu_seconds:.2f}"
        ratios.add_row(name, f"{ratio:.2f}", f"{goal}", *beside)
    console = Console(width=100)
    console.print(table, ratios)
    return int(missed)


def _engine(place: Workplace) -> Engine:
    return Engine(STACK, place, project.engine(place, STACK).tools, lambda _: None)


def _write_project(place: Workplace, program: str) -> None:
    (place.root / "stacks").mkdir(parents=True)
    shutil.copy(ROOT / "Pulumi.yaml", place.root)
    (place.root / ".venv").symlink_to(sys.prefix)
    (place.root / "stacks" / "__main__.py").write_text(program)


def _describe(place: Workplace, teams: int) -> None:
    described = yaml.safe_load((ROOT / "stacks" / f"{STACK}.yaml").read_text())
    described["teams"] += [{"name": f"team-{at}", "cost_center": str(at)} for at in range(teams)]
    (place.root / "stacks" / f"{STACK}.yaml").write_text(yaml.safe_dump(described, sort_keys=False))


def _counts(place: Workplace) -> tuple[int, int]:
    """Kubernetes objects and all resources in the stack's state."""
    tools = project.engine(place, STACK).tools
    exported = subprocess.run(
        [str(tools["pulumi"]), "stack", "export", "--stack", STACK, "--non-interactive"],
        cwd=place.root,
        env=dict(os.environ) | settings(place, tools),
        stdout=subprocess.PIPE,
        check=True,
    )
    resources = json.loads(exported.stdout)["deployment"]["resources"]
    return sum(item["type"].startswith("kubernetes:") for item in resources), len(resources)


def _config_maps(count: int, namespace: str) -> list[dict[str, object]]:
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": f"bare-{at}", "namespace": namespace},
            "data": {"at": str(at)},
        }
        for at in range(count)
    ]


def _kubectl(kubeconfig: Path, *arguments: str) -> None:
    program = ensure([Tool.KUBECTL])[Tool.KUBECTL]
    command = [str(program), "--kubeconfig", str(kubeconfig), *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())

"""How long a preview of an EKS cluster with its GPU pools takes, beside the same resources written by hand.

    .venv/bin/python -m benchmarks.cloud [--rounds N]

Both programs run on the real engine with the stand-in for AWS of the tests, in turn.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pulumi
import yaml
from rich.console import Console
from rich.table import Table

from benchmarks.by_hand import by_hand
from tests.clouds.moto_server import running_moto
from tests.clouds.project import CloudProject, make_cloud_project

GOAL = 1.1
"""Preview time of ours to that of the program written by hand, and of import and memory: no more."""
ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = "prod"
TAGS = {"environment": ENVIRONMENT, "managed-by": "ai-platform"}

_RANDOM_END = re.compile(r'-[0-9a-f]{7}"')
_BEGIN = "import time\n_began = time.perf_counter()\nimport pulumi\n"
_IMPORTED = "_imported = time.perf_counter() - _began\n"
_END = """
import atexit, json, os, resource

def _say():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with open(os.environ["MEASURED"], "w") as file:
        json.dump({"import_s": _imported, "peak_mib": peak}, file)

atexit.register(_say)
"""
_IMPORTS = """\
from ai_platform.components.aws.eks_cluster import EksCluster
from ai_platform.components.aws.provider import aws_provider
from ai_platform.gpu.aws import node_pool as _
from ai_platform.gpu.node_pool import NodePool
"""
_BODY = """\
provider = aws_provider("aws", REGION, TAGS)
opts = pulumi.ResourceOptions(providers=[provider])
eks = EksCluster(NAME, CLUSTER, opts, region=REGION, tags=TAGS)
for pool in POOLS:
    NodePool(f"{NAME}-{pool['name']}", pool, opts, cluster=eks.cluster)
"""


@dataclass(frozen=True)
class Run:
    """One preview."""

    seconds: float
    cpu_s: float
    import_s: float
    peak_mib: float


def main() -> int:
    """Measures and prints; 1 where the goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cloud", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="previews of each program and step (5)")
    rounds: int = parser.parse_args().rounds
    ours, hand, count = programs()
    steps: dict[str, tuple[list[Run], list[Run]]] = {}
    with tempfile.TemporaryDirectory(prefix="cloud-") as folder, ExitStack() as stack:
        projects = []
        for name, program in (("ours", ours), ("hand", hand)):
            (root := Path(folder) / name).mkdir()
            project = make_cloud_project(root, program, stack.enter_context(running_moto()))
            project.environment["MEASURED"] = str(root / "measured.json")
            projects.append(project)
        asked = [inputs(project) for project in projects]
        assert asked[0] == asked[1], "not the same resources"
        steps["preview of all new"] = in_turn(projects, rounds)
        for project in projects:
            done = project.up()
            assert done.code == 0, done.output
        steps["preview, no change"] = in_turn(projects, rounds)
    return report(steps, count)


def programs() -> tuple[str, str, int]:
    """Ours, the one written by hand, and how many AWS resources each has."""
    said = yaml.safe_load((ROOT / "stacks" / f"{ENVIRONMENT}.yaml").read_text())
    pools = [{key: pool[key] for key in pool if key != "fall_back_to"} for pool in said["node_pools"]]
    values = {
        "NAME": ENVIRONMENT,
        "REGION": said["region"],
        "TAGS": TAGS,
        "CLUSTER": said["cluster"],
        "POOLS": pools,
    }
    given = "".join(f"{key} = {value!r}\n" for key, value in values.items())

    def program() -> None:
        exec(_IMPORTS + given + _BODY, {"pulumi": pulumi})  # noqa: S102 - the text above

    imports, body, count = by_hand(program)
    ours = _BEGIN + _IMPORTS + _IMPORTED + given + _BODY + _END
    return ours, _BEGIN + imports + _IMPORTED + body + _END, count


def inputs(project: CloudProject) -> dict[str, str]:
    """What each AWS resource of a preview is made with, as JSON without the random ends of names."""
    made = {name: step["newState"] for name, step in project.steps().items()}
    return {
        name: _RANDOM_END.sub('"', json.dumps(state["inputs"], sort_keys=True))
        for name, state in made.items()
        if state["type"].startswith("aws:")
    }


def in_turn(projects: list[CloudProject], rounds: int) -> tuple[list[Run], list[Run]]:
    """Previews of both, one after the other, which a busy machine slows alike. The first pair is left out."""
    runs: tuple[list[Run], list[Run]] = ([], [])
    for number in range(rounds + 1):
        for project, found in zip(projects, runs, strict=True):
            run = previewed(project)
            if number:
                found.append(run)
    return runs


def previewed(project: CloudProject) -> Run:
    """One preview."""
    cpu, began = _children_cpu(), time.perf_counter()
    done = project.preview()
    seconds = time.perf_counter() - began
    assert done.code == 0, done.output
    said = json.loads(Path(project.environment["MEASURED"]).read_text())
    return Run(seconds, _children_cpu() - cpu, said["import_s"], said["peak_mib"])


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(steps: dict[str, tuple[list[Run], list[Run]]], count: int) -> int:
    """Prints the medians and their ratios."""
    table = Table(title=f"{count} AWS resources: EksCluster and NodePool / the same with pulumi_aws")
    for name in ("what", "ours", "by hand", "ratio", "goal"):
        table.add_column(name, justify="left" if name == "what" else "right")
    missed = False
    measures: dict[str, Callable[[Run], float]] = {
        "s": lambda run: run.seconds,
        "CPU s": lambda run: run.cpu_s,
    }
    of_program: dict[str, Callable[[Run], float]] = {
        "import, s": lambda run: run.import_s,
        "peak memory, MiB": lambda run: run.peak_mib,
    }
    rows = {f"{step}, {unit}": (runs, of) for step, runs in steps.items() for unit, of in measures.items()}
    last = steps["preview, no change"]
    rows |= {f"program: {what}": (last, of) for what, of in of_program.items()}
    for name, (runs, of) in rows.items():
        ours, hand = (statistics.median(map(of, found)) for found in runs)
        missed |= ours / hand > GOAL
        table.add_row(name, f"{ours:.2f}", f"{hand:.2f}", f"{ours / hand:.2f}", f"{GOAL}")
    Console(width=100).print(table)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

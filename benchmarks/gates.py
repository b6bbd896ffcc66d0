"""How long a preview of an environment takes with the policy pack, beside the same without it.

    .venv/bin/python -m benchmarks.gates [--resources N] [--rounds N]

The environment is ``dev`` with more teams, all of it new, on the real engine with the stand-in for AWS.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ai_platform.description import read
from ai_platform.gates_config import gates_config
from tests.clouds.environments import Description, change, described, path
from tests.clouds.project import ROOT, CloudProject

GOAL_S = 60.0
"""Seconds of the whole job, on two cores."""
STACK = "dev"


def main() -> int:
    """Measures and prints; 1 where the goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gates", description=__doc__)
    parser.add_argument("--resources", type=int, default=300, help="at least so many resources (300)")
    parser.add_argument("--rounds", type=int, default=3, help="previews of each kind (3)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gates-") as folder:
        project = described(Path(folder), STACK)
        count = grown(project, options.resources)
        file = Path(folder) / "gates.json"
        file.write_text(json.dumps(gates_config(read(path(project))[0], path(project))))
        pack = ("--policy-pack", str(ROOT / "policy"), "--policy-pack-config", str(file))
        kinds: dict[str, tuple[str, ...]] = {"without": (), "with": pack}
        found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
        for _ in range(options.rounds):
            # In turn, so that a busy machine slows both alike.
            for kind, arguments in kinds.items():
                found[kind].append(previewed(project, arguments))
    return report(found, count)


def grown(project: CloudProject, resources: int) -> int:
    """Adds teams until the stack has so many resources; how many it has."""
    before = len(project.steps())
    change(project, lambda description: more_teams(description, 1))
    each = len(project.steps()) - before
    change(project, lambda description: more_teams(description, -(-(resources - before - each) // each)))
    return len(project.steps())


def more_teams(description: Description, count: int) -> None:
    """Teams without a quota of their own."""
    there = len(description["teams"])
    description["teams"] += [{"name": f"team-{there + number}"} for number in range(count)]


def previewed(project: CloudProject, arguments: tuple[str, ...]) -> tuple[float, float]:
    """Seconds of one preview, and of processor."""
    cpu, began = _children_cpu(), time.perf_counter()
    done = project.run("preview", *arguments)
    assert done.code == 0, done.output
    return time.perf_counter() - began, _children_cpu() - cpu


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(found: dict[str, list[tuple[float, float]]], count: int) -> int:
    """Prints the medians and their ratios."""
    table = Table(title=f"preview of {count} resources: with the gates / without")
    for name in ("what", "without", "with", "ratio", "goal"):
        table.add_column(name, justify="left" if name == "what" else "right")
    seconds = 0.0
    for index, unit in enumerate(("s", "CPU s")):
        without, with_pack = (
            statistics.median(run[index] for run in found[kind]) for kind in ("without", "with")
        )
        goal = f"{GOAL_S:.0f}" if unit == "s" else ""
        seconds = seconds or with_pack
        table.add_row(unit, f"{without:.2f}", f"{with_pack:.2f}", f"{with_pack / without:.2f}", goal)
    Console(width=100).print(table)
    return int(seconds > GOAL_S)


if __name__ == "__main__":
    sys.exit(main())

"""How long `ai-platform plan` takes, from the start of the program to the last byte, for doubling sizes.

.venv/bin/python -m benchmarks.plan [--rounds N]
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

GOAL_S = 1.0
GOAL_EXPONENT = 1.2
"""Linear, and what a shared machine adds to a measurement."""
POOLS, TEAMS = 200, 2000
MACHINES = ("p5.48xlarge", "g6e.12xlarge", "p4d.24xlarge", "g6.48xlarge")
CUT = [{"count": 4, "devices": {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1}}]


@dataclass(frozen=True)
class Run:
    """Seconds of one size: by the clock, and on the processor."""

    wall_s: float
    cpu_s: float


def description(pools: int, teams: int) -> dict[str, Any]:
    """Each team has a number in one pool and weights in two others; one in four pools is cut by MIG."""
    return {
        "name": "large",
        "cluster": {"provider": "simulated"},
        "fair_sharing": True,
        "cohorts": [{"name": f"division-{n}"} for n in range(max(1, teams // 50))],
        "node_pools": [_pool(n) for n in range(pools)],
        "teams": [_team(n, pools, max(1, teams // 50)) for n in range(teams)],
        "endpoints": [_endpoint(n, pools) for n in range(teams // 10)],
    }


def _pool(n: int) -> dict[str, Any]:
    machine = MACHINES[n % len(MACHINES)]
    mig = {"mig": [{"nodes": 2, "gpus": CUT}]} if machine == "p5.48xlarge" else {}
    return {"name": f"pool-{n}", "machine": machine, "min_nodes": 1, "max_nodes": 8, **mig}


def _team(n: int, pools: int, divisions: int) -> dict[str, Any]:
    fixed, first, second = (f"pool-{(n + step) % pools}" for step in (0, 1, 7))
    return {
        "name": f"team-{n}",
        "cost_center": f"{4000 + n}",
        "cohort": f"division-{n % divisions}",
        "quota": {fixed: {"gpus": {"nominal": 2, "borrowing_limit": 4}}},
        "pool_weights": {first: 1 + n % 3, second: 1},
    }


def _endpoint(n: int, pools: int) -> dict[str, Any]:
    # A pool with whole GPUs of at least 40 GB, in which the team has a number.
    team = n * 10
    return {
        "name": "chat",
        "team": f"team-{team}",
        "model": "qwen3-4b",
        "pool": f"pool-{team % pools}",
        "gpus": 1,
        "context_length": 8192,
    }


def measured(file: Path, options: Sequence[str], rounds: int) -> Run:
    """The least disturbed of some runs of the command on one core."""
    command = [str(Path(sys.prefix) / "bin" / "ai-platform"), "plan", str(file), *options]
    runs = []
    for _ in range(rounds):
        before, began = os.times(), time.perf_counter()
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, preexec_fn=_one_core, env=with_bytecode()
        )
        wall, after = time.perf_counter() - began, os.times()
        cpu = after.children_user - before.children_user + after.children_system - before.children_system
        runs.append(Run(wall, cpu))
    return min(runs, key=lambda run: run.cpu_s)


def with_bytecode() -> dict[str, str]:
    """Our variables, for a program that keeps its bytecode: else each run compiles the whole library."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def _one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Slope of the time's logarithm by the size's."""
    xs, ys = [math.log(size) for size in sizes], [math.log(second) for second in seconds]
    return statistics.linear_regression(xs, ys).slope


def main() -> int:
    """Prints one line for each size; the status is 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plan", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="runs of each size; the quickest counts")
    options = parser.parse_args()
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.yaml"
        for shown, flags in (("table", []), ("--json", ["--json"])):
            sizes, seconds = [], []
            # What was never run has modules to compile and files to read first.
            file.write_text(yaml.safe_dump(description(1, 1), sort_keys=False))
            measured(file, flags, 1)
            for pools, teams in [(1, 1), *((POOLS >> n, TEAMS >> n) for n in reversed(range(5)))]:
                file.write_text(yaml.safe_dump(description(pools, teams), sort_keys=False))
                run = measured(file, flags, options.rounds)
                sizes.append(teams)
                seconds.append(run.cpu_s)
                print(
                    f"plan {shown:<7}{pools:>4} pools {teams:>5} teams  "
                    f"{run.wall_s:6.2f} s  {run.cpu_s:6.2f} s of processor"
                )
            beyond = [second - seconds[0] for second in seconds[-4:]]
            if min(beyond) <= 0:
                print(f"plan {shown:<7}the machine is too busy to tell how it grows")
                missed = True
                continue
            grows = exponent(sizes[-4:], beyond)
            print(f"plan {shown:<7}grows with exponent {grows:.2f} beyond the program's start")
            missed |= seconds[-1] > GOAL_S or grows > GOAL_EXPONENT
    goals = f"at most {GOAL_S:.0f} s of processor for the largest, exponent at most {GOAL_EXPONENT}"
    print(f"{'missed' if missed else 'met'}: {goals}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

"""Random descriptions of small environments, the same ones each time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from ai_platform.components.errors import InvalidInput
from ai_platform.environment import Environment, parse
from ai_platform.gpu.machines import MACHINES, mig_capable
from ai_platform.gpu.mig.placement import why_not
from ai_platform.plan import Plan, make_plan
from ai_platform.planning.quotas import offered_by

MACHINE_NAMES = (
    "p5.48xlarge",
    "a2-highgpu-1g",
    "a2-highgpu-2g",
    "a3-highgpu-2g",
    "g6e.12xlarge",
    "g6.xlarge",
)
PROFILES = {
    "A100-40GB": ("1g.5gb", "2g.10gb", "3g.20gb", "4g.20gb", "7g.40gb"),
    "H100-80GB": ("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb"),
}


def environments(count: int) -> Iterator[tuple[Environment, Plan]]:
    """So many valid environments with their plans. No name of one is used by another."""
    found = seed = 0
    while found < count:
        seed += 1
        try:
            chance = random.Random(seed)  # noqa: S311 - nothing is kept secret with it
            environment = parse(_described(chance, f"e{seed}"), subject="random")
            plan = make_plan(environment)
        except InvalidInput:
            continue
        if any(team.quotas for team in plan.teams):
            found += 1
            yield environment, plan


def _described(chance: random.Random, name: str) -> dict[str, Any]:
    pools = [_pool(chance, f"{name}-{letter}") for letter in "ab"[: chance.randint(1, 2)]]
    empty = {"name": name, "cluster": {"provider": "simulated"}, "teams": [{"name": f"{name}-none"}]}
    laid_out = make_plan(parse({**empty, "node_pools": pools}, subject="random")).pools
    left = {
        pool.name: {key: pool.capacity[resource] for key, resource in offered_by(pool).items()}
        for pool in laid_out
    }
    # Quotas within one way to cut a pool can be served, so layouts follow from them.
    automatic = {pool["name"] for pool in pools if "mig" in pool and chance.random() < 0.4}
    cohorts = [f"{name}-near", f"{name}-far"] if chance.random() < 0.4 else []
    teams = [_team(chance, f"{name}-{at}", left, automatic, cohorts) for at in range(chance.randint(2, 3))]
    pools = [{**pool, "mig": "auto"} if pool["name"] in automatic else pool for pool in pools]
    described = {**empty, "node_pools": pools, "teams": teams}
    if cohorts:
        described["cohorts"] = [{"name": cohorts[0]}, {"name": cohorts[1], "parent": cohorts[0]}]
    return described


def _pool(chance: random.Random, name: str) -> dict[str, Any]:
    machine = MACHINES[chance.choice(MACHINE_NAMES)]
    nodes = chance.randint(1, 2)
    pool: dict[str, Any] = {"name": name, "machine": machine.name, "min_nodes": nodes, "max_nodes": nodes}
    if mig_capable(machine) and chance.random() < 0.8:
        cut = chance.randint(1, machine.gpu_count)
        pool["mig"] = [
            {
                "nodes": chance.randint(1, nodes),
                "gpus": [{"count": cut, "devices": _cut(chance, machine.gpu)}],
            }
        ]
    elif chance.random() < 0.3:
        strategy = chance.choice(["time_slicing", "mps"])
        pool["sharing"] = {"strategy": strategy, "replicas": chance.randint(2, 4)}
    return pool


def _cut(chance: random.Random, gpu: Any) -> dict[str, int]:
    devices: dict[str, int] = {}
    for profile in chance.choices(PROFILES[gpu], k=chance.randint(1, 7)):
        grown = {**devices, profile: devices.get(profile, 0) + 1}
        if not why_not(gpu, grown):
            devices = grown
    return devices


def _team(
    chance: random.Random,
    name: str,
    left: dict[str, dict[str, int]],
    automatic: set[str],
    cohorts: list[str],
) -> dict[str, Any]:
    team: dict[str, Any] = {"name": name, "quota": {}}
    if cohorts and chance.random() < 0.7:
        team["cohort"] = chance.choice(cohorts)
    if chance.random() < 0.3:
        team["weight"] = chance.randint(1, 5)
    for pool, devices in left.items():
        # A pool that is cut as its quotas say has only what some quota asks for.
        least = int(pool in automatic)
        for key, free in devices.items():
            if free >= least and chance.random() < 0.7:
                nominal = chance.randint(least, free)
                devices[key] -= nominal
                quota = {"nominal": nominal}
                if chance.random() < 0.5:
                    quota["borrowing_limit"] = chance.randint(0, 3)
                if chance.random() < 0.5:
                    quota["lending_limit"] = chance.randint(0, nominal)
                team["quota"].setdefault(pool, {})[key] = quota
    return team

"""What contradicts itself in the quotas of a description."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .components.errors import Problem
from .environment import Environment
from .gpu.layout import WHOLE_GPU
from .gpu.mig import profiles, resource_name
from .gpu.node_plan import PoolPlan

Location = tuple[str | int, ...]
Add = Callable[[Location, object, str, str], Problem]


def offered_by(pool: PoolPlan) -> dict[str, str]:
    """Quota keys of a pool and their Kubernetes resources."""
    keys = {"gpus": WHOLE_GPU} if pool.capacity.get(WHOLE_GPU) else {}
    return keys | {
        name: resource_name(name)
        for name in (profiles(pool.gpu) if pool.mig_capable else ())
        if pool.capacity.get(resource_name(name))
    }


def quota_problems(environment: Environment, pools: dict[str, PoolPlan], problem: Add) -> Iterator[Problem]:
    """Quotas of pools or devices that aren't there, and sums above what the pools hold."""
    known = {pool.name for pool in environment.node_pools}
    sums: dict[tuple[str, str], int] = {}
    last: dict[tuple[str, str], Location] = {}
    for t, team in enumerate(environment.teams):
        for pool, quotas in team.quota.items():
            at: Location = ("teams", t, "quota", pool)
            if pool not in known:
                yield problem(
                    at, pool, f"a pool of this file: {', '.join(sorted(known))}", "correct the name"
                )
                continue
            if pool not in pools:
                continue
            offered = offered_by(pools[pool])
            for key, quota in quotas.items():
                if key not in offered:
                    fix = "take one of these, or cut the pool's GPUs that way under mig"
                    yield problem((*at, key), key, f"what {pool} offers: {', '.join(offered)}", fix)
                    continue
                if quota.lending_limit is not None and quota.lending_limit > quota.nominal:
                    where = (*at, key, "lending_limit")
                    yield problem(where, quota.lending_limit, f"at most nominal, {quota.nominal}", "lower it")
                sums[pool, key] = sums.get((pool, key), 0) + quota.nominal
                last[pool, key] = (*at, key, "nominal")
    for (pool, key), promised in sums.items():
        held = pools[pool].capacity[offered_by(pools[pool])[key]]
        if promised > held:
            got = f"a sum of {promised} {key} of {pool} over all teams"
            fix = f"lower the teams' nominal quotas by {promised - held}, or enlarge the pool"
            yield problem(last[pool, key], got, f"at most the {held} that the pool holds", fix)


def _usable(environment: Environment, team: str, pool: PoolPlan, key: str) -> int:
    """Devices that a team can use at once: its own, and what its limits and the others' let it borrow."""
    own, lent = None, 0
    for spec in environment.teams:
        quota = spec.quota.get(pool.name, {}).get(key)
        if quota is None:
            continue
        if spec.name == team:
            own = quota
        else:
            lent += quota.nominal if quota.lending_limit is None else quota.lending_limit
    if own is None:
        return 0
    return own.nominal + (lent if own.borrowing_limit is None else min(lent, own.borrowing_limit))


def within_quota(
    environment: Environment, pool: PoolPlan, at: Location, team: str, key: str, needed: int, problem: Add
) -> Iterator[Problem]:
    """A need that the team's own quota and what it may borrow can never meet."""
    usable = _usable(environment, team, pool, key)
    if needed > usable and team in {spec.name for spec in environment.teams}:
        got = f"a need of {needed} {key} of {pool.name} at once"
        fix = f"raise {team}'s nominal quota or borrowing limit for {pool.name}, or ask for less"
        yield problem(at, got, f"at most the {usable} that team {team} can own and borrow", fix)

"""What contradicts itself in the quotas of a description."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ..components.cohort_spec import CohortQuota
from ..components.errors import Problem
from ..components.team_spec import Quota, TeamSpec
from ..environment import Environment
from ..gpu.node_plan import FABRIC_RESOURCES, PoolPlan
from ..planning.quotas import Quotas, most, offered_by, once, weight_in

Location = tuple[str | int, ...]
Add = Callable[[Location, object, str, str], Problem]

# Kueue v0.19.2, clusterqueue_types.go (flavors of a group) and clusterqueue_webhook.go (quotas of a group).
MAX_FLAVORS = 64
MAX_QUOTAS = 512
_HOST_RESOURCES = 2


@dataclass(frozen=True, slots=True)
class _Sums:
    """What is promised of a pool's resource, and where the last part of it stands in the file."""

    promised: dict[tuple[str, str], int] = field(default_factory=dict)
    last: dict[tuple[str, str], Location] = field(default_factory=dict)

    def add(self, pool: str, key: str, nominal: int, at: Location) -> None:
        self.promised[pool, key] = self.promised.get((pool, key), 0) + nominal
        if nominal:
            self.last[pool, key] = (*at, key, "nominal")


def quota_problems(
    environment: Environment, pools: Mapping[str, PoolPlan], quotas: Quotas, problem: Add
) -> Iterator[Problem]:
    """Quotas of what isn't there, sums above what the pools hold, queues beyond Kueue's limits."""
    known = dict.fromkeys(pool.name for pool in environment.node_pools)
    offers = {name: offered_by(pool) for name, pool in pools.items()}
    sums = _Sums()
    for t, team in once(environment.teams):
        for pool, stated in team.quota.items():
            at: Location = ("teams", t, "quota", pool)
            yield from _entry(known, offers, at, pool, stated, problem)
            for key, quota in stated.items():
                if key in offers.get(pool, ()):
                    yield from _own(team, pool, quota, (*at, key), problem)
                    sums.add(pool, key, quota.nominal or 0, at)
        for pool in team.pool_weights:
            if pool not in known:
                yield _unknown_pool(known, ("teams", t, "pool_weights", pool), pool, problem)
        yield from _within_kueue(quotas, pools, offers, team, t, problem)
    for c, cohort in enumerate(environment.cohorts):
        for pool, limits in cohort.quota.items():
            at = ("cohorts", c, "quota", pool)
            yield from _entry(known, offers, at, pool, limits, problem)
            for key, own in limits.items():
                if key in offers.get(pool, ()):
                    sums.add(pool, key, own.nominal, at)
    yield from _sums(environment, pools, offers, sums, problem)


def _entry(
    known: Mapping[str, None],
    offers: Mapping[str, Mapping[str, str]],
    at: Location,
    pool: str,
    stated: Mapping[str, Quota] | Mapping[str, CohortQuota],
    problem: Add,
) -> Iterator[Problem]:
    if pool not in known:
        yield _unknown_pool(known, at, pool, problem)
    elif pool in offers:
        for key in stated:
            if key not in offers[pool]:
                fix = "take one of these, or cut the pool's GPUs that way under mig"
                yield problem((*at, key), key, f"what {pool} offers: {', '.join(offers[pool])}", fix)


def _unknown_pool(known: Mapping[str, None], at: Location, pool: str, problem: Add) -> Problem:
    return problem(at, pool, f"a pool of this file: {', '.join(sorted(known))}", "correct the name")


def _own(team: TeamSpec, pool: str, quota: Quota, at: Location, problem: Add) -> Iterator[Problem]:
    if quota.nominal is None:
        if not weight_in(team, pool):
            fix = "give nominal (0 to borrow only), or give the team a weight"
            yield problem(at, "a quota without number and weight", "nominal, or a weight of the team", fix)
    elif quota.lending_limit is not None and quota.lending_limit > quota.nominal:
        where = (*at, "lending_limit")
        yield problem(where, quota.lending_limit, f"at most nominal, {quota.nominal}", "lower it")


def _within_kueue(
    quotas: Quotas,
    pools: Mapping[str, PoolPlan],
    offers: Mapping[str, Mapping[str, str]],
    team: TeamSpec,
    t: int,
    problem: Add,
) -> Iterator[Problem]:
    named = quotas.teams[team.name]
    fix = "give pool_weights and quota only for the pools that the team works on"
    if len(named) > MAX_FLAVORS:
        yield problem(("teams", t), f"a queue of {len(named)} pools", f"at most Kueue's {MAX_FLAVORS}", fix)
        return
    devices = {resource for pool in named for resource in offers[pool].values()}
    fabric = sum(any(name in pools[pool].capacity for pool in named) for name in FABRIC_RESOURCES)
    entries = len(named) * (_HOST_RESOURCES + fabric + len(devices))
    if entries > MAX_QUOTAS:
        got = f"a queue of {entries} quotas, each resource of {len(named)} pools in each of them"
        yield problem(("teams", t), got, f"at most Kueue's {MAX_QUOTAS}", fix)


def _sums(
    environment: Environment,
    pools: Mapping[str, PoolPlan],
    offers: Mapping[str, Mapping[str, str]],
    sums: _Sums,
    problem: Add,
) -> Iterator[Problem]:
    percents = {spec.name: spec.overcommit_percent for spec in environment.node_pools}
    for (pool, key), promised in sums.promised.items():
        held = pools[pool].capacity[offers[pool][key]]
        limit = most(held, percents[pool])
        if promised > limit:
            owners = "all teams and cohorts" if environment.cohorts else "all teams"
            got = f"a sum of {promised} {key} of {pool} over {owners}"
            beyond = f", {limit} with overcommit_percent" if limit > held else ""
            expected = f"at most the {held} that the pool holds{beyond}"
            percent = -(-100 * (promised - held) // held)
            fix = (
                f"lower the nominal quotas by {promised - limit}, enlarge the pool, or allow it: "
                f"overcommit_percent: {percent}"
            )
            yield problem(sums.last[pool, key], got, expected, fix)


def within_quota(
    usable: Mapping[tuple[str, str], Mapping[str, int]],
    at: Location,
    team: str,
    pool: str,
    key: str,
    needed: int,
    problem: Add,
) -> Iterator[Problem]:
    """A need that the team's own quota and what it may borrow can never meet."""
    most_of_it = usable.get((pool, key), {}).get(team, 0)
    if needed > most_of_it:
        got = f"a need of {needed} {key} of {pool} at once"
        fix = f"raise {team}'s nominal quota or borrowing limit for {pool}, or ask for less"
        yield problem(at, got, f"at most the {most_of_it} that team {team} can own and borrow", fix)

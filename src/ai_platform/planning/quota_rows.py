"""What a plan says about quotas: who owns what of a pool, what moves between owners, and what nobody owns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..components.cohort_tree import Holding, usable
from ..components.queue_spec import FlavorQuota, ResourceQuota
from ..components.shares import shared_by_parts
from ..gpu.node_plan import FABRIC_RESOURCES, PoolPlan
from .gpu_units import units_of
from .quotas import Quotas, Reach, offered_by

# Kueue admits only what it has a quota of, so a team's own pods need one of fabric interfaces too.
_BESIDE = ("cpu", "memory", *FABRIC_RESOURCES)


@dataclass(frozen=True, slots=True)
class TeamQuota:
    """What a team may use of one resource of a pool."""

    pool: str
    resource: str
    """As Kubernetes names it; ``memory`` is in GiB."""
    guaranteed: int
    """The team's own."""
    borrowable: int
    """What it can borrow on top while all others are idle."""
    lendable: int
    """What others can get of its own while it is idle."""


@dataclass(frozen=True, slots=True)
class PoolQuota:
    """Who owns one resource of a pool at its largest size."""

    pool: str
    resource: str
    """As Kubernetes names it; ``memory`` is in GiB."""
    capacity: int
    """What all nodes offer."""
    teams: int
    """Sum of what teams own."""
    cohorts: int
    """Sum of what cohorts own themselves."""
    idle: int
    """What no quota covers, so that nobody can use it."""
    overcommitted: int
    """What quotas promise beyond the capacity."""


@dataclass(frozen=True, slots=True)
class PoolShares:
    """A pool by its owners: teams under their names, cohorts under ``cohort/<name>``."""

    plan: PoolPlan
    resources: Mapping[str, str]
    """Quota key to Kubernetes resource."""
    beside: Mapping[str, Mapping[str, int]]
    """``cpu``, ``memory`` and fabric interfaces, resource to owner to amount: they follow the GPUs."""
    usable: Mapping[str, Mapping[str, int]]
    """Resource to team to what it can own and borrow at most."""


def cohort_owner(name: str) -> str:
    """The name of a cohort among the owners of a pool; no team has one with a slash."""
    return f"cohort/{name}"


def shares_of(pools: Mapping[str, PoolPlan], quotas: Quotas, reach: Reach) -> dict[str, PoolShares]:
    """Each pool by its owners. CPUs and memory go by the largest remainder, so nobody is a whole unit off."""
    held: dict[str, dict[str, Mapping[str, Holding]]] = {name: {} for name in pools}
    for team, entries in quotas.teams.items():
        for pool, holdings in entries.items():
            held[pool][team] = holdings
    for cohort, entries in quotas.cohorts.items():
        for pool, holdings in entries.items():
            held[pool][cohort_owner(cohort)] = holdings
    return {name: _pool_shares(pool, held[name], reach, quotas) for name, pool in pools.items()}


def _pool_shares(
    pool: PoolPlan,
    held: Mapping[str, Mapping[str, Holding]],
    reach: Reach,
    quotas: Quotas,
) -> PoolShares:
    offered = offered_by(pool)
    units = units_of(pool, offered)
    parts = {
        owner: sum([units.devices[key] * item.nominal for key, item in items.items()])
        for owner, items in held.items()
    }
    amounts = {name: pool.capacity[name] for name in _BESIDE if name in pool.capacity}
    beside = {name: shared_by_parts(amount, parts, units.whole) for name, amount in amounts.items()}
    cohorts = [name for name, _ in quotas.tree if cohort_owner(name) in held]
    usable_here = {resource: reach.get((pool.name, key), {}) for key, resource in offered.items()}
    for name in amounts:
        usable_here[name] = usable(
            quotas.tree,
            {cohort: Holding(beside[name][cohort_owner(cohort)]) for cohort in cohorts},
            (
                (team, quotas.cohort_of[team], Holding(amount))
                for team, amount in beside[name].items()
                if team in quotas.cohort_of
            ),
        )
    return PoolShares(pool, offered, beside, usable_here)


def team_quotas(team: str, pool: PoolShares, held: Mapping[str, Holding]) -> Iterator[TeamQuota]:
    """The team's rows of one pool, without resources that it neither owns nor can borrow."""
    name = pool.plan.name
    for key, holding in held.items():
        resource = pool.resources[key]
        reached = pool.usable[resource][team]
        if reached:
            nominal = holding.nominal
            yield TeamQuota(name, resource, nominal, reached - nominal, holding.lendable)
    for resource, amounts in pool.beside.items():
        amount, reach = amounts[team], pool.usable[resource][team]
        if reach:
            yield TeamQuota(name, resource, amount, reach - amount, amount)


def pool_quotas(pools: Mapping[str, PoolShares], quotas: Quotas) -> tuple[PoolQuota, ...]:
    """What quotas take of each resource of each pool, and what they leave."""
    sums: dict[tuple[str, str, bool], int] = {}
    for of_cohort, owners in ((False, quotas.teams), (True, quotas.cohorts)):
        for entries in owners.values():
            for pool, held in entries.items():
                for key, holding in held.items():
                    at = (pool, key, of_cohort)
                    sums[at] = sums.get(at, 0) + holding.nominal
    rows = []
    for name, shares in pools.items():
        for key, resource in shares.resources.items():
            rows.append(
                _pool_row(shares, resource, sums.get((name, key, False), 0), sums.get((name, key, True), 0))
            )
        for resource, amounts in shares.beside.items():
            teams = sum(amount for owner, amount in amounts.items() if owner in quotas.cohort_of)
            rows.append(_pool_row(shares, resource, teams, sum(amounts.values()) - teams))
    return tuple(rows)


def _pool_row(pool: PoolShares, resource: str, teams: int, cohorts: int) -> PoolQuota:
    plan = pool.plan
    capacity = plan.capacity.get(resource, 0)
    spare = capacity - teams - cohorts
    return PoolQuota(
        pool=plan.name,
        resource=resource,
        capacity=capacity,
        teams=teams,
        cohorts=cohorts,
        idle=max(0, spare),
        overcommitted=max(0, -spare),
    )


def covered_by(pools: Sequence[PoolShares]) -> tuple[str, ...]:
    """The devices that any of these pools offers: Kueue wants every flavor of a queue to name the same."""
    devices = {resource for pool in pools for resource in pool.resources.values()}
    fabric = {name for pool in pools for name in FABRIC_RESOURCES if name in pool.beside}
    return tuple(sorted(devices | fabric))


def flavor_of(
    owner: str, pool: PoolShares, held: Mapping[str, Holding], covered: Sequence[str], rest: Holding
) -> FlavorQuota:
    """The owner's quota in a pool; ``rest`` stands for devices of which it was given nothing."""
    devices = {pool.resources[key]: holding for key, holding in held.items()}
    devices |= {name: Holding(pool.beside[name][owner]) for name in FABRIC_RESOURCES if name in pool.beside}
    return FlavorQuota(
        name=pool.plan.name,
        resources=(
            _quota("cpu", Holding(pool.beside["cpu"][owner])),
            _quota("memory", Holding(pool.beside["memory"][owner])),
            *[_quota(resource, devices.get(resource, rest)) for resource in covered],
        ),
    )


@lru_cache(maxsize=4096)
def _quota(resource: str, holding: Holding) -> ResourceQuota:
    unit = "Gi" if resource == "memory" else ""
    borrowing, lending = holding.borrowing_limit, holding.lending_limit
    return ResourceQuota(
        name=resource,
        nominal_quota=f"{holding.nominal}{unit}",
        borrowing_limit=None if borrowing is None else str(borrowing),
        lending_limit=None if lending is None else str(lending),
    )

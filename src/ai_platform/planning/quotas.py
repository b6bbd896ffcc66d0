"""Quotas of an environment in devices: fixed numbers as they stand, and by weight what these leave.

A queue names a pool where its team has a ``quota`` or a weight, and no other: without a number or a weight a
team neither owns nor borrows there. Time and size grow with these entries, not with teams times pools.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..components.cohort_spec import ROOT_COHORT, CohortSpec
from ..components.cohort_tree import CohortTree, Holding, cohort_tree, usable
from ..components.shares import shared_by_weight
from ..components.team_spec import TeamSpec
from ..environment import Environment
from ..gpu.mig.layout import SHARED_GPU, WHOLE_GPU
from ..gpu.mig.profiles import profiles, resource_name
from ..gpu.node_plan import PoolPlan, gpu_of
from ..gpu.tpus import TPU_RESOURCE

GPUS = "gpus"
TPUS = "tpus"
SHARED_GPUS = "shared_gpus"
_WHOLE = {GPUS: WHOLE_GPU, SHARED_GPUS: SHARED_GPU, TPUS: TPU_RESOURCE}
Held = dict[str, dict[str, dict[str, Holding]]]
"""Owner to pool to quota key to what it holds."""

Reach = Mapping[tuple[str, str], Mapping[str, int]]
"""(Pool, quota key) to team to the devices that it can own and borrow at most."""


@dataclass(frozen=True, slots=True)
class Quotas:
    """What teams and cohorts hold of pools, and how cohorts lie within each other."""

    teams: Held
    cohorts: Held
    tree: CohortTree
    cohort_of: Mapping[str, str]
    """Team to cohort."""


def offered_by(pool: PoolPlan) -> dict[str, str]:
    """Quota keys of a pool and their Kubernetes resources."""
    keys = {key: resource for key, resource in _WHOLE.items() if pool.capacity.get(resource)}
    return keys | {
        name: resource_name(name)
        for name in (profiles(gpu_of(pool)) if pool.mig_capable else ())
        if pool.capacity.get(resource_name(name))
    }


def resource_of(key: str) -> str:
    """Kubernetes' name of a quota key: ``gpus`` is nvidia.com/gpu, a profile its MIG resource."""
    return _WHOLE.get(key) or resource_name(key)


def most(capacity: int, overcommit_percent: int) -> int:
    """What the quotas of a resource may sum to."""
    return capacity * (100 + overcommit_percent) // 100


def weight_in(team: TeamSpec, pool: str) -> int:
    """The team's weight in a pool; 0 where it has none."""
    return team.pool_weights.get(pool, team.weight or 0)


def once(teams: Sequence[TeamSpec]) -> Iterator[tuple[int, TeamSpec]]:
    """Teams with their index, without those whose name was there before."""
    seen = set[str]()
    for index, team in enumerate(teams):
        if team.name not in seen:
            seen.add(team.name)
            yield index, team


def quotas_of(environment: Environment, pools: Mapping[str, PoolPlan]) -> Quotas:
    """Who holds what of ``pools``. Entries for other pools, and for resources they lack, are left out."""
    offers = {name: offered_by(pool) for name, pool in pools.items()}
    teams = [team for _, team in once(environment.teams)]
    order = {name: index for index, name in enumerate(pools)}
    named = {team.name: _pools_of(team, order) for team in teams}
    cohorts = {spec.name: _cohort_holdings(spec, offers) for spec in environment.cohorts}
    fixed: dict[tuple[str, str], int] = {}
    for entries in cohorts.values():
        for pool, held in entries.items():
            for key, holding in held.items():
                fixed[pool, key] = fixed.get((pool, key), 0) + holding.nominal
    weights: dict[tuple[str, str], dict[str, int]] = {}
    for team in teams:
        for pool in named[team.name]:
            quota = team.quota.get(pool, {})
            weight = weight_in(team, pool)
            for key in offers[pool]:
                stated = quota[key].nominal if key in quota else None
                if stated is not None:
                    fixed[pool, key] = fixed.get((pool, key), 0) + stated
                elif weight:
                    weights.setdefault((pool, key), {})[team.name] = weight
    percents = {spec.name: spec.overcommit_percent for spec in environment.node_pools}
    shares = {
        (pool, key): shared_by_weight(
            max(0, most(pools[pool].capacity[offers[pool][key]], percents[pool]) - fixed.get((pool, key), 0)),
            by_team,
        )
        for (pool, key), by_team in weights.items()
    }
    return Quotas(
        teams={team.name: _team_holdings(team, named[team.name], offers, shares) for team in teams},
        cohorts=cohorts,
        tree=_tree(environment.cohorts),
        cohort_of={team.name: team.cohort or ROOT_COHORT for team in teams},
    )


def usable_by_team(quotas: Quotas) -> Reach:
    """What each team can use while all others are idle."""
    queues: dict[tuple[str, str], list[tuple[str, str, Holding]]] = {}
    for team, entries in quotas.teams.items():
        for pool, held in entries.items():
            for key, holding in held.items():
                queues.setdefault((pool, key), []).append((team, quotas.cohort_of[team], holding))
    own: dict[tuple[str, str], dict[str, Holding]] = {}
    for cohort, entries in quotas.cohorts.items():
        for pool, held in entries.items():
            for key, holding in held.items():
                own.setdefault((pool, key), {})[cohort] = holding
    return {at: usable(quotas.tree, own.get(at, {}), members) for at, members in queues.items()}


def _pools_of(team: TeamSpec, order: Mapping[str, int]) -> list[str]:
    """The pools that the team's queue names, in the order of the description."""
    if team.weight:
        return [pool for pool in order if weight_in(team, pool) or pool in team.quota]
    named = dict.fromkeys([*team.quota, *(pool for pool, weight in team.pool_weights.items() if weight)])
    return sorted((pool for pool in named if pool in order), key=order.__getitem__)


def _team_holdings(
    team: TeamSpec,
    pools: Sequence[str],
    offers: Mapping[str, Mapping[str, str]],
    shares: Mapping[tuple[str, str], Mapping[str, int]],
) -> dict[str, dict[str, Holding]]:
    entries: dict[str, dict[str, Holding]] = {}
    for pool in pools:
        quota, weighted = team.quota.get(pool, {}), weight_in(team, pool)
        held: dict[str, Holding] = {}
        for key in offers[pool]:
            stated = quota.get(key)
            if stated is None:
                if weighted:
                    held[key] = Holding(shares[pool, key][team.name])
            elif stated.nominal is not None:
                held[key] = Holding(stated.nominal, stated.borrowing_limit, stated.lending_limit)
            else:
                nominal = shares[pool, key][team.name] if weighted else 0
                lending = stated.lending_limit
                # Kueue refuses to lend more than is owned, and the share moves with the pool's size.
                lending = None if lending is None or lending >= nominal else lending
                held[key] = Holding(nominal, stated.borrowing_limit, lending)
        entries[pool] = held
    return entries


def _cohort_holdings(
    spec: CohortSpec, offers: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, Holding]]:
    return {
        pool: {
            key: Holding(quota.nominal, quota.borrowing_limit, quota.lending_limit)
            for key in keys
            if (quota := spec.quota[pool].get(key))
        }
        for pool, keys in offers.items()
        if pool in spec.quota
    }


def _tree(specs: Sequence[CohortSpec]) -> CohortTree:
    parents: dict[str, str | None] = {ROOT_COHORT: None}
    for spec in specs:
        if spec.name != ROOT_COHORT:
            parents.setdefault(spec.name, spec.parent or ROOT_COHORT)
    return cohort_tree(parents)

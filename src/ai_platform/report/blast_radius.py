"""What depends on a thing: on what the plan says of it, and on what the preview's dependencies say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from ..plan import Plan
from .danger_finding import named
from .preview import ResourceChange

BESIDE = ("cpu", "memory")
"""Resources of which every quota has some, because it has GPUs."""


def on_pool(plan: Plan | None, pool: str) -> tuple[str, ...]:
    """Endpoints, training runs and teams that use a pool."""
    return named(_on_pools(plan, {pool})) if plan else ()


def on_cluster(plan: Plan | None) -> tuple[str, ...]:
    """All endpoints, training runs and teams."""
    return named(_on_pools(plan, {pool.name for pool in plan.pools})) if plan else ()


def on_device(plan: Plan | None, pool: str, devices: Iterable[str]) -> tuple[str, ...]:
    """Endpoints, training runs and teams that use some of these Kubernetes resources of a pool."""
    if plan is None:
        return ()
    wanted = set(devices)
    return named(
        [
            *(
                f"endpoint {e.team}/{e.name}"
                for e in plan.endpoints
                if e.pool == pool and e.resource in wanted
            ),
            *(
                f"training run {job.team}/{job.name}"
                for job in plan.training_jobs
                if job.pool == pool and "nvidia.com/gpu" in wanted
            ),
            *(
                f"team {team.name}"
                for team in plan.teams
                if any(q.pool == pool and q.resource in wanted and q.guaranteed for q in team.quotas)
            ),
        ]
    )


def of_team(plan: Plan | None, team: str) -> tuple[str, ...]:
    """Endpoints and training runs of a team, and how much it was guaranteed."""
    if plan is None:
        return ()
    held = {
        f"{quota.guaranteed} × {quota.resource} of {quota.pool}"
        for plan_of in plan.teams
        if plan_of.name == team
        for quota in plan_of.quotas
        if quota.guaranteed and quota.resource not in BESIDE
    }
    return named(
        [
            *(f"endpoint {e.team}/{e.name}" for e in plan.endpoints if e.team == team),
            *(f"training run {job.team}/{job.name}" for job in plan.training_jobs if job.team == team),
            *(f"quota of {text}" for text in sorted(held)),
        ]
    )


def of_storage(plan: Plan | None, storage: str, teams: Sequence[str]) -> tuple[str, ...]:
    """Runs that mount a storage, and teams that may use it."""
    runs = [
        f"training run {job.team}/{job.name}"
        for job in (plan.training_jobs if plan else ())
        if storage in job.mounts
    ]
    return named([*runs, *(f"team {team}" for team in teams)])


def needed_by(changes: Iterable[ResourceChange]) -> dict[str, list[ResourceChange]]:
    """URN to the resources that name it as dependency, parent or provider."""
    found: dict[str, list[ResourceChange]] = {}
    for change in changes:
        for need in dict.fromkeys([*change.dependencies, change.parent, change.provider]):
            if need:
                found.setdefault(need, []).append(change)
    return found


def dependents(urn: str, needing: Mapping[str, Sequence[ResourceChange]]) -> tuple[ResourceChange, ...]:
    """Resources that need this one, through any number of others; components are left out."""
    found: dict[str, ResourceChange] = {}
    open_ends = [urn]
    while open_ends:
        for change in needing.get(open_ends.pop(), ()):
            if change.urn not in found and change.urn != urn:
                found[change.urn] = change
                open_ends.append(change.urn)
    return tuple(sorted((c for c in found.values() if c.custom), key=lambda change: change.urn))


def of_resource(urn: str, needing: Mapping[str, Sequence[ResourceChange]]) -> tuple[str, ...]:
    """What the preview says depends on a resource."""
    return named(f"{change.type.rpartition(':')[2]} {change.name}" for change in dependents(urn, needing))


def _on_pools(plan: Plan, pools: Set[str]) -> Iterator[str]:
    for endpoint in plan.endpoints:
        if not pools.isdisjoint((endpoint.pool, *endpoint.fall_back_to)):
            yield f"endpoint {endpoint.team}/{endpoint.name}"
    for job in plan.training_jobs:
        if not pools.isdisjoint((job.pool, *job.fall_back_to)):
            yield f"training run {job.team}/{job.name}"
    for team in plan.teams:
        for quota in team.quotas:
            if quota.pool in pools and quota.guaranteed and quota.resource not in BESIDE:
                yield f"team {team.name}"
                break

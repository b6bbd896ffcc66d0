"""What two plans show of quotas: less than runs, less than before, narrower limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..components.team_spec import Quota, TeamSpec
from ..gpu.mig.layout import WHOLE_GPU
from ..gpu.tpus import TPU_RESOURCE
from ..plan import Plan, resource_of
from ..planning.quota_rows import TeamQuota
from .blast_radius import BESIDE
from .danger_finding import Finding, finding, named, place
from .model import Grade
from .resource_names import roots
from .side import Side


class Share(NamedTuple):
    """One resource of one pool, of one team."""

    team: str
    pool: str
    resource: str
    """As Kubernetes names it."""


Usage = Mapping[Share, int]
"""What runs now, in devices."""


def quotas(before: Side, after: Side, usage: Usage | None = None) -> Iterator[Finding]:
    """Quotas of teams that stay, on pools that stay."""
    old, new = _shares(before.plan), _shares(after.plan)
    serving, training = _needs(after.plan)
    pools = {pool.name for pool in after.plan.pools}
    held: dict[str, list[Share]] = {}
    for share in old:
        if share.pool in pools:
            held.setdefault(share.team, []).append(share)
    for index, team in enumerate(after.environment.teams):
        for share in held.get(team.name, ()):
            yield from _cut(after, index, share, old[share], new.get(share), (serving, training), usage or {})
    yield from _limits(before, after, new, serving + training)


def _cut(
    after: Side,
    index: int,
    share: Share,
    was: TeamQuota,
    now: TeamQuota | None,
    needs: tuple[Counter[Share], Counter[Share]],
    usage: Usage,
) -> Iterator[Finding]:
    left = now.guaranteed if now else 0
    if left >= was.guaranteed:
        return
    serving, training = needs
    needed, used = serving[share] + training[share], usage.get(share, 0)
    root, *within = roots(after.environment.name, "team", share.team)
    pool_root = roots(after.environment.name, "pool", share.pool)[0]
    at = place(after, "teams", index, "quota", share.pool)
    text = f"{share.resource} of {share.pool}: {was.guaranteed} → {left} guaranteed to {share.team}"
    what = f"team {share.team} is guaranteed {left} × {share.resource} of {share.pool}"
    on_it = _on(after.plan, share)
    if left < max(needed, used):
        reach = now.guaranteed + now.borrowable if now else 0
        rest = (
            "the rest runs on what others lend, and stops when they want it back"
            if reach >= needed
            else ("the rest can't run at all")
        )
        need = f"its endpoints and runs need {needed}" if needed > left else f"{used} are in use now"
        yield finding(
            "quota-below-use",
            f"{root} {share.pool} {share.resource}",
            f"{what}, but {need}; {rest}",
            text,
            grade=None if serving[share] > left or used > left else Grade.MEDIUM,
            within=(root, pool_root, *within),
            place=at,
            blast_radius=on_it,
        )
    else:
        yield finding(
            "quota-cut",
            f"{root} {share.pool} {share.resource}",
            f"{what}, {was.guaranteed - left} fewer than before; what is described still fits",
            text,
            within=(root, pool_root, f"{pool_root} size", f"{pool_root} guarantees", *within),
            place=at,
            blast_radius=on_it,
        )


def _limits(
    before: Side, after: Side, new: Mapping[Share, TeamQuota], needs: Counter[Share]
) -> Iterator[Finding]:
    olds = {team.name: team for team in before.environment.teams}
    was = _shares(before.plan)
    for index, team in enumerate(after.environment.teams):
        if team.name not in olds:
            continue
        for pool, key, old, now in _stated(olds[team.name], team):
            tighter = [
                f"{name}: {'none' if past is None else past} → {limit}"
                for name, past, limit in (
                    ("borrowing_limit", old.borrowing_limit, now.borrowing_limit),
                    ("lending_limit", old.lending_limit, now.lending_limit),
                )
                if limit is not None and (past is None or limit < past)
            ]
            if not tighter:
                continue
            share = Share(team.name, pool, resource_of(key))
            less = [other for other in was if _reaches_less(other, share, was, new)]
            borrowers = [other for other in less if needs[other] > _own(new, other)]
            relies = bool(borrowers)
            others = named(other.team for other in less if other.team != team.name)
            said = f"; {', '.join(others)} can borrow less" if others else ""
            held = sum(needs[other] - _own(new, other) for other in borrowers)
            root, *within = roots(after.environment.name, "team", team.name)
            pool_root = roots(after.environment.name, "pool", pool)[0]
            yield finding(
                "borrowing-tightened",
                f"{root} {pool} {share.resource} limits",
                f"team {team.name} {'borrows less of' if 'borrowing' in tighter[0] else 'lends less of'} "
                f"{share.resource} of {pool}"
                f"{said}" + (f"; {held} of what is described there is borrowed" if relies else ""),
                "; ".join(tighter),
                grade=None if relies else Grade.LOW,
                within=(root, pool_root, *within),
                place=place(after, "teams", index, "quota", pool, key),
                blast_radius=named(text for other in borrowers for text in _on(after.plan, other)),
            )


def _own(shares: Mapping[Share, TeamQuota], share: Share) -> int:
    return shares[share].guaranteed if share in shares else 0


def _reaches_less(
    other: Share, share: Share, was: Mapping[Share, TeamQuota], now: Mapping[Share, TeamQuota]
) -> bool:
    """Whether somebody borrows less of the same devices than before."""
    alike = (other.pool, other.resource) == (share.pool, share.resource)
    return alike and other in now and now[other].borrowable < was[other].borrowable


def _stated(old: TeamSpec, new: TeamSpec) -> Iterator[tuple[str, str, Quota, Quota]]:
    """(Pool, quota key, before, after) of what both descriptions say."""
    for pool, keys in new.quota.items():
        for key, now in keys.items():
            was = old.quota.get(pool, {}).get(key)
            if was is not None and was != now:
                yield pool, key, was, now


def _shares(plan: Plan) -> dict[Share, TeamQuota]:
    return {
        Share(team.name, row.pool, row.resource): row
        for team in plan.teams
        for row in team.quotas
        if row.resource not in BESIDE and "/" in row.resource and not _fabric(row.resource)
    }


def _fabric(resource: str) -> bool:
    """Fabric interfaces follow the GPUs, and so would say the same once more."""
    return not resource.startswith(("nvidia.com/gpu", "nvidia.com/mig", TPU_RESOURCE))


def _needs(plan: Plan) -> tuple[Counter[Share], Counter[Share]]:
    """Devices that endpoints at min_replicas need, and those of training runs."""
    serving, training = Counter[Share](), Counter[Share]()
    for endpoint in plan.endpoints:
        share = Share(endpoint.team, endpoint.pool, endpoint.resource)
        serving[share] += endpoint.devices * endpoint.fewest_replicas
    for job in plan.training_jobs:
        resource = WHOLE_GPU if job.tpus_per_worker is None else TPU_RESOURCE
        each = job.gpus_per_worker if job.tpus_per_worker is None else job.tpus_per_worker
        training[Share(job.team, job.pool, resource)] += each * job.workers
    return serving, training


def _on(plan: Plan, share: Share) -> tuple[str, ...]:
    return named(
        [
            *(f"endpoint {e.team}/{e.name}" for e in plan.endpoints if (e.team, e.pool, e.resource) == share),
            *(
                f"training run {job.team}/{job.name}"
                for job in plan.training_jobs
                if (job.team, job.pool) == share[:2] and share.resource in {WHOLE_GPU, TPU_RESOURCE}
            ),
        ]
    )

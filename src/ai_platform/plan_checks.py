"""What contradicts itself in a description that is well formed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from .components.errors import Problem
from .environment import Environment, dotted
from .gpu import machines
from .gpu.layout import WHOLE_GPU
from .gpu.machines import mig_capable
from .gpu.mig import device_memory_mib, profiles
from .gpu.node_plan import PoolPlan, plan_pool
from .gpu.placement import why_not
from .gpu.spec import NodePoolSpec
from .marks import Marks
from .quota_checks import Add, Location, quota_problems, within_quota
from .quotas import Quotas, offered_by, quotas_of, usable_by_team
from .serving import models
from .serving.fit import fit, vllm_arguments
from .serving.spec import EndpointSpec
from .team_checks import cohort_problems, priority_problems, team_problems


@dataclass(frozen=True, slots=True)
class Checked:
    """Every contradiction of a description, and what was worked out to find them."""

    problems: Sequence[Problem]
    pools: Mapping[str, PoolPlan]
    """Pools that have no problem in themselves, by name."""
    quotas: Quotas


@dataclass(frozen=True, slots=True)
class _Names:
    """What an endpoint or a run may name."""

    teams: Mapping[str, None]
    pools: Mapping[str, None]


def checked(environment: Environment, marks: Marks | None = None) -> Checked:
    """Looks for every contradiction, each with its place in the file."""

    def problem(location: Location, got: object, expected: str, fix: str) -> Problem:
        return Problem(dotted(location), got, expected, fix, marks.line(location) if marks else None)

    repeated = list(_repeated_names(environment, problem))
    broken = [list(_pool(pool, ("node_pools", i), problem)) for i, pool in enumerate(environment.node_pools)]
    # A pool that is wrong in itself says nothing about quotas and models.
    pools = {
        spec.name: plan_pool(spec)
        for spec, found in zip(environment.node_pools, broken, strict=True)
        if not found
    }
    quotas = quotas_of(environment, pools)
    usable = usable_by_team(quotas)
    names = _Names(
        dict.fromkeys(spec.name for spec in environment.teams),
        dict.fromkeys(spec.name for spec in environment.node_pools),
    )
    problems = chain(
        repeated,
        chain.from_iterable(broken),
        team_problems(environment, problem),
        cohort_problems(environment, problem),
        priority_problems(environment, problem),
        quota_problems(environment, pools, quotas, problem),
        _endpoints(environment, pools, names, usable, problem),
        _training(environment, pools, names, usable, problem),
    )
    return Checked(list(problems), pools, quotas)


Usable = Mapping[tuple[str, str], Mapping[str, int]]
"""(Pool, quota key) to team to the devices that it can own and borrow at most."""


def _repeated_names(environment: Environment, problem: Add) -> Iterator[Problem]:
    groups: list[tuple[str, Sequence[tuple[str, str]]]] = [
        ("node_pools", [("", pool.name) for pool in environment.node_pools]),
        ("teams", [("", team.name) for team in environment.teams]),
        ("cohorts", [("", cohort.name) for cohort in environment.cohorts]),
        ("priorities", [("", priority.name) for priority in environment.priorities]),
        ("endpoints", [(endpoint.team, endpoint.name) for endpoint in environment.endpoints]),
        ("training_jobs", [(job.team, job.name) for job in environment.training_jobs]),
    ]
    for group, names in groups:
        first: dict[tuple[str, str], int] = {}
        for index, name in enumerate(names):
            if name in first:
                fix = f"rename one of {group}[{first[name]}] and {group}[{index}]"
                yield problem((group, index, "name"), name[1], "a name used once", fix)
            first.setdefault(name, index)


def _pool(spec: NodePoolSpec, at: Location, problem: Add) -> Iterator[Problem]:
    if spec.min_nodes > spec.max_nodes:
        yield problem((*at, "min_nodes"), spec.min_nodes, f"at most max_nodes, {spec.max_nodes}", "lower it")
    row = machines.machine(spec.machine)
    if row is None:
        close = machines.closest(spec.machine)
        fix = f"did you mean {' or '.join(close)}?" if close else "take a machine of AWS or GCP with GPUs"
        yield problem((*at, "machine"), spec.machine, "a machine of the catalog", fix)
        return
    wanted = sum(entry.nodes for entry in spec.mig)
    if wanted > spec.max_nodes:
        fix = "raise max_nodes or lower nodes"
        yield problem((*at, "mig"), f"a layout for {wanted} nodes", f"at most {spec.max_nodes}", fix)
    if spec.mig and not mig_capable(row):
        fix = "remove mig, or take a machine with A100, H100, H200 or B200 GPUs"
        yield problem((*at, "mig"), spec.machine, f"a machine whose GPUs can be cut; {row.gpu} can't", fix)
        return
    for e, entry in enumerate(spec.mig):
        cut = sum(part.count for part in entry.gpus)
        where = (*at, "mig", e, "gpus")
        if cut > row.gpu_count:
            yield problem(where, f"a layout of {cut} GPUs", f"at most {row.gpu_count}", "lower count")
        for p, part in enumerate(entry.gpus):
            reason = why_not(row.gpu, part.devices)
            if reason:
                offered = ", ".join(profiles(row.gpu))
                fix = f"change the counts; profiles of {row.gpu}: {offered}"
                yield problem((*where, p, "devices"), dict(part.devices), f"what fits: {reason}", fix)


def _placed(names: _Names, at: Location, team: str, pool: str, problem: Add) -> Iterator[Problem]:
    if team not in names.teams:
        yield problem((*at, "team"), team, "a team of this file", "correct the name or add the team")
    if pool not in names.pools:
        expected = f"a pool of this file: {', '.join(names.pools)}"
        yield problem((*at, "pool"), pool, expected, "correct the name or add the pool")


def _endpoints(
    environment: Environment, pools: Mapping[str, PoolPlan], names: _Names, usable: Usable, problem: Add
) -> Iterator[Problem]:
    for index, spec in enumerate(environment.endpoints):
        at: Location = ("endpoints", index)
        yield from _placed(names, at, spec.team, spec.pool, problem)
        if spec.min_replicas > spec.max_replicas:
            expected = f"at most max_replicas, {spec.max_replicas}"
            yield problem((*at, "min_replicas"), spec.min_replicas, expected, "lower it")
        if (spec.gpus is None) == (spec.mig_profile is None):
            got = "a replica without GPU" if spec.gpus is None else "a replica with both"
            yield problem(at, got, "either gpus or mig_profile", "give one of the two")
            continue
        if spec.pool not in pools:
            continue
        pool = pools[spec.pool]
        size = list(_size(spec, pool, at, problem))
        yield from size or _fits(spec, pool, at, problem)
        if not size and spec.team in names.teams:
            key, each = (spec.mig_profile, 1) if spec.mig_profile else ("gpus", spec.gpus or 1)
            needed = each * spec.max_replicas
            yield from within_quota(usable, at, spec.team, pool.name, key, needed, problem)


def _size(spec: EndpointSpec, pool: PoolPlan, at: Location, problem: Add) -> Iterator[Problem]:
    offered = offered_by(pool)
    if spec.mig_profile and spec.mig_profile not in offered:
        expected = f"what {pool.name} offers: {', '.join(offered)}"
        yield problem((*at, "mig_profile"), spec.mig_profile, expected, "take one of these, or change mig")
    largest = max((node.resources[WHOLE_GPU] for node in pool.nodes), default=0)
    if spec.gpus and spec.gpus > largest:
        expected = f"at most the {largest} whole GPUs of one node of {pool.name}"
        yield problem((*at, "gpus"), spec.gpus, expected, "ask for fewer, or cut fewer GPUs under mig")


def _fits(spec: EndpointSpec, pool: PoolPlan, at: Location, problem: Add) -> Iterator[Problem]:
    model = models.model(spec.model)
    if model is None:
        close = models.closest(spec.model)
        fix = f"did you mean {' or '.join(close)}?" if close else "take a model of the catalog"
        yield problem((*at, "model"), spec.model, "a model of the catalog", fix)
        return
    sized = fit(
        model,
        gpu=pool.gpu,
        device_memory_mib=device_memory_mib(pool.gpu, spec.mig_profile),
        context_length=spec.context_length,
        concurrency=spec.concurrency,
        devices=spec.gpus or 1,
        mig=spec.mig_profile is not None,
        precision=spec.precision,
        kv_cache_precision=spec.kv_cache_precision,
    )
    device = spec.mig_profile or f"{spec.gpus} × {pool.gpu}"
    for reason in sized.reasons:
        fix = "take a larger device, a shorter context_length, a lower concurrency or a smaller precision"
        yield problem(
            (*at, "model"), f"a model that {device} can't serve, {spec.model}", f"what fits: {reason}", fix
        )
    if sized.fits:
        try:
            vllm_arguments(sized)
        except ValueError as error:
            yield problem((*at, "precision"), spec.precision, str(error), "take the model's own precision")


def _training(
    environment: Environment, pools: Mapping[str, PoolPlan], names: _Names, usable: Usable, problem: Add
) -> Iterator[Problem]:
    for index, spec in enumerate(environment.training_jobs):
        at: Location = ("training_jobs", index)
        yield from _placed(names, at, spec.team, spec.pool, problem)
        if spec.pool not in pools:
            continue
        pool = pools[spec.pool]
        largest = max((node.resources[WHOLE_GPU] for node in pool.nodes), default=0)
        if spec.gpus_per_worker > largest:
            expected = f"at most the {largest} whole GPUs of one node of {pool.name}"
            yield problem((*at, "gpus_per_worker"), spec.gpus_per_worker, expected, "ask for fewer")
            continue
        needed = spec.workers * spec.gpus_per_worker
        if spec.team in names.teams:
            yield from within_quota(usable, at, spec.team, pool.name, "gpus", needed, problem)

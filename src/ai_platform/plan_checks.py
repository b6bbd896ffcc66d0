"""What contradicts itself in a description that is well formed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from .quota_checks import Add, Location, offered_by, quota_problems, within_quota
from .serving import models
from .serving.fit import fit, vllm_arguments
from .serving.spec import EndpointSpec


def problems_in(environment: Environment, marks: Marks | None = None) -> list[Problem]:
    """Every contradiction, each with its place in the file."""

    def problem(location: Location, got: object, expected: str, fix: str) -> Problem:
        return Problem(dotted(location), got, expected, fix, marks.line(location) if marks else None)

    names = _repeated_names(environment, problem)
    broken = [list(_pool(pool, ("node_pools", i), problem)) for i, pool in enumerate(environment.node_pools)]
    # A pool that is wrong in itself says nothing about quotas and models.
    pools = {
        spec.name: plan_pool(spec)
        for spec, found in zip(environment.node_pools, broken, strict=True)
        if not found
    }
    return list(
        chain(
            names,
            chain.from_iterable(broken),
            quota_problems(environment, pools, problem),
            _endpoints(environment, pools, problem),
            _training(environment, pools, problem),
        )
    )


def _repeated_names(environment: Environment, problem: Add) -> Iterator[Problem]:
    groups: list[tuple[str, Sequence[tuple[str, str]]]] = [
        ("node_pools", [("", pool.name) for pool in environment.node_pools]),
        ("teams", [("", team.name) for team in environment.teams]),
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


def _placed(
    environment: Environment, pools: dict[str, PoolPlan], at: Location, team: str, pool: str, problem: Add
) -> Iterator[Problem]:
    teams = [spec.name for spec in environment.teams]
    if team not in teams:
        yield problem((*at, "team"), team, "a team of this file", "correct the name or add the team")
    names = [spec.name for spec in environment.node_pools]
    if pool not in names:
        expected = f"a pool of this file: {', '.join(names)}"
        yield problem((*at, "pool"), pool, expected, "correct the name or add the pool")


def _endpoints(environment: Environment, pools: dict[str, PoolPlan], problem: Add) -> Iterator[Problem]:
    for index, spec in enumerate(environment.endpoints):
        at: Location = ("endpoints", index)
        yield from _placed(environment, pools, at, spec.team, spec.pool, problem)
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
        if not size:
            key, each = (spec.mig_profile, 1) if spec.mig_profile else ("gpus", spec.gpus or 1)
            needed = each * spec.max_replicas
            yield from within_quota(environment, pool, at, spec.team, key, needed, problem)


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


def _training(environment: Environment, pools: dict[str, PoolPlan], problem: Add) -> Iterator[Problem]:
    for index, spec in enumerate(environment.training_jobs):
        at: Location = ("training_jobs", index)
        yield from _placed(environment, pools, at, spec.team, spec.pool, problem)
        if spec.pool not in pools:
            continue
        pool = pools[spec.pool]
        largest = max((node.resources[WHOLE_GPU] for node in pool.nodes), default=0)
        if spec.gpus_per_worker > largest:
            expected = f"at most the {largest} whole GPUs of one node of {pool.name}"
            yield problem((*at, "gpus_per_worker"), spec.gpus_per_worker, expected, "ask for fewer")
            continue
        needed = spec.workers * spec.gpus_per_worker
        yield from within_quota(environment, pool, at, spec.team, "gpus", needed, problem)

"""What contradicts itself in the endpoints of a description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..catalogs import prices_of
from ..components.cohort_tree import Holding
from ..components.errors import Problem
from ..environment import Environment
from ..finops.prices import Price
from ..gpu.mig.layout import WHOLE_GPU
from ..gpu.node_plan import PoolPlan
from ..planning.chosen_devices import why_no_device, with_device
from ..planning.prices import price_of
from ..planning.quotas import GPUS, Quotas, offered_by
from ..serving import models
from ..serving.canary import replicas_beside
from ..serving.model import Model
from ..serving.spec import EndpointSpec
from .canaries import canary_problems
from .mounts import endpoint_mount_problems
from .quotas import Add, Location, within_quota
from .unfit import unfit, unknown_model

Usable = Mapping[tuple[str, str], Mapping[str, int]]
"""(Pool, quota key) to team to the devices that it can own and borrow at most."""


@dataclass(frozen=True, slots=True)
class Names:
    """What an endpoint or a run may name."""

    teams: Mapping[str, None]
    pools: Mapping[str, None]


def placed(names: Names, at: Location, team: str, pool: str, problem: Add) -> Iterator[Problem]:
    if team not in names.teams:
        yield problem((*at, "team"), team, "a team of this file", "correct the name or add the team")
    if pool not in names.pools:
        expected = f"a pool of this file: {', '.join(names.pools)}"
        yield problem((*at, "pool"), pool, expected, "correct the name or add the pool")


def endpoint_problems(
    environment: Environment,
    pools: Mapping[str, PoolPlan],
    names: Names,
    quotas: Quotas,
    usable: Usable,
    own: Mapping[str, Model],
    problem: Add,
) -> Iterator[Problem]:
    """Endpoints of what isn't there, and models that don't fit where they shall run."""
    broken = {spec.name for spec in environment.models} - own.keys()
    book = prices_of(environment)
    for index, spec in enumerate(environment.endpoints):
        at: Location = ("endpoints", index)
        yield from placed(names, at, spec.team, spec.pool, problem)
        yield from endpoint_mount_problems(environment, spec, at, problem)
        if spec.min_replicas > spec.max_replicas:
            expected = f"at most max_replicas, {spec.max_replicas}"
            yield problem((*at, "min_replicas"), spec.min_replicas, expected, "lower it")
        if spec.gpus and spec.mig_profile:
            expected = "gpus or mig_profile, or neither for the cheapest device"
            yield problem(at, "a replica with both", expected, "remove one of the two")
            continue
        if spec.pool not in pools or spec.model in broken:
            continue
        pool = pools[spec.pool]
        if pool.tpu:
            expected = f"a pool of GPUs: the image of vLLM here has no build for {pool.tpu.tpu}"
            yield problem((*at, "pool"), spec.pool, expected, "name another pool")
            continue
        price = price_of(pool, book, environment.region)
        held = quotas.teams.get(spec.team, {}).get(spec.pool)
        spec = with_device(spec, pool, held, price, own, usable)
        size = list(_size(spec, pool, at, problem))
        yield from size or _fits(spec, pool, held, price, own, at, problem)
        yield from canary_problems(environment, spec, pool, own, at, problem)
        if not size and (spec.gpus or spec.mig_profile) and spec.team in names.teams:
            key, each = (spec.mig_profile, 1) if spec.mig_profile else (GPUS, spec.gpus or 1)
            needed = each * (spec.max_replicas + replicas_beside(spec))
            yield from within_quota(usable, at, spec.team, pool.name, key, needed, problem)


def _size(spec: EndpointSpec, pool: PoolPlan, at: Location, problem: Add) -> Iterator[Problem]:
    offered = offered_by(pool)
    if spec.mig_profile and spec.mig_profile not in offered:
        expected = f"what {pool.name} offers: {', '.join(offered)}"
        yield problem((*at, "mig_profile"), spec.mig_profile, expected, "take one of these, or change mig")
    if (spec.gpus or 1) % spec.pipeline_parallel:
        expected = f"a number that divides the {spec.gpus or 1} GPUs of a replica"
        yield problem((*at, "pipeline_parallel"), spec.pipeline_parallel, expected, "change one of the two")
    largest = max((node.resources[WHOLE_GPU] for node in pool.nodes), default=0)
    if spec.gpus and spec.gpus > largest:
        expected = f"at most the {largest} whole GPUs of one node of {pool.name}"
        yield problem((*at, "gpus"), spec.gpus, expected, "ask for fewer, or cut fewer GPUs under mig")


def _fits(
    spec: EndpointSpec,
    pool: PoolPlan,
    held: Mapping[str, Holding] | None,
    price: Price | None,
    own: Mapping[str, Model],
    at: Location,
    problem: Add,
) -> Iterator[Problem]:
    model = models.model(spec.model, own)
    if model is None:
        yield unknown_model(spec.model, own, at, problem)
        return
    if not spec.gpus and not spec.mig_profile:
        reason = why_no_device(spec, pool, held, price, own)
        expected = (
            f"what fits: {reason}" if reason else f"what {pool.name} and {spec.team}'s quota there offer"
        )
        fix = "name gpus or mig_profile to see why it doesn't fit, or ask for less"
        yield problem((*at, "model"), f"a model for which no device fits, {spec.model}", expected, fix)
        return
    yield from unfit(spec, model, pool, at, problem)

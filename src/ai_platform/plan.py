"""The plan: everything that an environment comes to, worked out before anything is touched.

A pure function of the description: no engine, no cloud, no clock. The same description gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction

from pydantic import BaseModel, ConfigDict

from .auto_layouts import Layouts
from .catalogs import prices_of
from .chosen_devices import with_device
from .components.errors import InvalidInput
from .components.queue_spec import FlavorQuota, ResourceQuota, TeamQueueSpec
from .components.shares import shared_out
from .components.team_spec import Quota, TeamSpec
from .environment import Environment
from .finops.cost import CostRange, total
from .finops.prices import Price
from .gpu.layout import WHOLE_GPU
from .gpu.mig import gpu_share, resource_name
from .gpu.node_plan import PoolPlan
from .gpu.spec import TrainingJobSpec
from .marks import Marks
from .plan_checks import problems_in
from .plan_prices import (
    Cost,
    PoolPrice,
    TokenPrice,
    cost_of,
    pool_cost,
    pool_price,
    price_of,
    replica_hour,
    replicas_cost,
    shared,
    token_price,
)
from .serving.endpoint_fit import endpoint_fit
from .serving.model import Model
from .serving.models import model as catalog_model
from .serving.own_models import own_models
from .serving.spec import EndpointSpec
from .serving.vllm_arguments import vllm_arguments

COHORT = "teams"
GPUS = "gpus"


class TeamPlan(BaseModel):
    """What a team owns and what that costs when all of it runs."""

    model_config = ConfigDict(frozen=True)

    name: str
    namespace: str
    group: str
    cost_center: str | None
    queue: TeamQueueSpec
    guaranteed_cost: Cost
    """Cost a month of its nominal GPUs and slices, at the price of their pools."""


class EndpointPlan(BaseModel):
    """A model that is proven to fit, and how vLLM is started for it."""

    model_config = ConfigDict(frozen=True)

    name: str
    team: str
    namespace: str
    model: str
    pool: str
    resource: str
    devices: int
    cpu: int
    memory_gib: int
    arguments: tuple[str, ...]
    min_replicas: int
    max_replicas: int
    kv_cache_tokens: int
    max_concurrency: int
    memory_used_percent: int
    """Weights and the cache asked for, of what vLLM may use."""
    cost: Cost
    """Cost a month of its smallest and of its largest number of replicas."""
    usd_per_million_tokens: TokenPrice | None
    """At the throughput that the description gives; ``None`` without one, or without a price."""


class TrainingPlan(BaseModel):
    """A gang of equal workers."""

    model_config = ConfigDict(frozen=True)

    name: str
    team: str
    namespace: str
    pool: str
    workers: int
    gpus_per_worker: int
    cpu: int
    memory_gib: int
    image: str
    command: tuple[str, ...]
    simulated_seconds: int


class Plan(BaseModel):
    """Pools, quotas, endpoints, training runs and their cost."""

    model_config = ConfigDict(frozen=True)

    environment: str
    pools: tuple[PoolPlan, ...]
    teams: tuple[TeamPlan, ...]
    endpoints: tuple[EndpointPlan, ...]
    training_jobs: tuple[TrainingPlan, ...]
    pool_prices: dict[str, PoolPrice | None]
    """Hourly price of each pool; ``None`` where it is unknown."""
    pool_costs: dict[str, Cost]
    cost: Cost
    unassigned_cost: Cost
    """Cost a month of devices that no team is guaranteed, at the largest size of the pools."""
    unused_cost: Cost
    """Cost a month of what MIG layouts leave to no device, at the largest size of the pools."""
    digest: str = ""
    """SHA-256 of everything above, for comparing two plans."""


def make_plan(environment: Environment, *, subject: str | None = None, marks: Marks | None = None) -> Plan:
    """Works out the plan. Raises ``InvalidInput`` with every contradiction in the description."""
    problems = problems_in(environment, marks)
    if problems:
        raise InvalidInput(subject or f"environment {environment.name!r}", problems)
    automatic, book = Layouts(environment), prices_of(environment)
    pools = tuple(automatic.plan(spec) for spec in environment.node_pools)
    by_name = {pool.name: pool for pool in pools}
    prices = {pool.name: price_of(pool, book, environment.region) for pool in pools}
    costs = {pool.name: pool_cost(pool, prices[pool.name]) for pool in pools}
    bearers = shared(environment.teams, pools, costs, resource_of)
    own, _ = own_models(environment.models)
    teams = {team.name: team for team in environment.teams}
    plan = Plan(
        environment=environment.name,
        pools=pools,
        teams=_teams(environment.teams, pools, bearers.teams),
        endpoints=tuple(
            _endpoint(with_device(spec, pool, teams[spec.team], price, own), pool, price, own)
            for spec in environment.endpoints
            for pool, price in [(by_name[spec.pool], prices[spec.pool])]
        ),
        training_jobs=tuple(_training(spec, by_name[spec.pool]) for spec in environment.training_jobs),
        pool_prices={pool.name: pool_price(pool, prices[pool.name]) for pool in pools},
        pool_costs={name: cost_of(cost) for name, cost in costs.items()},
        cost=cost_of(total(costs.values())),
        unassigned_cost=cost_of(bearers.unassigned),
        unused_cost=cost_of(bearers.unused),
    )
    return plan.model_copy(update={"digest": digest_of(plan)})


def digest_of(plan: Plan) -> str:
    """SHA-256 over the plan as canonical JSON, without the digest itself."""
    content = plan.model_dump(mode="json", exclude={"digest"})
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def resource_of(key: str) -> str:
    """Kubernetes' name of a quota key: ``gpus`` is nvidia.com/gpu, a profile its MIG resource."""
    return WHOLE_GPU if key == GPUS else resource_name(key)


def _share(pool: PoolPlan, key: str, count: int) -> Fraction:
    """The part of the pool's GPUs that ``count`` devices take."""
    each = Fraction(1) if key == GPUS else gpu_share(pool.gpu, key)
    return each * count / (pool.gpus_per_node * pool.max_nodes)


def _teams(
    specs: list[TeamSpec], pools: tuple[PoolPlan, ...], guaranteed: Mapping[str, CostRange]
) -> tuple[TeamPlan, ...]:
    shares = {
        pool.name: {
            spec.name: sum(
                (_share(pool, key, quota.nominal) for key, quota in spec.quota.get(pool.name, {}).items()),
                Fraction(0),
            )
            for spec in specs
        }
        for pool in pools
    }
    cpus = {pool.name: shared_out(pool.capacity["cpu"], shares[pool.name]) for pool in pools}
    memories = {pool.name: shared_out(pool.capacity["memory"], shares[pool.name]) for pool in pools}
    covered = _covered(pools)
    plans = []
    for spec in specs:
        flavors = tuple(
            FlavorQuota(
                name=pool.name,
                resources=(
                    ResourceQuota(name="cpu", nominal_quota=str(cpus[pool.name][spec.name])),
                    ResourceQuota(name="memory", nominal_quota=f"{memories[pool.name][spec.name]}Gi"),
                    *_devices(spec.quota[pool.name], covered),
                ),
            )
            for pool in pools
            if pool.name in spec.quota
        )
        plans.append(
            TeamPlan(
                name=spec.name,
                namespace=spec.name,
                group=spec.group or spec.name,
                cost_center=spec.cost_center,
                queue=TeamQueueSpec(team=spec.name, namespace=spec.name, cohort=COHORT, flavors=flavors),
                guaranteed_cost=cost_of(guaranteed[spec.name]),
            )
        )
    return tuple(plans)


def _covered(pools: tuple[PoolPlan, ...]) -> tuple[str, ...]:
    """The devices that any pool offers. Kueue wants every flavor of a queue to name the same resources."""
    names = {name for pool in pools for name, count in pool.capacity.items() if count and "/" in name}
    return tuple(sorted(names))


def _devices(quotas: Mapping[str, Quota], covered: tuple[str, ...]) -> list[ResourceQuota]:
    by_resource = {resource_of(key): quota for key, quota in quotas.items()}
    # What a team was given nothing of it may not borrow either.
    nothing = Quota(nominal=0, borrowing_limit=0)
    return [
        ResourceQuota(
            name=name,
            nominal_quota=str(quota.nominal),
            borrowing_limit=None if quota.borrowing_limit is None else str(quota.borrowing_limit),
            lending_limit=None if quota.lending_limit is None else str(quota.lending_limit),
        )
        for name in covered
        for quota in [by_resource.get(name, nothing)]
    ]


def _host_part(pool: PoolPlan, share: Fraction) -> tuple[int, int]:
    """CPUs and GiB beside a share of one node's GPUs: its part, less a tenth for the system."""
    part = share / pool.gpus_per_node * Fraction(9, 10)
    return max(1, int(pool.vcpu * part)), max(1, int(pool.memory_gib * part))


def _endpoint(
    spec: EndpointSpec, pool: PoolPlan, price: Price | None, own: Mapping[str, Model]
) -> EndpointPlan:
    model = catalog_model(spec.model, own)
    if model is None:
        raise LookupError(spec.model)
    sized = endpoint_fit(spec, model, pool.gpu)
    key = spec.mig_profile or GPUS
    share = gpu_share(pool.gpu, key) if spec.mig_profile else Fraction(spec.gpus or 1)
    cpu, memory_gib = _host_part(pool, share)
    usable = sized.weights_mib + sized.kv_cache_mib
    hour = replica_hour(pool, price, resource_of(key), spec.gpus or 1)
    return EndpointPlan(
        name=spec.name,
        team=spec.team,
        namespace=spec.team,
        model=model.name,
        pool=pool.name,
        resource=resource_of(key),
        devices=spec.gpus or 1,
        cpu=cpu,
        memory_gib=memory_gib,
        arguments=vllm_arguments(sized),
        min_replicas=spec.min_replicas,
        max_replicas=spec.max_replicas,
        kv_cache_tokens=sized.kv_cache_tokens,
        max_concurrency=sized.max_concurrency,
        memory_used_percent=100 - 100 * _spare_mib(sized.kv_cache_mib, sized.kv_cache_tokens, spec) // usable,
        cost=replicas_cost(pool, hour, spec.min_replicas, spec.max_replicas),
        usd_per_million_tokens=token_price(hour, spec.tokens_per_second),
    )


def _spare_mib(cache_mib: int, cache_tokens: int, spec: EndpointSpec) -> int:
    wanted = spec.context_length * spec.concurrency
    return cache_mib * max(0, cache_tokens - wanted) // max(1, cache_tokens)


def _training(spec: TrainingJobSpec, pool: PoolPlan) -> TrainingPlan:
    cpu, memory_gib = _host_part(pool, Fraction(spec.gpus_per_worker))
    return TrainingPlan(
        name=spec.name,
        team=spec.team,
        namespace=spec.team,
        pool=pool.name,
        workers=spec.workers,
        gpus_per_worker=spec.gpus_per_worker,
        cpu=cpu,
        memory_gib=memory_gib,
        image=spec.image,
        command=tuple(spec.command),
        simulated_seconds=spec.simulated_seconds,
    )

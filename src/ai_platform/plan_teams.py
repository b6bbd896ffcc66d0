"""What a plan says about teams: their queues, their quotas and what these cost."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from pydantic import BaseModel, ConfigDict

from .components.queue_spec import FlavorQuota, ResourceQuota, TeamQueueSpec
from .components.shares import shared_out
from .components.team_spec import Quota, TeamSpec
from .finops.cost import CostRange, share_of_amount, total
from .gpu.layout import WHOLE_GPU
from .gpu.mig import gpu_share, resource_name
from .gpu.node_plan import PoolPlan
from .plan_cost import Cost, cost_of

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


def resource_of(key: str) -> str:
    """Kubernetes' name of a quota key: ``gpus`` is nvidia.com/gpu, a profile its MIG resource."""
    return WHOLE_GPU if key == GPUS else resource_name(key)


def _share(pool: PoolPlan, key: str, count: int) -> Fraction:
    """The part of the pool's GPUs that ``count`` devices take."""
    each = Fraction(1) if key == GPUS else gpu_share(pool.gpu, key)
    return each * count / (pool.gpus_per_node * pool.max_nodes)


def team_plans(
    specs: list[TeamSpec], pools: tuple[PoolPlan, ...], costs: Mapping[str, CostRange]
) -> tuple[TeamPlan, ...]:
    """Each team with its queue: CPUs and memory follow its part of each pool's GPUs."""
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
        guaranteed = total(
            CostRange(
                share_of_amount(costs[pool.name].maximum, shares[pool.name][spec.name]),
                share_of_amount(costs[pool.name].maximum, shares[pool.name][spec.name]),
                costs[pool.name].unknown,
            )
            for pool in pools
            if shares[pool.name][spec.name]
        )
        plans.append(
            TeamPlan(
                name=spec.name,
                namespace=spec.name,
                group=spec.group or spec.name,
                cost_center=spec.cost_center,
                queue=TeamQueueSpec(team=spec.name, namespace=spec.name, cohort=COHORT, flavors=flavors),
                guaranteed_cost=cost_of(guaranteed),
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

"""What of a platform's cost is watched: rules with the plan's prices, a dashboard, OpenCost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import pulumi

from .components.cluster_spec import EksSpec, GkeSpec
from .cost_tags import environment_tags
from .environment import Environment
from .finops.accounting import AccountedPool
from .finops.cost_metrics import CostMetrics, CostMetricsSpec
from .finops.opencost import MachineRate, PoolRate
from .plan import Plan


def make_cost_metrics(
    name: str,
    environment: Environment,
    plan: Plan,
    watched: Sequence[pulumi.Resource],
    parent: pulumi.Resource,
) -> None:
    """Rules, dashboard and OpenCost beside Prometheus; nothing where nobody asked for them."""
    if not watched or environment.monitoring is None or not environment.monitoring.cost:
        return
    budgets = {team.name: team.budget.monthly_usd for team in environment.teams if team.budget is not None}
    spec = CostMetricsSpec(
        environment=environment.name,
        charts=environment.charts,
        labels=environment_tags(environment).kubernetes(),
    )
    CostMetrics(
        f"{name}-cost",
        spec,
        pulumi.ResourceOptions(parent=parent, depends_on=[*watched]),
        pools=accounted_pools(plan),
        rates=rates(environment, plan),
        budgets=budgets,
    )


def accounted_pools(plan: Plan) -> list[AccountedPool]:
    """The pools as the rules of Prometheus need them."""
    return [
        AccountedPool(
            pool.name,
            pool.gpus_per_node,
            pool.gpus_per_device,
            Fraction(price.usd_per_node_hour) / pool.gpus_per_node if price else None,
        )
        for pool in plan.pools
        for price in [plan.pool_prices[pool.name]]
    ]


def rates(environment: Environment, plan: Plan) -> list[PoolRate | MachineRate]:
    """Known prices of nodes: of each pool, and of the system's nodes."""
    return [*_pools(plan), *_system(environment, plan)]


def _pools(plan: Plan) -> Iterator[PoolRate]:
    for pool in plan.pools:
        price = plan.pool_prices[pool.name]
        if price:
            yield PoolRate(pool.name, price.usd_per_node_hour)


def _system(environment: Environment, plan: Plan) -> Iterator[MachineRate]:
    spec = environment.cluster
    if not isinstance(spec, EksSpec | GkeSpec):
        return
    for part in plan.cluster:
        if part.item == spec.system_nodes.machine and part.usd_per_hour is not None:
            yield MachineRate(environment.region, part.item, part.usd_per_hour)

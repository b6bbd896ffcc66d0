"""The plan: everything that an environment comes to, worked out before anything is touched.

A pure function of the description: no engine, no cloud, no clock. The same description gives the same bytes.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from .catalogs import prices_of
from .checks.description import checked
from .components.errors import InvalidInput
from .components.priority_spec import PrioritySpec, all_priorities
from .components.queue_spec import CohortQuotaSpec
from .components.topology import kueue_sees_all_nodes
from .environment import Environment
from .finops.cost import total
from .gpu.node_plan import PoolPlan
from .marks import Marks
from .planning.chosen_devices import with_device
from .planning.cluster import ClusterPartPlan, cluster_plan
from .planning.endpoints import EndpointPlan, endpoint_plan
from .planning.expected_nodes import expected_nodes, work_by_pool
from .planning.prices import Cost, PoolPrice, cost_of, idle_costs, pool_cost, pool_price, price_of, shared
from .planning.prompts import PromptPlan, prompt_plans
from .planning.quota_rows import PoolQuota, pool_quotas, shares_of
from .planning.rollouts import with_rollouts
from .planning.teams import COHORT, TeamPlan, cohort_plans, resource_of, team_plans
from .planning.training import TrainingPlan, training_plan

__all__ = [
    "COHORT",
    "Cost",
    "EndpointPlan",
    "Plan",
    "PoolQuota",
    "TeamPlan",
    "TrainingPlan",
    "digest_of",
    "make_plan",
    "resource_of",
]


class Plan(BaseModel):
    """Pools, quotas, endpoints, training runs and their cost."""

    model_config = ConfigDict(frozen=True)

    environment: str
    pools: tuple[PoolPlan, ...]
    pool_quotas: tuple[PoolQuota, ...]
    """Who owns each resource of each pool, and what nobody owns."""
    cohorts: tuple[CohortQuotaSpec, ...]
    """The tree of cohorts, its root first."""
    priorities: tuple[PrioritySpec, ...]
    fair_sharing: bool
    """Whether Kueue's manager must share idle quota by weight."""
    topology: bool
    """Whether Kueue chooses nodes; not where an autoscaler brings them."""
    teams: tuple[TeamPlan, ...]
    endpoints: tuple[EndpointPlan, ...]
    training_jobs: tuple[TrainingPlan, ...]
    prompts: tuple[PromptPlan, ...]
    expected_nodes: dict[str, Decimal]
    """Nodes of each pool that run on average over a month."""
    pool_prices: dict[str, PoolPrice | None]
    """Hourly price of each pool; ``None`` where it is unknown."""
    pool_costs: dict[str, Cost]
    idle_costs: dict[str, dict[str, Cost]]
    """Cost a month of devices that no quota covers, by pool and resource, with the pools at their largest."""
    cluster: tuple[ClusterPartPlan, ...]
    """What the cluster itself is paid for by the hour; nothing for one that is simulated or exists."""
    cluster_cost: Cost
    """Cost a month of the cluster itself. No team bears it."""
    cost: Cost
    """Cost a month of the pools and of the cluster."""
    unassigned_cost: Cost
    """Cost a month of devices that no team is guaranteed."""
    unused_cost: Cost
    """Cost a month of what MIG layouts leave to no device."""
    digest: str = ""
    """SHA-256 of everything above, for comparing two plans."""


def make_plan(environment: Environment, *, subject: str | None = None, marks: Marks | None = None) -> Plan:
    """Works out the plan. Raises ``InvalidInput`` with every contradiction in the description."""
    found = checked(environment, marks)
    if found.problems:
        raise InvalidInput(subject or f"environment {environment.name!r}", found.problems)
    pools, quotas, own = found.pools, found.quotas, found.models
    book = prices_of(environment)
    prices = {name: price_of(pool, book, environment.region) for name, pool in pools.items()}
    endpoints = tuple(
        endpoint_plan(with_device(spec, pool, held, price, own, found.usable), pool, price, own, environment)
        for spec in environment.endpoints
        for pool, price in [(pools[spec.pool], prices[spec.pool])]
        for held in [quotas.teams[spec.team].get(spec.pool)]
    )
    topology = kueue_sees_all_nodes(environment.cluster.provider)
    jobs = tuple(
        training_plan(spec, pools[spec.pool], environment, topology=topology)
        for spec in environment.training_jobs
    )
    endpoints = with_rollouts(endpoints, jobs, pools, quotas)
    work = work_by_pool(endpoints, jobs)
    nodes = {
        spec.name: expected_nodes(spec, pools[spec.name], work.get(spec.name, {}))
        for spec in environment.node_pools
    }
    costs = {name: pool_cost(pool, prices[name], nodes[name]) for name, pool in pools.items()}
    shares = shares_of(pools, quotas, found.usable)
    bearers = shared(quotas, pools, costs)
    cluster, cluster_cost = cluster_plan(environment.cluster, book, environment.region)
    rows = pool_quotas(shares, quotas)
    plan = Plan(
        environment=environment.name,
        pools=tuple(pools.values()),
        pool_quotas=rows,
        cohorts=cohort_plans(environment, shares, quotas),
        priorities=all_priorities(environment.priorities),
        fair_sharing=environment.fair_sharing,
        topology=topology,
        teams=team_plans(environment, shares, quotas, bearers.teams),
        endpoints=endpoints,
        training_jobs=jobs,
        prompts=prompt_plans(environment.prompts),
        expected_nodes=nodes,
        pool_prices={name: pool_price(pool, prices[name]) for name, pool in pools.items()},
        pool_costs={name: cost_of(cost) for name, cost in costs.items()},
        idle_costs=idle_costs(rows, pools, prices),
        cluster=cluster,
        cluster_cost=cost_of(cluster_cost),
        cost=cost_of(total([*costs.values(), cluster_cost])),
        unassigned_cost=cost_of(bearers.unassigned),
        unused_cost=cost_of(bearers.unused),
    )
    return plan.model_copy(update={"digest": digest_of(plan)})


def digest_of(plan: Plan) -> str:
    """SHA-256 over the plan as JSON, without the digest itself.

    Fields come in the order of their models, and mappings in an order of the plan's own (pools as described,
    devices as catalogued), so that neither hashes nor the order of keys in the file show.
    """
    return hashlib.sha256(plan.model_dump_json(exclude={"digest"}).encode()).hexdigest()

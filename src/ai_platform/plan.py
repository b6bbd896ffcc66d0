"""The plan: everything that an environment comes to, worked out before anything is touched.

A pure function of the description: no engine, no cloud, no clock. The same description gives the same bytes.
"""

from __future__ import annotations

import hashlib

from pydantic import BaseModel, ConfigDict

from .components.errors import InvalidInput
from .components.priority_spec import PrioritySpec, all_priorities
from .components.queue_spec import CohortQuotaSpec
from .environment import Environment
from .finops.cost import total
from .gpu.node_plan import PoolPlan
from .marks import Marks
from .plan_checks import checked
from .plan_cost import Cost, cost_of, pool_cost
from .plan_endpoints import EndpointPlan, endpoint_plan
from .plan_quotas import PoolQuota, pool_quotas, shares_of
from .plan_teams import COHORT, TeamPlan, cohort_plans, resource_of, team_plans
from .plan_training import TrainingPlan, training_plan

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
    teams: tuple[TeamPlan, ...]
    endpoints: tuple[EndpointPlan, ...]
    training_jobs: tuple[TrainingPlan, ...]
    pool_costs: dict[str, Cost]
    cost: Cost
    digest: str = ""
    """SHA-256 of everything above, for comparing two plans."""


def make_plan(environment: Environment, *, subject: str | None = None, marks: Marks | None = None) -> Plan:
    """Works out the plan. Raises ``InvalidInput`` with every contradiction in the description."""
    found = checked(environment, marks)
    if found.problems:
        raise InvalidInput(subject or f"environment {environment.name!r}", found.problems)
    pools, quotas = found.pools, found.quotas
    costs = {name: pool_cost(pool, environment.region) for name, pool in pools.items()}
    shares = shares_of(pools, quotas)
    plan = Plan(
        environment=environment.name,
        pools=tuple(pools.values()),
        pool_quotas=pool_quotas(shares, quotas),
        cohorts=cohort_plans(environment, shares, quotas),
        priorities=all_priorities(environment.priorities),
        fair_sharing=environment.fair_sharing,
        teams=team_plans(environment, shares, quotas, costs),
        endpoints=tuple(endpoint_plan(spec, pools[spec.pool]) for spec in environment.endpoints),
        training_jobs=tuple(training_plan(spec, pools[spec.pool]) for spec in environment.training_jobs),
        pool_costs={name: cost_of(cost) for name, cost in costs.items()},
        cost=cost_of(total(costs.values())),
    )
    return plan.model_copy(update={"digest": digest_of(plan)})


def digest_of(plan: Plan) -> str:
    """SHA-256 over the plan as JSON, without the digest itself.

    Fields come in the order of their models, and mappings in an order of the plan's own (pools as described,
    devices as catalogued), so that neither hashes nor the order of keys in the file show.
    """
    return hashlib.sha256(plan.model_dump_json(exclude={"digest"}).encode()).hexdigest()

"""The plan: everything that an environment comes to, worked out before anything is touched.

A pure function of the description: no engine, no cloud, no clock. The same description gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json

from pydantic import BaseModel, ConfigDict

from .components.errors import InvalidInput
from .environment import Environment
from .finops.cost import total
from .gpu.node_plan import PoolPlan, plan_pool
from .marks import Marks
from .plan_checks import problems_in
from .plan_cost import Cost, cost_of, pool_cost
from .plan_endpoints import EndpointPlan, endpoint_plan
from .plan_teams import COHORT, TeamPlan, resource_of, team_plans
from .plan_training import TrainingPlan, training_plan

__all__ = [
    "COHORT",
    "Cost",
    "EndpointPlan",
    "Plan",
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
    teams: tuple[TeamPlan, ...]
    endpoints: tuple[EndpointPlan, ...]
    training_jobs: tuple[TrainingPlan, ...]
    pool_costs: dict[str, Cost]
    cost: Cost
    digest: str = ""
    """SHA-256 of everything above, for comparing two plans."""


def make_plan(environment: Environment, *, subject: str | None = None, marks: Marks | None = None) -> Plan:
    """Works out the plan. Raises ``InvalidInput`` with every contradiction in the description."""
    problems = problems_in(environment, marks)
    if problems:
        raise InvalidInput(subject or f"environment {environment.name!r}", problems)
    pools = tuple(plan_pool(spec) for spec in environment.node_pools)
    by_name = {pool.name: pool for pool in pools}
    costs = {pool.name: pool_cost(pool, environment.region) for pool in pools}
    plan = Plan(
        environment=environment.name,
        pools=pools,
        teams=team_plans(environment.teams, pools, costs),
        endpoints=tuple(endpoint_plan(spec, by_name[spec.pool]) for spec in environment.endpoints),
        training_jobs=tuple(training_plan(spec, by_name[spec.pool]) for spec in environment.training_jobs),
        pool_costs={name: cost_of(cost) for name, cost in costs.items()},
        cost=cost_of(total(costs.values())),
    )
    return plan.model_copy(update={"digest": digest_of(plan)})


def digest_of(plan: Plan) -> str:
    """SHA-256 over the plan as canonical JSON, without the digest itself."""
    content = plan.model_dump(mode="json", exclude={"digest"})
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

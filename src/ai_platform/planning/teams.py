"""What a plan says about teams: their queues, their quotas and what these cost."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from ..components.cohort_spec import ROOT_COHORT
from ..components.cohort_tree import Holding
from ..components.pod_security import PodSecurity
from ..components.queue_spec import CohortQuotaSpec, TeamQueueSpec
from ..environment import Environment
from ..finops.cost import CostRange
from .prices import Cost, cost_of
from .quota_rows import PoolShares, TeamQuota, cohort_owner, covered_by, flavor_of, team_quotas
from .quotas import Quotas, resource_of

__all__ = ["COHORT", "TeamPlan", "cohort_plans", "resource_of", "team_plans"]

COHORT = ROOT_COHORT
# What a team was given nothing of it may not borrow either. Of a cohort it says nothing.
_NO_PART, _NO_OWN = Holding(borrowing_limit=0), Holding()


class TeamPlan(BaseModel):
    """What a team owns and what that costs when all of it runs."""

    model_config = ConfigDict(frozen=True)

    name: str
    namespace: str
    group: str
    cost_center: str | None
    pod_security: PodSecurity
    queue: TeamQueueSpec
    quotas: tuple[TeamQuota, ...]
    """The queue in numbers, pool by pool."""
    guaranteed_cost: Cost
    """Cost a month of its nominal GPUs and slices, its part of the nodes that run."""


def team_plans(
    environment: Environment,
    pools: Mapping[str, PoolShares],
    quotas: Quotas,
    guaranteed: Mapping[str, CostRange],
) -> tuple[TeamPlan, ...]:
    """Each team with its queue, which names the pools that the team has a quota or a weight in."""
    covered: dict[tuple[str, ...], tuple[str, ...]] = {}
    plans = []
    for spec in environment.teams:
        held = quotas.teams[spec.name]
        named = tuple(held)
        if named not in covered:
            covered[named] = covered_by([pools[name] for name in named])
        queue = TeamQueueSpec(
            team=spec.name,
            namespace=spec.name,
            cohort=quotas.cohort_of[spec.name],
            flavors=tuple(
                flavor_of(spec.name, pools[name], held[name], covered[named], _NO_PART) for name in named
            ),
            fair_sharing_weight=_weight(environment, spec.fair_sharing_weight),
        )
        plans.append(
            TeamPlan(
                name=spec.name,
                namespace=spec.name,
                group=spec.group or spec.name,
                cost_center=spec.cost_center,
                pod_security=spec.pod_security,
                queue=queue,
                quotas=tuple(
                    row for name in named for row in team_quotas(spec.name, pools[name], held[name])
                ),
                guaranteed_cost=cost_of(guaranteed[spec.name]),
            )
        )
    return tuple(plans)


def cohort_plans(
    environment: Environment, pools: Mapping[str, PoolShares], quotas: Quotas
) -> tuple[CohortQuotaSpec, ...]:
    """The root of the cohorts, then the others in the order of the description."""
    weights = {spec.name: spec.fair_sharing_weight for spec in environment.cohorts}
    parents = dict(quotas.tree)
    plans = []
    for name in dict.fromkeys([COHORT, *weights]):
        parent = parents[name]
        held = {pool: item for pool, item in quotas.cohorts.get(name, {}).items() if item}
        covered = covered_by([pools[pool] for pool in held])
        plans.append(
            CohortQuotaSpec(
                name=name,
                parent=parent,
                flavors=tuple(
                    flavor_of(cohort_owner(name), pools[pool], item, covered, _NO_OWN)
                    for pool, item in held.items()
                ),
                # The root competes with nobody.
                fair_sharing_weight=_weight(environment, weights.get(name)) if parent else None,
            )
        )
    return tuple(plans)


def _weight(environment: Environment, weight: int | None) -> int | None:
    return (1 if weight is None else weight) if environment.fair_sharing else None

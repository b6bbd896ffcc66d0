"""Nodes that always run and have nothing to do."""

from __future__ import annotations

from collections.abc import Iterator

from ..components.cluster_spec import ClusterProvider
from ..planning.expected_nodes import nodes_for, work_by_pool
from .model_money import Saving
from .variants import Bought, Planned, accepted, month, nodes_said, said


def idle_nodes(where: Planned) -> Iterator[Saving]:
    """Pools whose smallest size is above what described work takes.

    Not where the description says how many nodes run on average, where they are paid for anyway, and where
    nodes are somebody else's.
    """
    if where.environment.cluster.provider is ClusterProvider.EXISTING:
        return
    work = work_by_pool(where.plan.endpoints, where.plan.training_jobs)
    for pool in where.pools():
        spec = pool.spec
        needed = nodes_for(pool.plan, work.get(spec.name, {}))
        if spec.expected_nodes is not None or not pool.by_the_hour or spec.min_nodes <= needed:
            continue
        if accepted(where.environment, spec.model_copy(update={"min_nodes": needed})):
            yield Saving(
                what=f"Lower min_nodes of pool {where.prefix}{spec.name} from {spec.min_nodes} to {needed}.",
                monthly_usd=month(pool.price, spec.min_nodes) - month(pool.price, needed),
                why=f"Smallest replicas of its endpoints and described runs take {nodes_said(needed)}; "
                f"other work brings nodes when it comes{_covered(where, pool)}. A node: {said(pool.price)}.",
            )


def _covered(where: Planned, pool: Bought) -> str:
    """How many of the nodes that always run no quota covers, so that nobody can use them."""
    owned = {
        (row.resource, 1): row.teams + row.cohorts
        for row in where.plan.pool_quotas
        if row.pool == pool.spec.name and row.resource in pool.plan.gpus_per_device
    }
    over = pool.spec.min_nodes - nodes_for(pool.plan, owned)
    return f", and no quota covers {nodes_said(over)} of those that always run" if over > 0 else ""

"""A budget in the cloud of a cluster, from its description."""

from __future__ import annotations

import pulumi

from ..components.budget_spec import BudgetSpec
from ..components.cluster_spec import AnyClusterSpec, EksSpec, GkeSpec
from .cost_tags import CostTags


def make_budget(
    name: str,
    budget: BudgetSpec | None,
    cluster: AnyClusterSpec,
    opts: pulumi.ResourceOptions,
    *,
    of: CostTags,
) -> pulumi.ComponentResource | None:
    """The budget of what carries the tags ``of``, or ``None``.

    None where nobody set one, where no cloud bills (simulated and existing clusters), and on GKE without
    ``cluster.billing``. The gate looks at budgets everywhere.
    """
    if budget is None:
        return None
    if isinstance(cluster, EksSpec):
        from .aws_budget import Budget as AwsBudget

        return AwsBudget(name, budget, opts, of=of)
    if isinstance(cluster, GkeSpec) and cluster.billing is not None:
        from .gcp_budget import Budget as GcpBudget

        return GcpBudget(name, budget, opts, of=of, billing=cluster.billing)
    return None

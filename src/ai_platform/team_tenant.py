"""The namespace of a team, as a plan has it: what is made and what drift is looked for in are the same."""

from __future__ import annotations

from .components.tenant import TenantSpec
from .finops.cost_tags import CostTags
from .planning.teams import TeamPlan


def tenant_spec(team: TeamPlan, pays: CostTags) -> TenantSpec:
    """What the namespace of a team is made from, with the labels of who pays."""
    return TenantSpec(
        team=team.name,
        group=team.group,
        cost_center=team.cost_center,
        pod_security=team.pod_security,
        labels=pays.kubernetes(),
    )

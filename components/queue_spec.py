"""What a team's queue is made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from .names import Name


class ResourceQuota(BaseModel):
    """Quota of one resource in one flavor, as Kubernetes quantities."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    name: str
    """Kubernetes resource, for example ``nvidia.com/gpu``."""
    nominal_quota: str
    """What the team owns."""
    borrowing_limit: str | None = None
    """What it may borrow. Default: no limit."""
    lending_limit: str | None = None
    """What it lends. Default: all of its own."""


class FlavorQuota(BaseModel):
    """Quota in one resource flavor. Every flavor of a queue names the same resources in the same order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    """Resource flavor; here one for each node pool."""
    resources: tuple[ResourceQuota, ...]
    """One entry for each resource."""


class TeamQueueSpec(BaseModel):
    """A team's cluster queue and the local queue that leads to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    team: Name
    """Name of the team; both queues carry it."""
    namespace: Name
    """Namespace whose workloads may use the queue. It exists already."""
    cohort: Name
    """Cohort within which quota is borrowed and lent."""
    flavors: tuple[FlavorQuota, ...]
    """Quota by flavor, in the order in which flavors are tried."""
    fair_sharing_weight: int | None = None
    """Weight among the queues of the cohort when Kueue shares fairly. Default: not said, so 1."""
    admission_checks: dict[str, tuple[Name, ...]] = Field(default_factory=dict)
    """Admission check to the flavors whose workloads wait for it. Default: none."""


class CohortQuotaSpec(BaseModel):
    """A cohort: the queues and cohorts that name it lend each other what is idle."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    """Name of the cohort."""
    parent: Name | None = None
    """Cohort above it. Default: none, it is a root."""
    flavors: tuple[FlavorQuota, ...] = ()
    """Quota of its own, on top of that of its queues, and limits towards its parent. Default: none."""
    fair_sharing_weight: int | None = None
    """Weight among its siblings when Kueue shares fairly. Default: not said, so 1."""

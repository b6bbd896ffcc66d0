"""What a user writes about a team and its quota."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from .budget_spec import BudgetSpec
from .names import Name
from .pod_security import PodSecurity

Count = Annotated[int, Field(ge=0, le=1_000_000)]
Weight = Annotated[int, Field(ge=0, le=10_000)]


class Quota(BaseModel):
    """A team's part of one resource of a pool, in devices."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    nominal: Count | None = None
    """Devices that are the team's own: guaranteed, and taken back from borrowers when needed. Default: its
    share by weight."""
    borrowing_limit: Count | None = None
    """Devices that the team may borrow of what others leave idle. Default: no limit."""
    lending_limit: Count | None = None
    """Own devices that others may borrow while idle, at most ``nominal``. Default: all."""


class TeamSpec(BaseModel):
    """A team: its namespace, its people and its quota."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: Name
    """Name of the team, its namespace and its queue; once per environment."""
    group: str | None = None
    """Group of the identity provider whose members get the namespace. Default: the team's name."""
    cost_center: Annotated[str, Field(min_length=1, max_length=63)] | None = None
    """Where the bill goes. Default: nobody's, and the report says so."""
    budget: BudgetSpec | None = None
    """What the team may cost a month. Default: no budget."""
    pod_security: PodSecurity = PodSecurity.RESTRICTED
    """Pod Security level of the namespace. ``privileged`` only for runs on GKE pools with a fabric, whose
    pods take libraries from the node. Default: restricted."""
    quota: dict[Name, dict[str, Quota]] = Field(default_factory=dict)
    """Pool to resource to quota. A resource is ``gpus`` (whole GPUs), ``shared_gpus`` (parts of a pool
    with ``sharing``), ``tpus`` (chips of TPUs) or a MIG profile such as ``1g.10gb``."""
    weight: Weight | None = None
    """Part of what fixed numbers leave of every pool, beside the weights of other teams. A resource for which
    ``quota`` says ``nominal`` is not added to. Default: no part."""
    pool_weights: dict[Name, Weight] = Field(default_factory=dict)
    """Pool to weight there, instead of ``weight``; 0 leaves the pool out. Default: ``weight`` everywhere."""
    cohort: Name | None = None
    """Cohort within which the team borrows and lends first. Default: ``teams``, the root of all."""
    fair_sharing_weight: Weight | None = None
    """How much of idle quota the team gets beside others that want it, with ``fair_sharing``; 0 comes last.
    Default: 1."""

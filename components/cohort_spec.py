"""What a user writes about cohorts: groups of teams that lend each other first."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from .names import Name
from .team_spec import Count, Weight

ROOT_COHORT = "teams"
"""Root of the tree: every team and every cohort that names no other is directly below it."""


class CohortQuota(BaseModel):
    """A cohort's part of one resource of a pool, in devices."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    nominal: Count = 0
    """Devices of the cohort itself, beside those of its teams, for whoever needs them first. Default: 0."""
    borrowing_limit: Count | None = None
    """Devices that all below it together may borrow from the rest of the tree. Default: no limit."""
    lending_limit: Count | None = None
    """Devices that all below it together lend to the rest of the tree. Default: no limit."""


class CohortSpec(BaseModel):
    """A group of teams or of other cohorts. What is idle in it goes to its own members first."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: Name
    """Name of the cohort, once per environment. ``teams`` says more about the root."""
    parent: Name | None = None
    """Cohort above it. Default: ``teams``, the root."""
    quota: dict[Name, dict[str, CohortQuota]] = Field(default_factory=dict)
    """Pool to resource to quota and limits of the cohort itself, as with teams. Default: none."""
    fair_sharing_weight: Weight | None = None
    """How much of idle quota it gets beside its siblings, with ``fair_sharing``; 0 comes last. Default: 1."""

"""What a user writes about charts: where they come from, and which the cluster has already."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from .charts import ChartName


class Existing(StrEnum):
    """What happens to software that is on the cluster already."""

    SKIP = "skip"
    """Left alone, and relied upon."""
    ADOPT = "adopt"
    """Taken over: from now on it is what this environment says."""


class ChartsSpec(BaseModel):
    """Where Helm charts come from."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    mirror: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.:-]*(/[A-Za-z0-9._-]+)*$")] | None = None
    """OCI registry, and path in it, that has every chart under its own name, for example
    ``registry.example.com/charts``. Default: each chart's own home."""
    directory: Annotated[str, Field(min_length=1)] | None = None
    """Folder with charts as ``<name>-<version>.tgz`` or as a folder ``<name>``, relative to this file; it
    comes before ``mirror``. Default: none."""
    existing: dict[ChartName, Existing] = Field(default_factory=dict)
    """Charts whose software the cluster has: ``skip`` or ``adopt``. Default: none."""

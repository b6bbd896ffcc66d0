"""What a user writes about metrics and graphs."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class MonitoringSpec(BaseModel):
    """Prometheus and Grafana of an environment."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    retention_days: Annotated[int, Field(ge=1, le=365)] = 15
    """Days that metrics are kept. Default: 15."""
    storage_gib: Annotated[int, Field(ge=10, le=16384)] = 100
    """GiB of Prometheus's volume. Default: 100."""
    cost: bool = False
    """Whether what GPUs are used for and what that costs is recorded, with a dashboard and OpenCost. Default:
    no."""
    grafana_admin_secret: str | None = None
    """Secret in the namespace ``monitoring`` with ``admin-user`` and ``admin-password``. Default: the chart
    makes one with a random password, which never leaves the cluster."""

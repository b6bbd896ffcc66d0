"""Who pays for a resource: one model, written as AWS tags, Google Cloud labels or Kubernetes labels."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ..components.names import Name
from ..components.tag_values import aws_value, gcp_value, kubernetes_value

KUBERNETES_PREFIX = "ai-platform/"
MANAGED_BY = "managed-by"
ON_ALL = ("environment", MANAGED_BY)
"""Keys that every resource carries, whoever pays for it."""

_OWNER = "ai-platform"


class CostTags(BaseModel):
    """What the bill is split by. Keys are the same on every cloud: ``environment``, ``cost-center``, ….

    No key has a slash: an instance whose metadata service shows tags refuses those.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    environment: Name
    """Environment that the resource belongs to."""
    team: Name | None = None
    """Team that pays. Default: several, or the platform."""
    cost_center: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    """Where the bill goes. Default: unknown."""
    pool: Name | None = None
    """Node pool that the resource belongs to. Default: none."""
    model: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    """Model that is served or trained. Default: none."""
    owner: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    """Person or group to ask. Default: unknown."""

    def aws(self) -> dict[str, str]:
        """Tags of an AWS resource."""
        return {key: aws_value(value) for key, value in self._values().items()}

    def gcp(self) -> dict[str, str]:
        """Labels of a Google Cloud resource."""
        return {key: gcp_value(value) for key, value in self._values().items()}

    def kubernetes(self) -> dict[str, str]:
        """Labels of a Kubernetes object or pod, beside ``app.kubernetes.io/managed-by``."""
        return {
            f"{KUBERNETES_PREFIX}{key}": kubernetes_value(value)
            for key, value in self._values().items()
            if key != MANAGED_BY
        }

    def _values(self) -> dict[str, str]:
        given = {key.replace("_", "-"): value for key, value in self.model_dump(exclude_none=True).items()}
        return {**given, MANAGED_BY: _OWNER}

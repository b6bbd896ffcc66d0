"""What a user writes about a model that is tried on a part of an endpoint's requests."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ..components.storage_spec import Folder
from .precision import Precision


class CanarySpec(BaseModel):
    """Another model, or the same one in another precision, for a part of an endpoint's requests.

    Its replicas have the device and all other settings of the endpoint, and stand behind the same address.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    model: str
    """Model of the catalog or of ``models``."""
    percent: Annotated[int, Field(ge=1, le=50)]
    """Share of the replicas that it shall have, in whole replicas: the plan says what that comes to."""
    precision: Precision | None = None
    """Number format of its weights. Default: that of the model's checkpoint."""
    weights: Folder | None = None
    """Folder in one of the endpoint's ``mounts`` from which it is loaded. Default: Hugging Face, or the
    model's ``source`` under ``models``."""

"""What a user writes about where the engine keeps an environment's state."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class StateSpec(BaseModel):
    """A bucket for the state and a key for its secrets, as ``ai-platform init`` prints them."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    backend: Annotated[str, Field(pattern=r"^(s3|gs)://[a-z0-9][a-z0-9._-]+([/?].*)?$")]
    """Bucket, as ``pulumi login`` takes it, for example ``s3://example-state?region=us-east-1``."""
    secrets_provider: Annotated[str, Field(pattern=r"^(awskms|gcpkms)://.+$")]
    """Key, as ``pulumi stack init --secrets-provider`` takes it."""

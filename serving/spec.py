"""What a user writes about a model that is served."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ..components.names import Name
from ..components.priority_spec import SERVING
from .precision import Precision


class EndpointSpec(BaseModel):
    """A model behind an OpenAI-compatible address, on GPUs or on a MIG device of one pool."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: Name
    """Name of the endpoint, once per team."""
    team: Name
    """Team whose quota it uses and in whose namespace it lives."""
    model: str
    """Model of the catalog, for example ``qwen3-4b``."""
    pool: Name
    """Node pool that it runs on."""
    gpus: Annotated[int, Field(ge=1, le=16)] | None = None
    """Whole GPUs of one replica. Give this or ``mig_profile``."""
    mig_profile: str | None = None
    """MIG device of one replica, for example ``2g.20gb``. Give this or ``gpus``."""
    precision: Precision = Precision.BF16
    """Number format of the weights. Default: bf16."""
    kv_cache_precision: Precision = Precision.BF16
    """Number format of the KV cache. Default: bf16."""
    context_length: Annotated[int, Field(ge=16, le=10_000_000)] = 8192
    """Tokens of prompt and answer that one request may take. Default: 8192."""
    concurrency: Annotated[int, Field(ge=1, le=4096)] = 1
    """Requests of full length that run at once. Default: 1."""
    min_replicas: Annotated[int, Field(ge=1, le=1000)] = 1
    """Replicas that always run. Default: 1."""
    max_replicas: Annotated[int, Field(ge=1, le=1000)] = 1
    """Ceiling of the autoscaler. Default: 1."""
    priority: Name = SERVING
    """Priority class of its replicas. Default: serving."""

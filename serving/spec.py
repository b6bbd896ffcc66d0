"""What a user writes about a model that is served."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..components.names import Name
from ..components.priority_spec import SERVING
from ..components.storage_spec import Folder
from .canary_spec import CanarySpec
from .evidence import EvaluationSpec
from .fit import DEFAULT_BATCHED_TOKENS
from .precision import Precision


class Throughput(BaseModel):
    """Tokens that one busy replica makes in a second, as measured."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    minimum: Annotated[Decimal, Field(gt=0, le=10_000_000)]
    """In its worst case."""
    maximum: Annotated[Decimal, Field(gt=0, le=10_000_000)]
    """In its best case."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError("a minimum that is at most the maximum")
        return self


class LoraRank(IntEnum):
    """Ranks for which vLLM can reserve memory."""

    R1 = 1
    R8 = 8
    R16 = 16
    R32 = 32
    R64 = 64
    R128 = 128
    R256 = 256
    R320 = 320
    R512 = 512


SOURCE_PATTERN = r"^[!-~]+$"
ModelSource = Annotated[str, Field(pattern=SOURCE_PATTERN, max_length=1024)]
"""What vLLM's argument ``--model`` takes: printable letters without spaces."""


class ModelSpec(BaseModel):
    """A model of your own. Under a name of the catalog it replaces that one."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$")]
    """Name for endpoints, for example ``house-8b``."""
    config: str | dict[str, Any]
    """Path of its ``config.json`` relative to this file, or the content of that file."""
    source: ModelSource
    """Where vLLM loads it from: an id on Hugging Face, or a path inside the container."""
    licence: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """Its licence, as SPDX id or by the vendor's name for it. Default: unknown."""


class EndpointSpec(BaseModel):
    """A model behind an OpenAI-compatible address, on GPUs or on a MIG device of one pool."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: Name
    """Name of the endpoint, once per team."""
    team: Name
    """Team whose quota it uses and in whose namespace it lives."""
    model: str
    """Model of the catalog or of ``models``, for example ``qwen3-4b``."""
    pool: Name
    """Node pool that it runs on."""
    gpus: Annotated[int, Field(ge=1, le=16)] | None = None
    """Whole GPUs of one replica, of one node. Default: with no ``mig_profile`` either, the cheapest device of
    the pool that fits."""
    mig_profile: Annotated[str, Field(min_length=1)] | None = None
    """MIG device of one replica, for example ``2g.20gb``. Default: none."""
    precision: Precision | None = None
    """Number format of the weights. Default: that of the model's checkpoint."""
    kv_cache_precision: Precision = Precision.BF16
    """Number format of the KV cache. Default: bf16."""
    context_length: Annotated[int, Field(ge=16, le=10_000_000)] = 8192
    """Tokens of prompt and answer that one request may take. Default: 8192."""
    concurrency: Annotated[int, Field(ge=1, le=4096)] = 1
    """Requests of full length that run at once. Default: 1."""
    pipeline_parallel: Annotated[int, Field(ge=1, le=16)] = 1
    """Parts into which the layers are split; the GPUs of each part share its layers. Default: 1."""
    lora_adapters: Annotated[int, Field(ge=0, le=256)] = 0
    """LoRA adapters held at once. Default: 0."""
    lora_rank: LoraRank = LoraRank.R16
    """Largest rank of the adapters. Default: 16."""
    max_num_batched_tokens: Annotated[int, Field(ge=16, le=131072)] = DEFAULT_BATCHED_TOKENS
    """Tokens that one step computes at most; more speeds up long prompts. Default: 2048."""
    min_replicas: Annotated[int, Field(ge=1, le=1000)] = 1
    """Replicas that always run. Default: 1."""
    max_replicas: Annotated[int, Field(ge=1, le=1000)] = 1
    """Ceiling of the autoscaler. Default: 1."""
    tokens_per_second: Throughput | None = None
    """Throughput of one replica, from which its tokens are priced. Default: unknown."""
    mounts: dict[Name, Folder] = Field(default_factory=dict)
    """Storage of the description to the folder where each replica finds it, read-only, for example
    ``weights: /models``. Default: none."""
    weights: Folder | None = None
    """Folder in one of ``mounts`` from which the model is loaded, in ``precision``, for example
    ``/models/qwen3-4b``. Default: Hugging Face, or the model's ``source`` under ``models``."""
    priority: Name = SERVING
    """Priority class of its replicas. Default: serving."""
    ready_within_seconds: Annotated[int, Field(ge=1, le=86400)] = 600
    """How long ``up`` waits for its next replica to be Ready, or an old one to go. Default: 600."""
    evaluation: EvaluationSpec | None = None
    """Evidence that the model does its work here; the gates ask for it in production. Default: none."""
    canary: CanarySpec | None = None
    """Another model that a part of the requests goes to. Default: none."""

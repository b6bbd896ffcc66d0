"""Open models: the few numbers that decide how much memory they need."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from .precision import Precision


class Attention(StrEnum):
    """What a model keeps of each token."""

    GQA = "gqa"
    """Grouped queries: keys and values of ``kv_heads`` heads."""
    MQA = "mqa"
    """Keys and values of one head."""
    MLA = "mla"
    """One compressed vector a layer, the same on every GPU."""


class Checked(StrEnum):
    """How a row was verified, weakest last."""

    SOURCE = "S"
    """Read in the model's own configuration or in the vendor's documentation."""
    DERIVED = "D"
    """Follows by arithmetic from something read."""
    THIRD_PARTY = "3P"
    GENERAL_KNOWLEDGE = "GK"
    """Not read again: verify before relying on it."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model. Parameters are in billions (10⁹)."""

    name: str
    params_b: Decimal
    """All parameters. Mixtures of experts keep all of them in memory."""
    active_b: Decimal
    """Parameters used for one token; equal to ``params_b`` for dense models."""
    layers: int
    heads: int
    kv_heads: int
    """Heads that hold keys and values; 1 for ``mla``."""
    head_dim: int
    """Numbers per head; for ``mla`` the compressed vector with its positional part."""
    attention: Attention
    max_context: int
    """Tokens, without tricks that stretch it."""
    hugging_face_id: str
    native_precision: Precision
    """Of the weights under ``hugging_face_id``."""
    checkpoint_mib: int | None
    """Size of these weights where the parameter count misleads: mixed precision. Else ``None``."""
    licence: str | None
    """SPDX id, the vendor's own name for it, or ``None`` where not certain."""
    checked: Checked

    @property
    def cache_values_per_token(self) -> int:
        """Numbers in the KV cache per token, over all layers."""
        kept = 1 if self.attention is Attention.MLA else 2
        return kept * self.layers * self.kv_heads * self.head_dim

    @property
    def kv_bytes_per_token(self) -> int:
        """Bytes in a bf16 KV cache per token. With sliding windows (gpt-oss) an upper bound."""
        return 2 * self.cache_values_per_token


# Collected 2026-11-21 from the models' configurations and model cards; the last column says how surely.
# name,params_b,active_b,layers,heads,kv_heads,head_dim,attention,max_context,
# hugging_face_id,native,checkpoint_mib,licence,checked
_TABLE = """
llama-3.1-8b,8.03,8.03,32,32,8,128,gqa,131072,meta-llama/Llama-3.1-8B-Instruct,bf16,,llama3.1,S
llama-3.2-1b,1.24,1.24,16,32,8,64,gqa,131072,meta-llama/Llama-3.2-1B-Instruct,bf16,,llama3.2,GK
llama-3.2-3b,3.21,3.21,28,24,8,128,gqa,131072,meta-llama/Llama-3.2-3B-Instruct,bf16,,llama3.2,S
llama-3.1-70b,70.55,70.55,80,64,8,128,gqa,131072,meta-llama/Llama-3.1-70B-Instruct,bf16,,llama3.1,GK
llama-3.3-70b,70.55,70.55,80,64,8,128,gqa,131072,meta-llama/Llama-3.3-70B-Instruct,bf16,,llama3.3,GK
llama-3.1-405b,405.85,405.85,126,128,8,128,gqa,131072,meta-llama/Llama-3.1-405B-Instruct,bf16,,llama3.1,3P
qwen3-0.6b,0.6,0.6,28,16,8,128,gqa,40960,Qwen/Qwen3-0.6B,bf16,,Apache-2.0,GK
qwen3-1.7b,1.7,1.7,28,16,8,128,gqa,40960,Qwen/Qwen3-1.7B,bf16,,Apache-2.0,GK
qwen3-4b,4.0,4.0,36,32,8,128,gqa,40960,Qwen/Qwen3-4B,bf16,,Apache-2.0,S
qwen3-8b,8.19,8.19,36,32,8,128,gqa,40960,Qwen/Qwen3-8B,bf16,,Apache-2.0,GK
qwen3-14b,14.8,14.8,40,40,8,128,gqa,40960,Qwen/Qwen3-14B,bf16,,Apache-2.0,GK
qwen3-32b,32.8,32.8,64,64,8,128,gqa,40960,Qwen/Qwen3-32B,bf16,,Apache-2.0,S
qwen3-30b-a3b,30.5,3.3,48,32,4,128,gqa,40960,Qwen/Qwen3-30B-A3B,bf16,,Apache-2.0,GK
qwen3-235b-a22b,235,22,94,64,4,128,gqa,40960,Qwen/Qwen3-235B-A22B,bf16,,Apache-2.0,GK
mixtral-8x7b,46.7,12.9,32,32,8,128,gqa,32768,mistralai/Mixtral-8x7B-Instruct-v0.1,bf16,,Apache-2.0,GK
mixtral-8x22b,140.6,39,56,48,8,128,gqa,65536,mistralai/Mixtral-8x22B-Instruct-v0.1,bf16,,Apache-2.0,GK
deepseek-v3,671,37,61,128,1,576,mla,163840,deepseek-ai/DeepSeek-V3,fp8,,,S
gpt-oss-20b,20.9,3.6,24,64,8,64,gqa,131072,openai/gpt-oss-20b,int4,13108,Apache-2.0,GK
gpt-oss-120b,116.8,5.1,36,64,8,64,gqa,131072,openai/gpt-oss-120b,int4,62260,Apache-2.0,GK
"""


def model(name: str) -> Model | None:
    """The model of that name, for example ``llama-3.1-8b``, or ``None``."""
    return MODELS.get(name)


def closest(name: str) -> list[str]:
    """Up to three models whose names look like ``name``, best first."""
    return difflib.get_close_matches(name.strip().lower(), MODELS, n=3, cutoff=0.5)


def _row(text: str) -> Model:
    (
        name, params, active, layers, heads, kv_heads, head_dim, attention, context, identifier,
        native, checkpoint, licence, checked,
    ) = text.split(",")  # fmt: skip
    return Model(
        name=name,
        params_b=Decimal(params),
        active_b=Decimal(active),
        layers=int(layers),
        heads=int(heads),
        kv_heads=int(kv_heads),
        head_dim=int(head_dim),
        attention=Attention(attention),
        max_context=int(context),
        hugging_face_id=identifier,
        native_precision=Precision(native),
        checkpoint_mib=int(checkpoint) if checkpoint else None,
        licence=licence or None,
        checked=Checked(checked),
    )


MODELS: Mapping[str, Model] = MappingProxyType({row.name: row for row in map(_row, _TABLE.split())})
"""Every model, by name."""

"""What is known of one open model: shape, context, checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from .architecture import Architecture, Attention
from .parameters import parameters
from .precision import Formats, Precision, formats


class Checked(StrEnum):
    """How a row was verified, weakest last."""

    SOURCE = "S"
    """Read in the model's own configuration, or in a whole copy of it, or in the vendor's documentation."""
    DERIVED = "D"
    """Follows by arithmetic from something read."""
    THIRD_PARTY = "3P"
    """Read in someone else's transcription of the configuration."""
    GENERAL_KNOWLEDGE = "GK"
    """Not read again: verify before relying on it."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model. Parameters are in billions (10⁹)."""

    name: str
    shape: Architecture
    params_b: Decimal
    """All parameters as published. Mixtures of experts keep all of them in memory."""
    max_context: int
    """Tokens, without tricks that stretch it."""
    hugging_face_id: str
    """Where vLLM loads it from: an id on Hugging Face, or a path for a user's own model."""
    native_precision: Precision
    """Of the weights under ``hugging_face_id``."""
    licence: str | None
    """SPDX id, the vendor's own name for it, or ``None`` where not certain."""
    checked: Checked
    source: str
    """Where the shape was read, with the date."""
    formats: Formats | None = None
    """Of each part of the checkpoint, where not all of them are in ``native_precision``."""
    names_cache: bool = False
    """Whether the checkpoint names a format of the KV cache, which vLLM takes unless told otherwise."""
    takes_adapters: bool = True
    """Whether vLLM serves LoRA adapters with it."""

    def weights_in(self, precision: Precision) -> Formats:
        """The formats of all matrices when the weights are served in ``precision``."""
        if precision is self.native_precision and self.formats:
            return self.formats
        return formats(precision)

    @property
    def active_b(self) -> Decimal:
        """Parameters used for one token, from the shape; those of embeddings included."""
        return Decimal(parameters(self.shape, active_only=True)) / 10**9

    @property
    def layers(self) -> int:
        return self.shape.layers

    @property
    def heads(self) -> int:
        return self.shape.heads

    @property
    def kv_heads(self) -> int:
        return self.shape.kv_heads

    @property
    def head_dim(self) -> int:
        return self.shape.head_dim

    @property
    def attention(self) -> Attention:
        return self.shape.attention

    @property
    def kv_bytes_per_token(self) -> int:
        """Bytes in a bf16 KV cache per token while it is inside every window."""
        return 2 * self.shape.cache_values_per_token

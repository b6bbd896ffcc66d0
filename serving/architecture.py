"""The shape of a language model: layers, heads, experts. Parameters and KV cache follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Attention(StrEnum):
    """What a layer keeps of each token."""

    GQA = "gqa"
    """Grouped queries: keys and values of ``kv_heads`` heads."""
    MQA = "mqa"
    """Keys and values of one head."""
    MLA = "mla"
    """One compressed vector a layer, the same on every GPU."""


class LayerKind(StrEnum):
    """How far back a layer looks, which decides how much of a request it keeps."""

    FULL = "F"
    """All tokens."""
    SLIDING = "S"
    """The last ``window`` tokens."""
    CHUNKED = "C"
    """The tokens of the current chunk of ``window`` tokens: Llama 4."""
    LINEAR = "L"
    """A state of fixed size instead of tokens: gated delta net of Qwen3-Next and Qwen3.5, Mamba 2."""
    NONE = "N"
    """Nothing: a feed-forward network alone."""


@dataclass(frozen=True, slots=True)
class Experts:
    """Mixture of experts. All widths are of the inner layer of one feed-forward network."""

    count: int
    per_token: int
    width: int
    shared_width: int = 0
    """Of the network that every token passes besides its experts; 0 without one."""
    first_dense: int = 0
    """Layers at the start that have no experts."""
    every: int = 1
    """Every how many layers has experts; the others are dense."""
    hidden: int = 0
    """What experts read and write, where that is narrower than the model; 0 where it isn't."""


@dataclass(frozen=True, slots=True)
class Latent:
    """Ranks of multi-head latent attention, in numbers per token."""

    query_rank: int
    """0 when queries are not compressed."""
    kv_rank: int
    nope_dim: int
    rope_dim: int
    value_dim: int


@dataclass(frozen=True, slots=True)
class Index:
    """Index of sparse attention: what finds the tokens worth looking at."""

    heads: int
    dim: int
    """Numbers kept of each token."""
    pattern: str = "I"
    """Layer by layer, repeated: ``I`` has an index of its own, ``-`` has none or uses an earlier one."""
    scaled: bool = True
    """Whether it is kept in fp8 with scales; in bf16 otherwise."""


@dataclass(frozen=True, slots=True)
class Heads:
    """Heads that hold keys and values."""

    kv_heads: int
    head_dim: int
    keys_are_values: bool = False
    """Whether one matrix makes both. vLLM loads it twice and keeps both."""


@dataclass(frozen=True, slots=True)
class Mamba:
    """Mamba 2. Its state is a matrix per head and the last inputs of a convolution."""

    heads: int
    head_dim: int
    groups: int
    state: int
    """Numbers of state for each number of a head."""
    kernel: int
    state_bytes: int
    """Bytes per number of the matrix; the convolution's inputs are bf16."""


@dataclass(frozen=True, slots=True)
class LinearAttention:
    """Gated delta net. Its state is a matrix per value head and the last inputs of a convolution."""

    key_heads: int
    value_heads: int
    key_dim: int
    value_dim: int
    kernel: int
    state_bytes: int
    """Bytes per number of the matrix; the convolution's inputs are bf16."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """One model's shape. Names follow the configuration files of Hugging Face, shortened."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    """Heads that hold keys and values; 1 for ``mla``."""
    head_dim: int
    """Numbers per head; for ``mla`` the compressed vector with its positional part."""
    vocabulary: int
    dense_width: int
    """Inner width of the feed-forward network of layers without experts."""
    pattern: str = "F"
    """Letters of ``LayerKind``, repeated over the layers."""
    window: int = 0
    """Tokens of sliding windows or chunks; 0 without them."""
    tied: bool = False
    """Whether embeddings and output layer are one matrix."""
    gated_attention: bool = False
    """Whether queries carry a gate of their own size."""
    image_encoder: int = 0
    """Parameters of an image encoder in front of the model."""
    experts: Experts | None = None
    latent: Latent | None = None
    linear: LinearAttention | Mamba | None = None
    full: Heads | None = None
    """Heads of the layers that see all tokens, where they differ from those of the others."""
    index: Index | None = None
    alternating: bool = False
    """Whether a layer has attention or a feed-forward network, and never both."""
    feed_forward_matrices: int = 3
    """Matrices of a feed-forward network: 3 with a gate, 2 without."""

    @property
    def attention(self) -> Attention:
        """What full-attention layers keep of each token."""
        if self.latent:
            return Attention.MLA
        return Attention.MQA if self.kv_heads == 1 else Attention.GQA

    @property
    def kinds(self) -> tuple[LayerKind, ...]:
        """The kind of every layer, in order."""
        return _kinds(self.pattern, self.layers)

    def heads_of(self, kind: LayerKind) -> Heads:
        """Heads that hold keys and values in a layer of that kind."""
        if self.full and kind is LayerKind.FULL:
            return self.full
        return Heads(self.kv_heads, self.head_dim)

    @property
    def cache_values_per_token(self) -> int:
        """Numbers kept per token while it is inside every window, over all layers that keep tokens."""
        kept = 1 if self.attention is Attention.MLA else 2
        held = (self.heads_of(kind) for kind in self.kinds if kind not in (LayerKind.LINEAR, LayerKind.NONE))
        return kept * sum(heads.kv_heads * heads.head_dim for heads in held)


@cache
def _kinds(pattern: str, layers: int) -> tuple[LayerKind, ...]:
    return tuple(LayerKind(pattern[index % len(pattern)]) for index in range(layers))


def has_experts(shape: Architecture, layer: int) -> bool:
    """Whether the layer of that index has experts."""
    experts = shape.experts
    if experts is None or not has_feed_forward(shape, layer):
        return False
    return layer >= experts.first_dense and (layer + 1) % experts.every == 0


def has_feed_forward(shape: Architecture, layer: int) -> bool:
    """Whether the layer of that index has a feed-forward network, with experts or without."""
    return not shape.alternating or shape.kinds[layer] is LayerKind.NONE


def has_index(shape: Architecture, layer: int) -> bool:
    """Whether the layer of that index keeps an index of its own."""
    return shape.index is not None and shape.index.pattern[layer % len(shape.index.pattern)] == "I"

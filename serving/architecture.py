"""The shape of a language model: layers, heads, experts. Parameters and KV cache follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
    """A state of fixed size instead of tokens: gated delta net of Qwen3-Next and Qwen3.5."""


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


@dataclass(frozen=True, slots=True)
class Latent:
    """Ranks of multi-head latent attention, in numbers per token."""

    query_rank: int
    """0 when queries are not compressed."""
    kv_rank: int
    nope_dim: int
    rope_dim: int
    value_dim: int
    index_heads: int = 0
    index_dim: int = 0
    """Numbers that the index of sparse attention keeps of each token, in fp8 with scales; 0 without one."""


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
    linear: LinearAttention | None = None

    @property
    def attention(self) -> Attention:
        """What full-attention layers keep of each token."""
        if self.latent:
            return Attention.MLA
        return Attention.MQA if self.kv_heads == 1 else Attention.GQA

    @property
    def kinds(self) -> tuple[LayerKind, ...]:
        """The kind of every layer, in order."""
        return tuple(LayerKind(self.pattern[index % len(self.pattern)]) for index in range(self.layers))

    @property
    def cache_values_per_token(self) -> int:
        """Numbers kept per token while it is inside every window, over all layers that keep tokens."""
        kept = 1 if self.attention is Attention.MLA else 2
        keeping = sum(kind is not LayerKind.LINEAR for kind in self.kinds)
        return kept * keeping * self.kv_heads * self.head_dim


def has_experts(shape: Architecture, layer: int) -> bool:
    """Whether the layer of that index has experts."""
    experts = shape.experts
    return experts is not None and layer >= experts.first_dense and (layer + 1) % experts.every == 0


def embedding_parameters(shape: Architecture) -> int:
    """Parameters of embeddings and output layer together."""
    return shape.vocabulary * shape.hidden * (1 if shape.tied else 2)


def expert_parameters(shape: Architecture, *, active_only: bool = False) -> int:
    """Parameters of all routed experts, or of those that one token passes."""
    experts = shape.experts
    if experts is None:
        return 0
    number = experts.per_token if active_only else experts.count
    layers = sum(has_experts(shape, layer) for layer in range(shape.layers))
    return layers * number * 3 * shape.hidden * experts.width


def attention_parameters(shape: Architecture, kind: LayerKind) -> int:
    """Parameters of one layer's attention, without biases and norms."""
    if kind is LayerKind.LINEAR:
        return _linear_parameters(shape)
    latent = shape.latent
    if latent is None:
        queries = shape.hidden * shape.heads * shape.head_dim
        keys_and_values = 2 * shape.hidden * shape.kv_heads * shape.head_dim
        return queries * (3 if shape.gated_attention else 2) + keys_and_values
    query_dim = shape.heads * (latent.nope_dim + latent.rope_dim)
    if latent.query_rank:
        queries = latent.query_rank * (shape.hidden + query_dim)
    else:
        queries = shape.hidden * query_dim
    down = shape.hidden * (latent.kv_rank + latent.rope_dim)
    up = latent.kv_rank * shape.heads * (latent.nope_dim + latent.value_dim)
    output = shape.heads * latent.value_dim * shape.hidden
    return queries + down + up + output + index_parameters(shape)


def index_parameters(shape: Architecture) -> int:
    """Parameters of one layer's index of sparse attention, which every device has whole."""
    latent = shape.latent
    if latent is None or not latent.index_dim:
        return 0
    queries = latent.query_rank * latent.index_heads * latent.index_dim
    return queries + shape.hidden * (latent.index_dim + latent.index_heads)


def feed_forward_parameters(shape: Architecture, layer: int) -> int:
    """Parameters of one layer's feed-forward part without its routed experts."""
    experts = shape.experts
    if experts is None or not has_experts(shape, layer):
        return 3 * shape.hidden * shape.dense_width
    return 3 * shape.hidden * experts.shared_width + shape.hidden * experts.count


def parameters(shape: Architecture, *, active_only: bool = False) -> int:
    """All parameters, or those used for one token. Biases and norms, under 0.1 %, are left out."""
    layers = sum(
        attention_parameters(shape, kind) + feed_forward_parameters(shape, layer)
        for layer, kind in enumerate(shape.kinds)
    )
    experts = expert_parameters(shape, active_only=active_only)
    return layers + experts + embedding_parameters(shape) + shape.image_encoder


def _linear_parameters(shape: Architecture) -> int:
    linear = shape.linear
    if linear is None:
        raise ValueError("a layer of linear attention needs its dimensions")
    keys, values = linear.key_heads * linear.key_dim, linear.value_heads * linear.value_dim
    inputs = shape.hidden * (2 * keys + 2 * values + 2 * linear.value_heads)
    return inputs + (2 * keys + values) * linear.kernel + values * shape.hidden

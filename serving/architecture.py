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
    width = shape.feed_forward_matrices * (experts.hidden or shape.hidden) * experts.width
    return layers * number * width


def attention_parameters(shape: Architecture, layer: int) -> int:
    """Parameters of one layer's attention, without biases and norms."""
    return attention_inputs(shape, layer) + attention_outputs(shape, layer)


def attention_inputs(shape: Architecture, layer: int) -> int:
    """Parameters of one layer that make queries, keys and values, its index included."""
    kind = shape.kinds[layer]
    if kind is LayerKind.NONE:
        return 0
    if kind is LayerKind.LINEAR:
        return _linear_inputs(shape)
    latent = shape.latent
    if latent is None:
        heads = shape.heads_of(kind)
        queries = shape.hidden * shape.heads * heads.head_dim * (2 if shape.gated_attention else 1)
        return queries + 2 * shape.hidden * heads.kv_heads * heads.head_dim + index_parameters(shape, layer)
    query_dim = shape.heads * (latent.nope_dim + latent.rope_dim)
    if latent.query_rank:
        queries = latent.query_rank * (shape.hidden + query_dim)
    else:
        queries = shape.hidden * query_dim
    down = shape.hidden * (latent.kv_rank + latent.rope_dim)
    up = latent.kv_rank * shape.heads * (latent.nope_dim + latent.value_dim)
    return queries + down + up + index_parameters(shape, layer)


def attention_outputs(shape: Architecture, layer: int) -> int:
    """Parameters of the matrix behind one layer's attention."""
    kind, linear = shape.kinds[layer], shape.linear
    if kind is LayerKind.NONE:
        return 0
    if kind is LayerKind.LINEAR and linear:
        values = linear.heads * linear.head_dim if isinstance(linear, Mamba) else _values(linear)
        return values * shape.hidden
    numbers = shape.latent.value_dim if shape.latent else shape.heads_of(kind).head_dim
    return shape.heads * numbers * shape.hidden


def index_parameters(shape: Architecture, layer: int) -> int:
    """Parameters of one layer's index of sparse attention, which every device has whole."""
    index = shape.index
    if index is None or not has_index(shape, layer):
        return 0
    if shape.latent is None:
        return shape.hidden * (index.heads + 1) * index.dim
    queries = shape.latent.query_rank * index.heads * index.dim
    return queries + shape.hidden * (index.dim + index.heads)


def dense_parameters(shape: Architecture, layer: int) -> int:
    """Parameters of one layer's feed-forward network without experts, or of what every token passes."""
    if not has_feed_forward(shape, layer):
        return 0
    experts = shape.experts
    if experts is None or not has_experts(shape, layer):
        return shape.feed_forward_matrices * shape.hidden * shape.dense_width
    return shape.feed_forward_matrices * shape.hidden * experts.shared_width


def router_parameters(shape: Architecture, layer: int) -> int:
    """Parameters of one layer that choose its experts, and that lead to and from narrower ones."""
    experts = shape.experts
    if experts is None or not has_experts(shape, layer):
        return 0
    return shape.hidden * (experts.count + 2 * experts.hidden)


def parameters(shape: Architecture, *, active_only: bool = False) -> int:
    """All parameters, or those used for one token. Biases and norms, under 0.1 %, are left out."""
    layers = sum(
        attention_parameters(shape, layer) + dense_parameters(shape, layer) + router_parameters(shape, layer)
        for layer in range(shape.layers)
    )
    if shape.full and shape.full.keys_are_values:
        twice = sum(kind is LayerKind.FULL for kind in shape.kinds)
        layers -= twice * shape.hidden * shape.full.kv_heads * shape.full.head_dim
    experts = expert_parameters(shape, active_only=active_only)
    return layers + experts + embedding_parameters(shape) + shape.image_encoder


def _linear_inputs(shape: Architecture) -> int:
    linear = shape.linear
    if linear is None:
        raise ValueError("a layer of linear attention needs its dimensions")
    if isinstance(linear, Mamba):
        values, states = linear.heads * linear.head_dim, 2 * linear.groups * linear.state
        return shape.hidden * (2 * values + states + linear.heads) + (values + states) * linear.kernel
    keys, values = linear.key_heads * linear.key_dim, _values(linear)
    inputs = shape.hidden * (2 * keys + 2 * values + 2 * linear.value_heads)
    return inputs + (2 * keys + values) * linear.kernel


def _values(linear: LinearAttention) -> int:
    return linear.value_heads * linear.value_dim

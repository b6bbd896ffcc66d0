"""How many parameters the matrices of a model have, from its shape."""

from __future__ import annotations

from .architecture import (
    Architecture,
    LayerKind,
    LinearAttention,
    Mamba,
    has_experts,
    has_feed_forward,
    has_index,
)


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

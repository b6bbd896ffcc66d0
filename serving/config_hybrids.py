"""Shapes of the families of models with linear attention or Mamba layers, from their ``config.json``."""

from __future__ import annotations

from dataclasses import replace

from .architecture import Architecture, Experts, LayerKind, LinearAttention, Mamba
from .config_keys import ConfigKeys
from .config_shapes import shape, shortest


def gated_delta(keys: ConfigKeys) -> Architecture:
    experts = None
    if keys.value("num_experts"):
        experts = Experts(
            count=keys.number("num_experts"),
            per_token=keys.number("num_experts_per_tok"),
            width=keys.number("moe_intermediate_size"),
            shared_width=keys.stated("shared_expert_intermediate_size", null=0),
            every=keys.number("decoder_sparse_step", default=1),
        )
    linear = LinearAttention(
        key_heads=keys.number("linear_num_key_heads"),
        value_heads=keys.number("linear_num_value_heads"),
        key_dim=keys.number("linear_key_head_dim"),
        value_dim=keys.number("linear_value_head_dim"),
        kernel=keys.number("linear_conv_kernel_dim"),
        state_bytes=keys.state_bytes("mamba_ssm_dtype", default=2),
    )
    return shape(
        keys,
        every=keys.number("full_attention_interval", default=4),
        others=LayerKind.LINEAR,
        width=keys.number("intermediate_size", default=0 if experts else None),
        gated=True,
        experts=experts,
        linear=linear,
    )


_NEMOTRON = {"M": "L", "*": "F", "-": "N", "E": "N"}
_NEMOTRON_NAMES = {"mamba": "M", "attention": "*", "mlp": "-", "moe": "E"}


def nemotron_h(keys: ConfigKeys) -> Architecture:
    """Each layer is a Mamba, an attention or a feed-forward network, none of which has a gate."""
    written = keys.value("hybrid_override_pattern")
    named = keys.value("layers_block_type")
    several = named if isinstance(named, list) else None
    layers = keys.layers("num_hidden_layers", default=len(several) if several else None)
    if several:
        written = "".join(_NEMOTRON_NAMES.get(str(name), "?") for name in several)
    if not isinstance(written, str) or len(written) != layers or not set(written) <= set(_NEMOTRON):
        keys.wrong("hybrid_override_pattern", written or named, f"{layers} letters of {', '.join(_NEMOTRON)}")
        written = "*"
    if {"E", "-"} <= set(written):
        keys.wrong(
            "hybrid_override_pattern", written, "feed-forward networks with experts, or all of them without"
        )
    experts = None
    if "E" in written:
        experts = Experts(
            count=keys.number("n_routed_experts"),
            per_token=keys.number("num_experts_per_tok"),
            width=keys.number("moe_intermediate_size"),
            shared_width=keys.stated("moe_shared_expert_intermediate_size", null=0)
            * keys.stated("n_shared_experts", null=0),
            hidden=keys.number("moe_latent_size", default=0, least=0),
        )
    linear = Mamba(
        heads=keys.number("mamba_num_heads"),
        head_dim=keys.number("mamba_head_dim"),
        groups=keys.number("n_groups"),
        state=keys.number("ssm_state_size"),
        kernel=keys.number("conv_kernel"),
        state_bytes=keys.state_bytes("mamba_ssm_cache_dtype", default=4),
    )
    pattern = shortest("".join(_NEMOTRON[letter] for letter in written))
    base = shape(
        keys,
        width=keys.number("intermediate_size") if "-" in written else 0,
        experts=experts,
        kinds=pattern,
        layers=layers,
    )
    return replace(
        base,
        head_dim=keys.number("head_dim", "attention_head_dim"),
        linear=linear if "M" in written else None,
        alternating=True,
        feed_forward_matrices=2,
    )


_GRANITE = {"mamba": "L", "linear_attention": "L", "attention": "F", "full_attention": "F"}


def granite_hybrid(keys: ConfigKeys) -> Architecture:
    """Granite 4: Mamba and attention layers, each with experts beside a network for every token."""
    hidden, heads = keys.number("hidden_size"), keys.number("mamba_n_heads")
    layers = keys.layers("num_hidden_layers")
    named = keys.names("layer_types") or keys.names("layers_block_type") or []
    if len(named) != layers or not set(named) <= set(_GRANITE):
        keys.refuse_layers(named, layers, _GRANITE)
        named = ["attention"]
    width = keys.value("mamba_d_head")
    count = keys.stated("num_local_experts", null=0)
    shared = keys.number("shared_intermediate_size")
    experts = None
    if count:
        chosen = keys.number("num_experts_per_tok")
        experts = Experts(count, chosen, keys.number("intermediate_size"), shared_width=shared)
    inner = keys.number("mamba_expand", default=2) * hidden
    head_dim = inner // heads if width in (None, "auto") else keys.number("mamba_d_head")
    if heads * head_dim != inner:
        keys.wrong("mamba_n_heads", heads, f"a number that splits {inner} evenly")
    linear = Mamba(
        heads=heads,
        head_dim=head_dim,
        groups=keys.number("mamba_n_groups", default=1),
        state=keys.number("mamba_d_state"),
        kernel=keys.number("mamba_d_conv"),
        state_bytes=2,
    )
    pattern = shortest("".join(_GRANITE[name] for name in named))
    base = shape(keys, width=shared, experts=experts, kinds=pattern)
    return replace(base, linear=linear if "L" in pattern else None)

"""Shapes of the families of models that keep keys and values of tokens, from their ``config.json``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .architecture import Architecture, Experts, Heads, Index, Latent, LayerKind, LinearAttention, Mamba
from .config_keys import ConfigKeys


def shortest(letters: str) -> str:
    """The shortest start of a pattern that gives it when repeated."""
    repeats = (letters[:size] for size in range(1, len(letters) + 1))
    return next((part for part in repeats if (part * len(letters))[: len(letters)] == letters), "F")


_LAYER_TYPES = {
    "full_attention": LayerKind.FULL,
    "sliding_attention": LayerKind.SLIDING,
    "chunked_attention": LayerKind.CHUNKED,
    "linear_attention": LayerKind.LINEAR,
}


def shape(
    keys: ConfigKeys,
    *,
    every: int = 1,
    others: LayerKind = LayerKind.FULL,
    window: int = 0,
    width: int | None = None,
    tied: bool = False,
    gated: bool = False,
    experts: Experts | None = None,
    linear: LinearAttention | Mamba | None = None,
    kinds: str | None = None,
    layers: int | None = None,
) -> Architecture:
    """Every ``every``-th layer sees all tokens, the others are ``others``; ``layer_types`` overrules that.

    ``kinds``: the letters of the layers instead of all that.
    """
    hidden, heads = keys.number("hidden_size"), keys.number("num_attention_heads")
    if keys.value("mlp_only_layers"):
        keys.wrong("mlp_only_layers", keys.value("mlp_only_layers"), "an empty list; it isn't known here")
    layers = layers or keys.layers("num_hidden_layers")
    named = None if kinds else keys.kinds()
    if kinds:
        of_layers = [LayerKind(kinds[layer % len(kinds)]) for layer in range(layers)]
    elif named:
        if len(named) != layers or not set(named) <= set(_LAYER_TYPES):
            keys.refuse_layers(named, layers, _LAYER_TYPES)
        of_layers = [_LAYER_TYPES.get(kind, LayerKind.FULL) for kind in named]
    else:
        of_layers = [others if (layer + 1) % every else LayerKind.FULL for layer in range(layers)]
    if not window:
        # Without a window, or with one that is switched off, such a layer sees all tokens.
        of_layers = [LayerKind.FULL if kind is LayerKind.SLIDING else kind for kind in of_layers]
    return Architecture(
        hidden=hidden,
        layers=layers,
        heads=heads,
        kv_heads=keys.number("num_key_value_heads", default=heads),
        head_dim=keys.number("head_dim", default=max(1, hidden // heads)),
        vocabulary=keys.number("vocab_size"),
        dense_width=keys.number("intermediate_size") if width is None else width,
        pattern=shortest("".join(of_layers)),
        window=window,
        tied=keys.flag("tie_word_embeddings", default=tied),
        gated_attention=gated,
        image_encoder=keys.encoder(),
        experts=experts,
        linear=linear,
    )


def dense(keys: ConfigKeys) -> Architecture:
    window = keys.number("sliding_window", default=0)
    # Qwen writes a window and switches it off beside it.
    if window and keys.flag("use_sliding_window", default=True):
        layers = keys.layers("num_hidden_layers")
        if not keys.kinds() and keys.number("max_window_layers", default=layers) != layers:
            keys.wrong(
                "max_window_layers", keys.value("max_window_layers"), f"{layers}; vLLM takes no other number"
            )
        return shape(keys, every=10**9, others=LayerKind.SLIDING, window=window)
    return shape(keys)


def mixture(keys: ConfigKeys) -> Architecture:
    width = keys.number("moe_intermediate_size", "intermediate_size")
    experts = Experts(
        count=keys.number("num_experts", "num_local_experts"),
        per_token=keys.number("num_experts_per_tok"),
        width=width,
        shared_width=keys.number("shared_expert_intermediate_size", default=0, least=0),
        every=keys.number("decoder_sparse_step", default=1),
    )
    window = keys.number("sliding_window", default=0)
    return shape(keys, experts=experts, window=window if keys.kinds() else 0)


def gpt_oss(keys: ConfigKeys) -> Architecture:
    found = mixture(keys)
    if keys.kinds():
        return found
    window = keys.number("sliding_window")
    return shape(keys, every=2, others=LayerKind.SLIDING, window=window, experts=found.experts)


def gemma2(keys: ConfigKeys) -> Architecture:
    window = keys.number("sliding_window", default=4096)
    return shape(keys, every=2, others=LayerKind.SLIDING, window=window, tied=True)


def gemma3(keys: ConfigKeys) -> Architecture:
    every, window = (
        keys.number("sliding_window_pattern", default=6),
        keys.number("sliding_window", default=4096),
    )
    return shape(keys, every=every, others=LayerKind.SLIDING, window=window, tied=True)


def llama4(keys: ConfigKeys) -> Architecture:
    width = keys.number("intermediate_size")
    experts = Experts(
        count=keys.number("num_local_experts"),
        per_token=keys.number("num_experts_per_tok"),
        width=width,
        shared_width=width,
        every=keys.number("interleave_moe_layer_step", default=1),
    )
    chunk = keys.number("attention_chunk_size", default=8192)
    dense = keys.number("intermediate_size_mlp")
    return shape(keys, every=4, others=LayerKind.CHUNKED, window=chunk, width=dense, experts=experts)


def routed(keys: ConfigKeys, *, kinds: str | None = None) -> Architecture:
    width = keys.number("moe_intermediate_size")
    experts = Experts(
        count=keys.number("n_routed_experts"),
        per_token=keys.number("num_experts_per_tok"),
        width=width,
        shared_width=width * keys.number("n_shared_experts", default=0, least=0),
        first_dense=keys.number("first_k_dense_replace", default=0, least=0),
        every=keys.number("moe_layer_freq", default=1),
    )
    return shape(keys, experts=experts, kinds=kinds)


def deepseek(keys: ConfigKeys) -> Architecture:
    rope, rank = keys.number("qk_rope_head_dim"), keys.number("kv_lora_rank")
    latent = Latent(
        query_rank=keys.number("q_lora_rank", default=0, least=0),
        kv_rank=rank,
        nope_dim=keys.number("qk_nope_head_dim"),
        rope_dim=rope,
        value_dim=keys.number("v_head_dim"),
    )
    return replace(routed(keys, kinds=LayerKind.FULL), kv_heads=1, head_dim=rank + rope, latent=latent)


def sparse(keys: ConfigKeys) -> Architecture:
    """DeepSeek's sparse attention: MLA with an index, which some layers take from one before them."""
    base = deepseek(keys)
    every, offset = (
        keys.number("index_topk_freq", default=1),
        keys.number("index_skip_topk_offset", default=2),
    )
    # As vLLM reads them, models/deepseek_v32/attention.py.
    own = ["-" if max(layer - offset + 1, 0) % every else "I" for layer in range(base.layers)]
    written = keys.value("index_topk_pattern")
    if isinstance(written, str):
        own = ["-" if letter == "S" else "I" for letter in written.ljust(base.layers, "F")[: base.layers]]
    types = keys.value("indexer_types")
    if isinstance(types, list) and ["-" if kind == "shared" else "I" for kind in types] != own:
        keys.wrong(
            "indexer_types", types, "the same layers as index_topk_freq and index_skip_topk_offset say"
        )
    heads, numbers = keys.number("index_n_heads"), keys.number("index_head_dim")
    return replace(base, index=Index(heads, numbers, shortest("".join(own))))


def glm4_lite(keys: ConfigKeys) -> Architecture:
    # Its first layer is dense, and its file says so with a list only.
    base = deepseek(keys)
    experts = replace(base.experts, first_dense=1) if base.experts else None
    return replace(base, experts=experts)


def windows(every: int, *, tied: bool = False, wider: int = 0) -> Callable[[ConfigKeys], Architecture]:
    """Families in which one layer of ``every`` sees all tokens and the others the last ones.

    ``wider``: tokens that vLLM adds to the window that is written.
    """

    def build(keys: ConfigKeys) -> Architecture:
        window = keys.number("sliding_window", default=4096) + wider
        return shape(keys, every=every, others=LayerKind.SLIDING, window=window, tied=tied)

    return build


def tied(keys: ConfigKeys) -> Architecture:
    """Embeddings and output layer are one matrix where the file doesn't say."""
    return replace(dense(keys), tied=keys.flag("tie_word_embeddings", default=True))


def gemma4(keys: ConfigKeys) -> Architecture:
    """Layers that see all tokens have fewer, longer heads; ``mlp`` stands beside the experts."""
    for key in ("hidden_size_per_layer_input", "num_kv_shared_layers"):
        if keys.number(key, default=0, least=0):
            keys.wrong(
                key,
                keys.value(key),
                "0; layers that share keys or have inputs of their own are not known here",
            )
    width = keys.number("intermediate_size")
    experts = None
    if keys.flag("enable_moe_block"):
        count, chosen = keys.number("num_experts"), keys.number("top_k_experts")
        experts = Experts(count, chosen, keys.number("moe_intermediate_size"), shared_width=width)
    base = shape(
        keys,
        every=6,
        others=LayerKind.SLIDING,
        window=keys.number("sliding_window", default=512),
        width=width,
        tied=True,
        experts=experts,
    )
    same = keys.flag("attention_k_eq_v")
    few = "num_global_key_value_heads" if same else "num_key_value_heads"
    full = Heads(
        kv_heads=keys.number(few, default=base.kv_heads),
        head_dim=keys.number("global_head_dim", default=512),
        keys_are_values=same,
    )
    return replace(base, full=full)


def minimax_m3(keys: ConfigKeys) -> Architecture:
    """Grouped queries with an index in most layers, in bf16."""
    width = keys.number("moe_intermediate_size", "intermediate_size")
    frequency = keys.value("moe_layer_freq")
    dense_layers = frequency.count(0) if isinstance(frequency, list) else keys.number("first_k_dense_replace")
    experts = Experts(
        count=keys.number("num_local_experts"),
        per_token=keys.number("num_experts_per_tok"),
        width=width,
        shared_width=keys.number("shared_intermediate_size", default=width)
        * keys.number("n_shared_experts", default=0, least=0),
        first_dense=dense_layers,
    )
    base = shape(keys, width=keys.number("dense_intermediate_size"), experts=experts)
    first = ([0] * dense_layers + [1] * base.layers)[: base.layers]
    if isinstance(frequency, list) and frequency != first:
        keys.wrong("moe_layer_freq", frequency, "zeros, then ones, one for each layer")
    sparse = keys.value("sparse_attention_config")
    if not isinstance(sparse, dict) or not sparse.get("use_sparse_attention"):
        return base
    where = sparse.get("sparse_attention_freq")
    numbers = (sparse.get("sparse_num_index_heads"), sparse.get("sparse_index_dim"))
    if (
        not isinstance(where, list)
        or len(where) != base.layers
        or not all(isinstance(n, int) for n in numbers)
    ):
        keys.wrong(
            "sparse_attention_config", sparse, "sparse_attention_freq of each layer and the index's size"
        )
        return base
    heads, dim = (int(number or 0) for number in numbers)
    pattern = shortest("".join("I" if layer else "-" for layer in where))
    return replace(base, index=Index(heads, dim, pattern, scaled=False))


def mistral3(keys: ConfigKeys) -> Architecture:
    """Mistral and Ministral behind an image encoder."""
    if keys.value("kv_lora_rank") is not None:
        keys.wrong(
            "kv_lora_rank",
            keys.value("kv_lora_rank"),
            "no latent attention; how vLLM keeps it is not known here",
        )
    return dense(keys)

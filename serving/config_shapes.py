"""Shapes of the families of models that keep keys and values of tokens, from their ``config.json``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .architecture import Architecture, Experts, Heads, Index, Latent, LayerKind, LinearAttention, Mamba
from .config_encoder import encoder_parameters
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
_OF_SINGLE_LAYERS = ("mlp_only_layers", "block_configs", "per_layer_config")
_NEVER = 10**9
_OF_ALL = (LayerKind.FULL, LayerKind.SLIDING)
"""Kinds of layers that a file may name whatever the family."""


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
    names = {name: kind for name, kind in _LAYER_TYPES.items() if kind in (*_OF_ALL, others)}
    for key in _OF_SINGLE_LAYERS:
        if keys.value(key):
            keys.wrong(key, keys.value(key), "nothing; layers with a shape of their own are not known here")
    layers = layers or keys.layers("num_hidden_layers")
    named = None if kinds else keys.kinds()
    if kinds:
        of_layers = [LayerKind(kinds[layer % len(kinds)]) for layer in range(layers)]
    elif named is not None:
        if len(named) != layers or not set(named) <= set(names):
            keys.refuse_layers(named, layers, names)
        of_layers = [names.get(kind, LayerKind.FULL) for kind in named]
    else:
        of_layers = [others if (layer + 1) % every else LayerKind.FULL for layer in range(layers)]
    if not window:
        # Without a window, or with one that is switched off, such a layer sees all tokens.
        limited = (LayerKind.SLIDING, LayerKind.CHUNKED)
        of_layers = [LayerKind.FULL if kind in limited else kind for kind in of_layers]
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
        image_encoder=encoder_parameters(keys),
        experts=experts,
        linear=linear,
    )


def dense(keys: ConfigKeys, experts: Experts | None = None) -> Architecture:
    """All layers see a window, where there is one, and all tokens otherwise."""
    window = keys.window("sliding_window")
    # Qwen writes a window and switches it off beside it.
    if not keys.flag("use_sliding_window", default=True):
        window = 0
    layers = keys.layers("num_hidden_layers")
    if window and not keys.kinds() and keys.number("max_window_layers", default=layers) != layers:
        expected = f"{layers}; vLLM takes no other number"
        keys.wrong("max_window_layers", keys.value("max_window_layers"), expected)
    return shape(keys, every=_NEVER, others=LayerKind.SLIDING, window=window, experts=experts)


def mixture(width: str) -> Callable[[ConfigKeys], Architecture]:
    """Families with experts in place of feed-forward networks. ``width``: key of an expert's inner width."""
    return lambda keys: dense(keys, _experts(keys, width))


def gpt_oss(keys: ConfigKeys) -> Architecture:
    window = keys.window("sliding_window")
    found = shape(
        keys, every=2, others=LayerKind.SLIDING, window=window, experts=_experts(keys, "intermediate_size")
    )
    if found.pattern not in ("SF", "F"):
        keys.wrong("layer_types", keys.value("layer_types"), "sliding_attention and full_attention in turn")
    return found


def _experts(keys: ConfigKeys, width: str) -> Experts:
    return Experts(
        count=keys.number("num_experts", "num_local_experts"),
        per_token=keys.number("num_experts_per_tok"),
        width=keys.number(width),
        shared_width=keys.number("shared_expert_intermediate_size", default=0, least=0),
        every=keys.number("decoder_sparse_step", default=1),
    )


def llama4(keys: ConfigKeys) -> Architecture:
    width = keys.number("intermediate_size")
    experts = Experts(
        count=keys.number("num_local_experts"),
        per_token=keys.number("num_experts_per_tok"),
        width=width,
        shared_width=width,
        every=keys.number("interleave_moe_layer_step", default=1),
    )
    chunk = keys.window("attention_chunk_size", default=8192)
    dense = keys.number("intermediate_size_mlp")
    found = shape(keys, every=4, others=LayerKind.CHUNKED, window=chunk, width=dense, experts=experts)
    # vLLM goes by this list where there is one, and by chunks only where there is a size for them.
    listed = keys.value("no_rope_layers")
    if chunk and listed and listed != [int(kind is LayerKind.CHUNKED) for kind in found.kinds]:
        keys.wrong("no_rope_layers", listed, "0 for each layer that sees all tokens and 1 for the others")
    return found


def routed(keys: ConfigKeys, *, kinds: str | None = None) -> Architecture:
    """Some dense layers at the start, then experts in each; one network for every token beside them."""
    width, dense_layers = keys.number("moe_intermediate_size"), keys.stated("first_k_dense_replace", null=0)
    experts = Experts(
        count=keys.number("n_routed_experts"),
        per_token=keys.number("num_experts_per_tok"),
        width=width,
        shared_width=width * keys.stated("n_shared_experts", null=0),
        first_dense=dense_layers,
    )
    if keys.number("moe_layer_freq", default=1) != 1:
        keys.wrong("moe_layer_freq", keys.value("moe_layer_freq"), "1; other models are not known here")
    found = shape(keys, experts=experts, kinds=kinds)
    types = keys.names("mlp_layer_types")
    if types and types != ["dense" if layer < dense_layers else "sparse" for layer in range(found.layers)]:
        keys.wrong("mlp_layer_types", types, f"{dense_layers} dense layers, as first_k_dense_replace says")
    return found


def deepseek(keys: ConfigKeys) -> Architecture:
    rope, rank = keys.number("qk_rope_head_dim"), keys.number("kv_lora_rank")
    latent = Latent(
        query_rank=keys.stated("q_lora_rank", null=0),
        kv_rank=rank,
        nope_dim=keys.number("qk_nope_head_dim"),
        rope_dim=rope,
        value_dim=keys.number("v_head_dim"),
    )
    return replace(routed(keys, kinds=LayerKind.FULL), kv_heads=1, head_dim=rank + rope, latent=latent)


def sparse(keys: ConfigKeys) -> Architecture:
    """DeepSeek's sparse attention: MLA with an index, which some layers take from one before them."""
    base = deepseek(keys)
    every = keys.number("index_topk_freq", default=1)
    offset = keys.number("index_skip_topk_offset", default=2)
    # As vLLM reads them, models/deepseek_v32/attention.py.
    own = ["-" if max(layer - offset + 1, 0) % every else "I" for layer in range(base.layers)]
    written = keys.value("index_topk_pattern")
    if written is not None and not isinstance(written, str):
        keys.wrong("index_topk_pattern", written, "a letter for each layer")
    if isinstance(written, str):
        own = ["-" if letter == "S" else "I" for letter in written.ljust(base.layers, "F")[: base.layers]]
    types = keys.names("indexer_types")
    if types is not None and ["-" if kind == "shared" else "I" for kind in types] != own:
        keys.wrong("indexer_types", types, "the layers that index_topk_freq and index_skip_topk_offset say")
    heads, numbers = keys.number("index_n_heads"), keys.number("index_head_dim")
    return replace(base, index=Index(heads, numbers, shortest("".join(own))))


def windows(every: int, *, tied: bool = False, wider: int = 0) -> Callable[[ConfigKeys], Architecture]:
    """Families in which one layer of ``every`` sees all tokens and the others the last ones.

    ``wider``: tokens that vLLM adds to the window that is written.
    """

    def build(keys: ConfigKeys) -> Architecture:
        window = keys.window("sliding_window", default=4096)
        return shape(
            keys,
            every=keys.number("sliding_window_pattern", default=every),
            others=LayerKind.SLIDING,
            window=window + wider if window else 0,
            tied=tied,
        )

    return build


def tied(keys: ConfigKeys) -> Architecture:
    """Embeddings and output layer are one matrix where the file doesn't say."""
    return replace(dense(keys), tied=keys.flag("tie_word_embeddings", default=True))


def gemma4(keys: ConfigKeys) -> Architecture:
    """Layers that see all tokens have fewer, longer heads; ``mlp`` stands beside the experts."""
    for key in ("hidden_size_per_layer_input", "num_kv_shared_layers"):
        if keys.number(key, default=0, least=0):
            expected = "0; layers that share keys or have inputs of their own are not known here"
            keys.wrong(key, keys.value(key), expected)
    width = keys.number("intermediate_size")
    experts = None
    if keys.flag("enable_moe_block"):
        count, chosen = keys.number("num_experts"), keys.number("top_k_experts")
        experts = Experts(count, chosen, keys.number("moe_intermediate_size"), shared_width=width)
    base = shape(
        keys,
        every=6,
        others=LayerKind.SLIDING,
        window=keys.window("sliding_window", default=512),
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
    # As vLLM builds them, models/minimax_m3/nvidia/model.py.
    width, frequency = keys.number("intermediate_size"), keys.value("moe_layer_freq")
    dense_layers = frequency.count(0) if isinstance(frequency, list) else 0
    experts = Experts(
        count=keys.number("num_local_experts"),
        per_token=keys.number("num_experts_per_tok"),
        width=width,
        shared_width=width * keys.stated("n_shared_experts", null=0),
        first_dense=dense_layers,
    )
    base = shape(keys, width=keys.number("dense_intermediate_size"), experts=experts)
    first = ([0] * dense_layers + [1] * base.layers)[: base.layers]
    if frequency != first:
        keys.wrong("moe_layer_freq", frequency, "zeros, then ones, one for each layer")
    sparse = keys.part("sparse_attention_config")
    if sparse is None:
        keys.wrong("sparse_attention_config", "a missing key", "the size of the index")
        return base
    where = sparse.value("sparse_attention_freq")
    if not isinstance(where, list) or len(where) != base.layers or not all(at in (0, 1) for at in where):
        sparse.wrong("sparse_attention_freq", where, f"{base.layers} of 0 and 1")
        return base
    heads, dim = sparse.number("sparse_num_index_heads"), sparse.number("sparse_index_dim")
    pattern = shortest("".join("I" if layer else "-" for layer in where))
    return replace(base, index=Index(heads, dim, pattern, scaled=False))


def mistral3(keys: ConfigKeys) -> Architecture:
    """Mistral and Ministral behind an image encoder."""
    if (rank := keys.value("kv_lora_rank")) is not None:
        keys.wrong("kv_lora_rank", rank, "no latent attention; how vLLM keeps it is not known here")
    keys.number("head_dim")
    if keys.value("model_type") != "ministral3":
        # Without the key Mistral has a window, and Ministral none.
        keys.stated("sliding_window", null=0)
    return dense(keys)

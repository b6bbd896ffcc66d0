"""A model's shape from its ``config.json`` on Hugging Face, for the families that are known exactly."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from ..components.errors import InvalidInput, Problem
from .architecture import Architecture, Experts, Latent, LayerKind, LinearAttention, parameters
from .config_keys import Config, ConfigKeys
from .model import Checked, Model
from .quantisation import native_precision


def read_config(path: Path) -> Config:
    """The content of a ``config.json``. Raises ``InvalidInput`` when it can't be read or is no object."""
    content = _json_object(path)
    beside = path.with_name("hf_quant_config.json")
    if "quantization_config" in content or not beside.is_file():
        return content
    # NVIDIA's quantiser leaves config.json as it was and writes its own file beside it.
    found = _json_object(beside).get("quantization")
    if not isinstance(found, dict):
        return content
    return {**content, "quantization_config": {"quant_method": "modelopt", **found}}


def model_from_config(name: str, config: Config, *, source: str, subject: str) -> Model:
    """A model with the shape of ``config``, loaded by vLLM from ``source``.

    Raises ``InvalidInput`` with every problem: an architecture that isn't known, keys that are missing or no
    whole numbers, a quantisation that isn't known.
    """
    problems: list[Problem] = []
    keys = ConfigKeys(config, problems)
    native = native_precision(config, problems)
    build = _ARCHITECTURES.get(_architecture(config))
    if build is None:
        known = f"one of {', '.join(sorted(_ARCHITECTURES))}"
        fix = "take another model; how this one keeps its cache is not known here"
        problems.append(Problem("architectures", config.get("architectures"), known, fix))
        raise InvalidInput(subject, problems)
    shape = build(keys)
    max_context = keys.number("max_position_embeddings")
    if problems:
        raise InvalidInput(subject, problems)
    params_b = Decimal(parameters(shape)) / 10**9
    return Model(name, shape, params_b, max_context, source, native, None, Checked.SOURCE, "config.json")


def _json_object(path: Path) -> Config:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        problem = Problem("", f"a file that can't be read: {reason}", "a config.json", "check the path")
        raise InvalidInput(str(path), [problem]) from None
    if not isinstance(content, dict):
        problem = Problem("", content, "a JSON object", "take the model's own config.json")
        raise InvalidInput(str(path), [problem])
    return content


def _architecture(config: Config) -> str:
    names = config.get("architectures")
    return names[0] if isinstance(names, list) and names and isinstance(names[0], str) else ""


def _pattern(kinds: Iterable[LayerKind]) -> str:
    letters = "".join(kinds)
    repeats = (letters[:size] for size in range(1, len(letters) + 1))
    return next((part for part in repeats if (part * len(letters))[: len(letters)] == letters), "F")


_LAYER_TYPES = {
    "full_attention": LayerKind.FULL,
    "sliding_attention": LayerKind.SLIDING,
    "chunked_attention": LayerKind.CHUNKED,
    "linear_attention": LayerKind.LINEAR,
}


def _shape(
    keys: ConfigKeys,
    *,
    every: int = 1,
    others: LayerKind = LayerKind.FULL,
    window: int = 0,
    width: int | None = None,
    tied: bool = False,
    gated: bool = False,
    experts: Experts | None = None,
    linear: LinearAttention | None = None,
) -> Architecture:
    """Every ``every``-th layer sees all tokens, the others are ``others``; ``layer_types`` overrules that."""
    hidden, heads = keys.number("hidden_size"), keys.number("num_attention_heads")
    layers = keys.number("num_hidden_layers")
    named = keys.kinds()
    if named:
        kinds = [_LAYER_TYPES.get(kind, LayerKind.FULL) for kind in named]
    else:
        kinds = [others if (layer + 1) % every else LayerKind.FULL for layer in range(layers)]
    return Architecture(
        hidden=hidden,
        layers=layers,
        heads=heads,
        kv_heads=keys.number("num_key_value_heads", default=heads),
        head_dim=keys.number("head_dim", default=max(1, hidden // heads)),
        vocabulary=keys.number("vocab_size"),
        dense_width=keys.number("intermediate_size") if width is None else width,
        pattern=_pattern(kinds),
        window=window,
        tied=keys.flag("tie_word_embeddings", default=tied),
        gated_attention=gated,
        image_encoder=keys.encoder(),
        experts=experts,
        linear=linear,
    )


def _dense(keys: ConfigKeys) -> Architecture:
    window = keys.number("sliding_window", default=0)
    # Qwen writes a window and switches it off beside it.
    if window and keys.flag("use_sliding_window", default=True):
        return _shape(keys, every=10**9, others=LayerKind.SLIDING, window=window)
    return _shape(keys)


def _mixture(keys: ConfigKeys) -> Architecture:
    width = keys.number("moe_intermediate_size", "intermediate_size")
    experts = Experts(
        count=keys.number("num_experts", "num_local_experts"),
        per_token=keys.number("num_experts_per_tok"),
        width=width,
        shared_width=keys.number("shared_expert_intermediate_size", default=0, least=0),
        every=keys.number("decoder_sparse_step", default=1),
    )
    window = keys.number("sliding_window", default=0)
    return _shape(keys, experts=experts, window=window if keys.kinds() else 0)


def _gpt_oss(keys: ConfigKeys) -> Architecture:
    shape = _mixture(keys)
    if keys.kinds():
        return shape
    window = keys.number("sliding_window")
    return _shape(keys, every=2, others=LayerKind.SLIDING, window=window, experts=shape.experts)


def _gemma2(keys: ConfigKeys) -> Architecture:
    window = keys.number("sliding_window", default=4096)
    return _shape(keys, every=2, others=LayerKind.SLIDING, window=window, tied=True)


def _gemma3(keys: ConfigKeys) -> Architecture:
    every, window = (
        keys.number("sliding_window_pattern", default=6),
        keys.number("sliding_window", default=4096),
    )
    return _shape(keys, every=every, others=LayerKind.SLIDING, window=window, tied=True)


def _llama4(keys: ConfigKeys) -> Architecture:
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
    return _shape(keys, every=4, others=LayerKind.CHUNKED, window=chunk, width=dense, experts=experts)


def _routed(keys: ConfigKeys) -> Architecture:
    width = keys.number("moe_intermediate_size")
    experts = Experts(
        count=keys.number("n_routed_experts"),
        per_token=keys.number("num_experts_per_tok"),
        width=width,
        shared_width=width * keys.number("n_shared_experts", default=0, least=0),
        first_dense=keys.number("first_k_dense_replace", default=0, least=0),
        every=keys.number("moe_layer_freq", default=1),
    )
    return _shape(keys, experts=experts)


def _deepseek(keys: ConfigKeys) -> Architecture:
    rope, rank = keys.number("qk_rope_head_dim"), keys.number("kv_lora_rank")
    latent = Latent(
        query_rank=keys.number("q_lora_rank", default=0, least=0),
        kv_rank=rank,
        nope_dim=keys.number("qk_nope_head_dim"),
        rope_dim=rope,
        value_dim=keys.number("v_head_dim"),
    )
    return replace(_routed(keys), kv_heads=1, head_dim=rank + rope, latent=latent)


def _sparse(keys: ConfigKeys) -> Architecture:
    """DeepSeek's sparse attention: MLA with an index in every layer."""
    keys.refuse("indexer_types", "shared", "an index in every layer")
    base = _deepseek(keys)
    heads, numbers = keys.number("index_n_heads"), keys.number("index_head_dim")
    latent = replace(base.latent, index_heads=heads, index_dim=numbers) if base.latent else None
    return replace(base, latent=latent)


def _glm4_lite(keys: ConfigKeys) -> Architecture:
    # Its first layer is dense, and its file says so with a list only.
    base = _deepseek(keys)
    experts = replace(base.experts, first_dense=1) if base.experts else None
    return replace(base, experts=experts)


def _hybrid(keys: ConfigKeys) -> Architecture:
    experts = None
    if keys.value("num_experts"):
        experts = Experts(
            count=keys.number("num_experts"),
            per_token=keys.number("num_experts_per_tok"),
            width=keys.number("moe_intermediate_size"),
            shared_width=keys.number("shared_expert_intermediate_size", default=0, least=0),
            every=keys.number("decoder_sparse_step", default=1),
        )
    linear = LinearAttention(
        key_heads=keys.number("linear_num_key_heads"),
        value_heads=keys.number("linear_num_value_heads"),
        key_dim=keys.number("linear_key_head_dim"),
        value_dim=keys.number("linear_value_head_dim"),
        kernel=keys.number("linear_conv_kernel_dim"),
        state_bytes=4 if keys.value("mamba_ssm_dtype") == "float32" else 2,
    )
    return _shape(
        keys,
        every=keys.number("full_attention_interval", default=4),
        others=LayerKind.LINEAR,
        width=keys.number("intermediate_size", default=0 if experts else None),
        gated=True,
        experts=experts,
        linear=linear,
    )


_ARCHITECTURES: Mapping[str, Callable[[ConfigKeys], Architecture]] = MappingProxyType(
    {
        "LlamaForCausalLM": _dense,
        "MistralForCausalLM": _dense,
        "Qwen2ForCausalLM": _dense,
        "Qwen3ForCausalLM": _dense,
        "Qwen3VLForConditionalGeneration": _dense,
        "Phi3ForCausalLM": _dense,
        "MixtralForCausalLM": _mixture,
        "Qwen3MoeForCausalLM": _mixture,
        "Qwen3VLMoeForConditionalGeneration": _mixture,
        "MiniMaxM2ForCausalLM": _mixture,
        "GptOssForCausalLM": _gpt_oss,
        "Gemma2ForCausalLM": _gemma2,
        "Gemma3ForCausalLM": _gemma3,
        "Gemma3ForConditionalGeneration": _gemma3,
        "Llama4ForConditionalGeneration": _llama4,
        "DeepseekV2ForCausalLM": _deepseek,
        "DeepseekV3ForCausalLM": _deepseek,
        "DeepseekV32ForCausalLM": _sparse,
        "GlmMoeDsaForCausalLM": _sparse,
        "Glm4MoeForCausalLM": _routed,
        "Glm4MoeLiteForCausalLM": _glm4_lite,
        "Qwen3NextForCausalLM": _hybrid,
        "Qwen3_5ForConditionalGeneration": _hybrid,
        "Qwen3_5MoeForConditionalGeneration": _hybrid,
    }
)

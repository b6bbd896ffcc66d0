"""A model's shape from its ``config.json`` on Hugging Face, for the families that are known exactly."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from ..components.errors import InvalidInput, Problem
from .architecture import Architecture, LayerKind
from .config_defaults import DEFAULTS
from .config_hybrids import gated_delta, granite_hybrid, nemotron_h
from .config_keys import Config, ConfigKeys
from .config_shapes import (
    deepseek,
    dense,
    gemma4,
    gpt_oss,
    llama4,
    minimax_m3,
    mistral3,
    mixture,
    routed,
    sparse,
    tied,
    windows,
)
from .model import Checked, Model
from .parameters import parameters
from .quantisation import names_cache, read_formats


def read_config(path: Path) -> Config:
    """The content of a ``config.json``. Raises ``InvalidInput`` when it can't be read or is no object."""
    content = _json_object(path)
    beside = path.with_name("hf_quant_config.json")
    if content.get("quantization_config") is not None or not beside.is_file():
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
    keys = _keys(config, problems)
    build = ARCHITECTURES.get(keys.architecture)
    if build is None:
        known = f"one of {', '.join(sorted(ARCHITECTURES))}"
        fix = "take another model; how this one keeps its cache is not known here"
        problems.append(Problem("architectures", config.get("architectures"), known, fix))
        raise InvalidInput(subject, problems)
    shape = build(keys)
    if not problems:
        _check_shape(keys, shape)
    # As vLLM takes it; what stretches positions beyond that is left out.
    max_context = keys.number("model_max_length", default=keys.number("max_position_embeddings"))
    native, parts = read_formats(config, shape, problems, mlp_is_shared=keys.architecture in _MLP_IS_SHARED)
    if problems:
        raise InvalidInput(subject, problems)
    params_b = Decimal(parameters(shape)) / 10**9
    return Model(
        name,
        shape,
        params_b,
        max_context,
        source,
        native,
        None,
        Checked.SOURCE,
        "config.json",
        formats=parts,
        names_cache=names_cache(config),
        takes_adapters=not keys.architecture.startswith(_WITHOUT_ADAPTERS),
    )


def _keys(config: Config, problems: list[Problem]) -> ConfigKeys:
    architecture = ConfigKeys(config, problems).architecture
    return ConfigKeys(config, problems, defaults=DEFAULTS.get(architecture, {}))


def _check_shape(keys: ConfigKeys, shape: Architecture) -> None:
    for key in ("is_encoder_decoder", "add_cross_attention"):
        if keys.flag(key):
            keys.wrong(key, True, "false; a cache of an encoder's tokens is not known here")
    # Gemma halves its window then.
    if (seen := keys.value("use_bidirectional_attention")) in (True, "all"):
        keys.wrong("use_bidirectional_attention", seen, "a model whose tokens see only those before them")
    written = keys.value("head_dim") or keys.value("attention_head_dim")
    if not shape.latent and written is None and shape.hidden % shape.heads:
        keys.wrong("head_dim", None, f"a number, since {shape.heads} heads don't divide {shape.hidden}")
    keeping = [kind for kind in dict.fromkeys(shape.kinds) if kind not in (LayerKind.LINEAR, LayerKind.NONE)]
    experts = shape.experts
    if experts and experts.per_token > experts.count:
        keys.wrong("num_experts_per_tok", experts.per_token, f"at most the {experts.count} experts")
    if not keeping:
        keys.wrong("num_hidden_layers", "no layer with attention", "a model that has some")
    for kind in keeping:
        heads = shape.heads_of(kind).kv_heads
        if shape.heads % heads:
            keys.wrong("num_key_value_heads", heads, f"a divisor of the {shape.heads} attention heads")


def _json_object(path: Path) -> Config:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        got = f"a file that can't be read: {error.strerror or error}"
        raise InvalidInput(str(path), [Problem("", got, "a config.json", "check the path")]) from None
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        said = error.msg if isinstance(error, json.JSONDecodeError) else str(error) or "nesting without end"
        fix = "take the model's own config.json, unchanged"
        problem = Problem("", f"a text that is not JSON: {said}", "a config.json", fix, line)
        raise InvalidInput(str(path), [problem]) from None
    if not isinstance(content, dict):
        problem = Problem("", content, "a JSON object", "take the model's own config.json")
        raise InvalidInput(str(path), [problem])
    return content


ARCHITECTURES: Mapping[str, Callable[[ConfigKeys], Architecture]] = MappingProxyType(
    {
        "LlamaForCausalLM": dense,
        "SeedOssForCausalLM": dense,
        "Glm4ForCausalLM": dense,
        "Ministral3ForCausalLM": dense,
        "Mistral3ForConditionalGeneration": mistral3,
        "SmolLM3ForCausalLM": tied,
        "Olmo3ForCausalLM": windows(4),
        # Cohere counts the token itself to the window.
        "Cohere2ForCausalLM": windows(4, tied=True, wider=1),
        "MistralForCausalLM": dense,
        "Qwen2ForCausalLM": dense,
        "Qwen3ForCausalLM": dense,
        "Qwen3VLForConditionalGeneration": dense,
        "Phi3ForCausalLM": dense,
        "MixtralForCausalLM": mixture("intermediate_size"),
        "Qwen3MoeForCausalLM": mixture("moe_intermediate_size"),
        "Qwen3VLMoeForConditionalGeneration": mixture("moe_intermediate_size"),
        "MiniMaxM2ForCausalLM": mixture("intermediate_size"),
        "MiniMaxM3ForCausalLM": minimax_m3,
        "MiniMaxM3SparseForCausalLM": minimax_m3,
        "MiniMaxM3SparseForConditionalGeneration": minimax_m3,
        "GptOssForCausalLM": gpt_oss,
        "Gemma2ForCausalLM": windows(2, tied=True),
        "Gemma4ForCausalLM": gemma4,
        "Gemma4ForConditionalGeneration": gemma4,
        "Gemma3ForCausalLM": windows(6, tied=True),
        "Gemma3ForConditionalGeneration": windows(6, tied=True),
        "Llama4ForConditionalGeneration": llama4,
        "DeepseekV2ForCausalLM": deepseek,
        "DeepseekV3ForCausalLM": deepseek,
        "KimiK25ForConditionalGeneration": deepseek,
        "DeepseekV32ForCausalLM": sparse,
        "GlmMoeDsaForCausalLM": sparse,
        "Glm4MoeForCausalLM": routed,
        "Glm4MoeLiteForCausalLM": deepseek,
        "Qwen3NextForCausalLM": gated_delta,
        "Qwen3_5ForCausalLM": gated_delta,
        "Qwen3_5MoeForCausalLM": gated_delta,
        "Qwen3_5ForConditionalGeneration": gated_delta,
        "Qwen3_5MoeForConditionalGeneration": gated_delta,
        "NemotronHForCausalLM": nemotron_h,
        "GraniteMoeHybridForCausalLM": granite_hybrid,
    }
)
"""What reads the shape of each family, by the name that its ``config.json`` gives."""
# No class of theirs is SupportsLoRA: vLLM 0.33.0, models/kimi_k25.py and models/minimax_m3 (2026-11-22).
_WITHOUT_ADAPTERS = ("KimiK25", "MiniMaxM3")
_MLP_IS_SHARED = ("Gemma4ForCausalLM", "Gemma4ForConditionalGeneration")

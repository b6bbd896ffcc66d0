"""Checkpoints of which each part has a format of its own, as their makers publish them."""

import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.serving.config_json import model_from_config
from ai_platform.serving.models import MODELS
from ai_platform.serving.precision import Part, Precision, formats
from tests.serving.model_configs import CONFIGS

NVFP4, FP8, BF16 = Precision.NVFP4, Precision.FP8, Precision.BF16
MODELOPT = {"quant_method": "modelopt", "quant_algo": "NVFP4"}


def read(name, quantised):
    config = {**CONFIGS[name], "quantization_config": quantised}
    return model_from_config("m", config, source="org/m", subject="config.json")


def held(name, quantised, part, layer=10):
    found = read(name, quantised)
    return found.weights_in(found.native_precision).of(part, layer)


def every_layer(pattern, count):
    return [pattern.format(layer) for layer in range(count)]


def test_what_is_left_out_in_all_layers_is_bf16():
    """As in nvidia/Gemma-4-26B-A4B-NVFP4, whose ``mlp`` stands beside the experts."""
    left_out = [
        "lm_head", "model.embed_vision*", "model.vision_tower*",
        *every_layer("model.language_model.layers.{}.mlp*", 30),
        *every_layer("model.language_model.layers.{}.router*", 30),
        *every_layer("model.language_model.layers.{}.self_attn*", 30),
    ]  # fmt: skip
    found = read("gemma-4-26b-a4b", {**MODELOPT, "ignore": left_out})
    row = MODELS["gemma-4-26b-a4b-nvfp4"]
    assert found.weights_in(NVFP4).of(Part.EXPERTS, 3) is NVFP4
    assert {found.weights_in(NVFP4).of(part, 3) for part in (Part.SHARED, Part.INPUTS, Part.OUTPUTS)} == {
        BF16
    }
    assert all(
        found.weights_in(NVFP4).of(part, layer) is row.weights_in(NVFP4).of(part, layer)
        for part in (Part.EXPERTS, Part.SHARED, Part.INPUTS, Part.OUTPUTS)
        for layer in range(30)
    )


def test_four_matrices_of_latent_attention_are_its_inputs():
    """As in nvidia/DeepSeek-V3.1-NVFP4, which quantises the output."""
    names = ("q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj")
    left_out = [f"model.layers.{layer}.self_attn.{name}" for layer in range(61) for name in names]
    quantised = {**MODELOPT, "exclude_modules": ["lm_head", *left_out, "model.layers.61*"]}
    assert held("deepseek-v3", quantised, Part.INPUTS) is BF16
    assert held("deepseek-v3", quantised, Part.OUTPUTS) is NVFP4


def test_a_layer_that_is_left_out_whole_is_bf16_and_those_behind_the_last_do_not_count():
    quantised = {**MODELOPT, "ignore": ["model.layers.2.*", "model.layers.78*"]}
    assert held("glm-5.2", quantised, Part.DENSE, 2) is BF16
    assert held("glm-5.2", quantised, Part.DENSE, 1) is NVFP4
    assert held("glm-5.2", {**MODELOPT, "ignore": ["model.layers.7*"]}, Part.EXPERTS, 70) is BF16


def test_every_matrix_with_its_own_format_is_read():
    """As in nvidia/NVIDIA-Nemotron-3.5-Lightning-30B-A3B-NVFP4."""
    name, row = "nemotron-3-nano-30b-a3b", MODELS["nemotron-3.5-lightning-30b-a3b-nvfp4"]
    letters = CONFIGS[name]["hybrid_override_pattern"]
    fp8, fp4 = {"quant_algo": "FP8"}, {"quant_algo": "W4A16_NVFP4"}
    layers: dict[str, dict[str, str]] = {"lm_head": fp4}
    for at, letter in enumerate(letters):
        start = f"backbone.layers.{at}.mixer"
        if letter == "M":
            layers |= {f"{start}.in_proj": fp8, f"{start}.out_proj": fp8}
        if letter == "E":
            for matrix in ("up_proj", "down_proj"):
                layers |= {f"{start}.experts.{expert}.{matrix}": fp4 for expert in range(128)}
                layers[f"{start}.shared_experts.{matrix}"] = fp4
    quantised = {"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION", "quantized_layers": layers}
    found = read(name, quantised)
    assert found.native_precision is NVFP4
    assert found.formats == row.formats
    del layers["backbone.layers.1.mixer.experts.127.up_proj"]
    with pytest.raises(InvalidInput, match="a part of a layer has a format of its own"):
        read(name, quantised)


def test_groups_of_targets_are_formats_of_parts():
    quantised = {
        "quant_method": "compressed-tensors",
        "config_groups": {
            "group_0": {"targets": ["re:.*mlp.experts.*"], "weights": {"type": "float", "num_bits": 4}},
            "group_1": {"targets": ["re:.*self_attn.*"], "weights": {"type": "float", "num_bits": 8}},
        },
    }
    assert held("qwen3-30b-a3b", quantised, Part.EXPERTS) is NVFP4
    assert held("qwen3-30b-a3b", quantised, Part.INPUTS) is FP8


def test_fp4_in_groups_of_32_with_small_scales_is_mxfp4():
    weights = {"type": "float", "num_bits": 4, "group_size": 32}
    quantised = {"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": weights}}}
    assert read("llama-3.1-8b", quantised).native_precision is Precision.MXFP4


@pytest.mark.parametrize("method", ["bitsandbytes", "gguf", "quark", "hqq", "mxfp8", None])
def test_a_method_that_is_not_known_is_refused(method):
    with pytest.raises(InvalidInput, match="quantization_config"):
        read("llama-3.1-8b", {"quant_method": method, "bits": 4})


def test_an_output_layer_that_is_quantised_too_is_counted_so():
    quantised = {"quant_method": "gptq", "bits": 4, "group_size": 128, "sym": True}
    assert held("llama-3.1-8b", quantised, Part.HEAD, 31) is BF16
    assert held("llama-3.1-8b", {**quantised, "lm_head": True}, Part.HEAD, 31) is Precision.INT4


def test_a_checkpoint_that_names_a_format_of_the_cache_is_known():
    assert read("llama-3.1-8b", {**MODELOPT, "kv_cache_quant_algo": "FP8"}).names_cache
    assert not read("llama-3.1-8b", {**MODELOPT, "kv_cache_quant_algo": None}).names_cache
    assert MODELS["llama-3.1-70b-fp8"].names_cache


def test_rows_in_one_format_name_no_parts():
    for row in MODELS.values():
        assert row.formats is None or row.formats != formats(row.native_precision)


def test_a_group_that_names_its_targets_stands_for_them_alone():
    group = {"targets": ["re:.*self_attn.*"], "weights": {"type": "float", "num_bits": 8}}
    quantised = {"quant_method": "compressed-tensors", "config_groups": {"group_0": group}}
    assert held("llama-3.1-8b", quantised, Part.INPUTS) is FP8
    assert held("llama-3.1-8b", quantised, Part.DENSE) is BF16


def test_a_group_without_targets_is_refused():
    group = {"targets": [], "weights": {"type": "float", "num_bits": 8}}
    with pytest.raises(InvalidInput, match="quantization_config"):
        read("llama-3.1-8b", {"quant_method": "compressed-tensors", "config_groups": {"group_0": group}})


def test_groups_in_one_format_are_added_up():
    groups = {
        f"group_{at}": {"targets": [f"re:.*{part}.*"], "weights": {"type": "float", "num_bits": 8}}
        for at, part in enumerate(("self_attn", "mlp"))
    }
    found = read("llama-3.1-8b", {"quant_method": "compressed-tensors", "config_groups": groups})
    assert (found.native_precision, found.formats) == (FP8, None)


def test_old_checkpoints_say_their_format_under_another_key():
    """vLLM 0.33.0, model_executor/model_loader/weight_utils.py, get_quant_config."""
    group = {"targets": ["Linear"], "weights": {"type": "int", "num_bits": 4}}
    quantised = {"quant_method": "compressed-tensors", "config_groups": {"group_0": group}}
    config = {**CONFIGS["llama-3.1-8b"], "compression_config": quantised}
    found = model_from_config("m", config, source="org/m", subject="config.json")
    assert found.native_precision is Precision.INT4


@pytest.mark.parametrize(
    "weights",
    [
        {"type": "float", "num_bits": 4, "group_size": 64},
        {"type": "float", "num_bits": 8, "group_size": 32},
        {"type": "int", "num_bits": 8, "group_size": 32},
        {"type": "int", "num_bits": True},
        {"type": "float", "num_bits": 8, "group_size": "channel"},
    ],
)
def test_groups_of_weights_whose_scales_are_not_known_are_refused(weights):
    group = {"targets": ["Linear"], "weights": weights}
    with pytest.raises(InvalidInput, match="quantization_config"):
        read("llama-3.1-8b", {"quant_method": "compressed-tensors", "config_groups": {"group_0": group}})


def test_one_format_beside_groups_of_others_is_refused():
    """As DeepSeek V4 in NVFP4: fp8 by name, and its experts in four bits."""
    group = {"targets": ["Linear"], "weights": {"type": "float", "num_bits": 4, "group_size": 16}}
    with pytest.raises(InvalidInput, match="quantization_config"):
        read("deepseek-v3", {"quant_method": "fp8", "config_groups": {"group_0": group}})


@pytest.mark.parametrize(
    ("pattern", "layers"),
    [
        (r"re:.*layers\.\d+\.self_attn.*", set(range(32))),
        (r"re:.*layers\.[0-9]+\.self_attn.*", set(range(32))),
        (r"re:.*layers\.3\.self_attn.*", {3}),
        (r"re:.*layers\.(3|31)\.self_attn.*", {3, 31}),
        (r"re:.*layers.3.*self_attn.*", {3, 30, 31}),
        ("model.layers.3*self_attn*", {3, 30, 31}),
        ("model.layers.3.self_attn*", {3}),
        (f"model.layers.{'9' * 5000}.self_attn", set()),
    ],
)
def test_a_pattern_stands_for_the_layers_that_it_matches(pattern, layers):
    found = read("llama-3.1-8b", {"quant_method": "fp8", "ignored_layers": [pattern]})
    formats_ = [found.weights_in(FP8).of(Part.INPUTS, layer) for layer in range(32)]
    assert {layer for layer, format_ in enumerate(formats_) if format_ is BF16} == layers


@pytest.mark.parametrize("digits", [r"\d", "[0-2]", r"1\d", "(?:0|1)", "1?", r"(\d+)"])
def test_a_pattern_that_picks_layers_in_another_way_is_refused(digits):
    with pytest.raises(InvalidInput, match="a part of a layer has a format of its own"):
        read(
            "llama-3.1-8b",
            {"quant_method": "fp8", "ignored_layers": [rf"re:.*layers\.{digits}\.self_attn.*"]},
        )

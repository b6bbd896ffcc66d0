import json

import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.serving.config_json import read_config
from ai_platform.serving.models import MODELS
from ai_platform.serving.precision import Precision
from tests.serving.model_configs import BLOCK_FP8, CONFIGS, GRANITE, problems_of, read


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_gives_the_model_of_the_table(name):
    found, row = read(CONFIGS[name]), MODELS[name]
    assert found.shape == row.shape
    assert (found.max_context, found.native_precision) == (row.max_context, row.native_precision)
    assert found.hugging_face_id == "org/m"
    assert found.takes_adapters == row.takes_adapters


def test_an_unknown_architecture_is_one_clear_error():
    (problem,) = problems_of({"architectures": ["MambaForCausalLM"], "hidden_size": "?"})
    assert problem.path == "architectures"
    assert "LlamaForCausalLM" in problem.expected


def test_every_missing_or_wrong_number_is_named_at_once():
    config = {**CONFIGS["llama-3.1-8b"], "hidden_size": "large", "num_hidden_layers": 0}
    del config["vocab_size"]
    assert {problem.path for problem in problems_of(config)} == {
        "hidden_size", "num_hidden_layers", "vocab_size",
    }  # fmt: skip


def test_layers_that_share_an_index_are_those_that_vllm_takes_them_for():
    """vLLM reads the frequency and the offset, and not ``indexer_types``."""
    (problem,) = problems_of({**CONFIGS["glm-5"], "indexer_types": ["full", "full", "shared"]})
    assert problem.path == "indexer_types"
    written = {**CONFIGS["glm-5"], "index_topk_pattern": "FS" * 39}
    assert read(written).shape.index.pattern == "I-"


@pytest.mark.parametrize(
    ("key", "value"), [("num_kv_shared_layers", 18), ("hidden_size_per_layer_input", 256)]
)
def test_the_small_models_of_gemma_4_are_refused_with_the_reason(key, value):
    config = json.loads(json.dumps(CONFIGS["gemma-4-26b-a4b"]))
    config["text_config"][key] = value
    (problem,) = problems_of(config)
    assert problem.path == f"text_config.{key}"


def test_a_pattern_of_nemotron_that_is_not_known_is_told():
    short = {**CONFIGS["nemotron-3-nano-30b-a3b"], "hybrid_override_pattern": "M*E"}
    assert [problem.path for problem in problems_of(short)] == ["hybrid_override_pattern"]
    mixed = {**short, "hybrid_override_pattern": "ME-*" * 13}
    assert [problem.path for problem in problems_of(mixed)] == ["hybrid_override_pattern"]


def test_granite_4_has_a_network_for_every_token_beside_experts_and_mamba():
    """Shape of its own making; the family is read as vLLM's granitemoehybrid.py builds it."""
    shape = read(GRANITE).shape
    assert (shape.pattern, shape.linear.head_dim, shape.experts.shared_width) == ("LLLLLLLLLF", 64, 1024)


def test_an_encoder_that_hands_over_what_several_layers_see_counts_their_networks():
    """Qwen3-VL-8B has 8.77 billion parameters, of which its language model has 8.19."""
    vision = {
        "deepstack_visual_indexes": [8, 16, 24], "depth": 27, "hidden_size": 1152, "intermediate_size": 4304,
        "out_hidden_size": 4096, "spatial_merge_size": 2,
    }  # fmt: skip
    text = {
        "head_dim": 128, "hidden_size": 4096, "intermediate_size": 12288, "max_position_embeddings": 262144,
        "num_attention_heads": 32, "num_hidden_layers": 36, "num_key_value_heads": 8, "vocab_size": 151936,
    }  # fmt: skip
    architecture = "Qwen3VLForConditionalGeneration"
    found = read({"architectures": [architecture], "text_config": text, "vision_config": vision})
    assert float(found.params_b) == pytest.approx(8.77, rel=0.003)


def test_paths_lead_into_the_text_part():
    config = json.loads(json.dumps(CONFIGS["gemma-3-27b"]))
    config["text_config"]["num_attention_heads"] = True
    assert problems_of(config)[0].path == "text_config.num_attention_heads"


@pytest.mark.parametrize(
    ("quantised", "precision"),
    [
        ({"quant_method": "awq", "bits": 4}, Precision.INT4),
        ({"quant_method": "gptq", "bits": 8}, Precision.INT8),
        ({**BLOCK_FP8, "modules_to_not_convert": ["lm_head", "model.layers.0.mlp.gate"]}, Precision.FP8),
        ({"quant_method": "modelopt", "quant_algo": "FP8"}, Precision.FP8),
        (
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"group_0": {"weights": {"type": "int", "num_bits": 4}}},
                "ignore": ["lm_head"],
            },
            Precision.INT4,
        ),
    ],
)
def test_the_format_of_the_checkpoint_is_read(quantised, precision):
    config = {**CONFIGS["llama-3.1-8b"], "quantization_config": quantised}
    assert read(config).native_precision is precision


@pytest.mark.parametrize(
    "quantised",
    [
        {"quant_method": "bitsandbytes", "load_in_4bit": True},
        {
            "quant_method": "modelopt",
            "quant_algo": "NVFP4",
            "exclude_modules": ["model.layers.0.self_attn.q_proj"],
        },
        {"quant_method": "fp8", "modules_to_not_convert": ["model.layers.0.mlp.gate_proj"]},
        {"quant_method": "gptq", "bits": 4, "group_size": 64},
        {"quant_method": "awq", "bits": 4, "group_size": 32},
        {"group_size": 64, "bits": 8, "mode": "affine"},
        {"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": None}}},
        "fp8",
    ],
)
def test_a_format_whose_size_is_not_known_is_refused(quantised):
    (problem,) = problems_of({**CONFIGS["llama-3.1-8b"], "quantization_config": quantised})
    assert problem.path == "quantization_config"


def test_a_list_of_matrices_left_out_that_is_none_is_told():
    quantised = {"quant_method": "fp8", "modules_to_not_convert": 5}
    (problem,) = problems_of({**CONFIGS["llama-3.1-8b"], "quantization_config": quantised})
    assert problem.path == "quantization_config.modules_to_not_convert"


@pytest.mark.parametrize("kinds", [["sliding_attention"] * 23, ["mamba"] * 24])
def test_layers_of_which_the_file_does_not_say_what_they_are_are_told(kinds):
    (problem,) = problems_of({**CONFIGS["gpt-oss-20b"], "layer_types": kinds})
    assert problem.path == "layer_types"
    assert problem.expected.startswith("24 of full_attention, sliding_attention")


def test_layers_with_a_window_that_is_not_there_see_all_tokens():
    config = {**CONFIGS["gpt-oss-20b"], "sliding_window": None}
    shape = read(config).shape
    assert (shape.pattern, shape.window) == ("F", 0)


def test_a_number_of_layers_that_no_model_has_is_told():
    (problem,) = problems_of({**CONFIGS["llama-3.1-8b"], "num_hidden_layers": 10**9})
    assert problem.expected == "a whole number from 1 to 1000"


@pytest.mark.parametrize("more", [{}, {"quantization_config": None}])
def test_nvidias_quantiser_writes_its_own_file(tmp_path, more):
    (tmp_path / "config.json").write_text(json.dumps({**CONFIGS["llama-3.1-8b"], **more}))
    (tmp_path / "hf_quant_config.json").write_text('{"quantization": {"quant_algo": "FP8"}}')
    assert read(read_config(tmp_path / "config.json")).native_precision is Precision.FP8


@pytest.mark.parametrize("text", ["[1]", "{", "\x00"])
def test_what_is_no_object_is_refused(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(InvalidInput, match=r"config\.json"):
        read_config(tmp_path / "config.json")


def test_a_window_over_all_layers_is_read():
    config = {**CONFIGS["llama-3.1-8b"], "architectures": ["MistralForCausalLM"], "sliding_window": 4096}
    shape = read(config).shape
    assert (shape.pattern, shape.window) == ("S", 4096)


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("num_key_value_heads", 7, "num_key_value_heads"),
        ("num_key_value_heads", 64, "num_key_value_heads"),
        ("num_attention_heads", 48, "head_dim"),
        ("is_encoder_decoder", True, "is_encoder_decoder"),
        ("add_cross_attention", True, "add_cross_attention"),
    ],
)
def test_a_shape_that_no_such_model_has_is_told(key, value, path):
    assert path in [problem.path for problem in problems_of({**CONFIGS["llama-3.1-8b"], key: value})]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mlp_only_layers", [0, 1]),
        ("block_configs", [{"block_type": "moe"}]),
        ("per_layer_config", {"0": {}}),
    ],
)
def test_layers_with_a_shape_of_their_own_are_refused(key, value):
    (problem,) = problems_of({**CONFIGS["qwen3-30b-a3b"], key: value})
    assert problem.path == key


def test_windows_over_some_layers_of_qwen_2_are_refused_as_vllm_does():
    """vLLM 0.33.0, model_executor/models/qwen2.py."""
    qwen = {**CONFIGS["llama-3.1-8b"], "architectures": ["Qwen2ForCausalLM"], "sliding_window": 4096}
    (problem,) = problems_of({**qwen, "use_sliding_window": True, "max_window_layers": 28})
    assert problem.path == "max_window_layers"
    assert read({**qwen, "use_sliding_window": True, "max_window_layers": 32}).shape.pattern == "S"
    assert read({**qwen, "use_sliding_window": False, "max_window_layers": 28}).shape.pattern == "F"


def test_a_model_without_attention_is_refused():
    config = {**CONFIGS["nemotron-3-nano-30b-a3b"], "hybrid_override_pattern": "ME" * 26}
    (problem,) = problems_of(config)
    assert problem.got == "no layer with attention"


@pytest.mark.parametrize(
    "more", [{"dynamic": {"-:.*down_proj": {}}}, {"sparsity_config": {"format": "sparse-24-bitmask"}}]
)
def test_a_checkpoint_that_is_smaller_or_larger_than_its_format_says_is_refused(more):
    quantised = {"quant_method": "gptq", "bits": 4, "group_size": 128, **more}
    (problem,) = problems_of({**CONFIGS["llama-3.1-8b"], "quantization_config": quantised})
    assert problem.path == "quantization_config"


def test_a_config_that_is_not_json_says_where(tmp_path):
    file = tmp_path / "config.json"
    file.write_text('{\n  "model_type": llama\n}')
    with pytest.raises(InvalidInput, match=r"\(whole file\) \(line 2\): got a text that is not JSON"):
        read_config(file)

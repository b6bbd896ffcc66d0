import json
from typing import Any

import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.serving.config_json import model_from_config, read_config
from ai_platform.serving.models import MODELS
from ai_platform.serving.precision import Precision

BLOCK_FP8 = {"quant_method": "fp8", "weight_block_size": [128, 128]}
QWEN_35 = {
    "hidden_size": 2048, "num_hidden_layers": 40, "num_attention_heads": 16, "num_key_value_heads": 2,
    "head_dim": 256, "vocab_size": 248320, "max_position_embeddings": 262144, "num_experts": 256,
    "num_experts_per_tok": 8, "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512,
    "layer_types": ["linear_attention"] * 3 + ["full_attention"], "linear_num_key_heads": 16,
    "linear_num_value_heads": 32, "linear_key_head_dim": 128, "linear_value_head_dim": 128,
    "linear_conv_kernel_dim": 4, "mamba_ssm_dtype": "float32",
}  # fmt: skip
QWEN_35["layer_types"] = QWEN_35["layer_types"] * 10

# What the models' own files say, without the keys that decide nothing here.
CONFIGS: dict[str, dict[str, Any]] = {
    "llama-3.1-8b": {
        "architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "intermediate_size": 14336,
        "max_position_embeddings": 131072, "num_attention_heads": 32, "num_hidden_layers": 32,
        "num_key_value_heads": 8, "tie_word_embeddings": False, "vocab_size": 128256,
    },
    "qwen3-30b-a3b": {
        "architectures": ["Qwen3MoeForCausalLM"], "decoder_sparse_step": 1, "head_dim": 128,
        "hidden_size": 2048, "intermediate_size": 6144, "max_position_embeddings": 40960,
        "moe_intermediate_size": 768, "num_attention_heads": 32, "num_experts": 128,
        "num_experts_per_tok": 8, "num_hidden_layers": 48, "num_key_value_heads": 4,
        "sliding_window": None, "use_sliding_window": False, "tie_word_embeddings": False,
        "vocab_size": 151936,
    },
    "gpt-oss-20b": {
        "architectures": ["GptOssForCausalLM"], "head_dim": 64, "hidden_size": 2880,
        "intermediate_size": 2880, "layer_types": ["sliding_attention", "full_attention"] * 12,
        "max_position_embeddings": 131072, "num_attention_heads": 64, "num_experts_per_tok": 4,
        "num_hidden_layers": 24, "num_key_value_heads": 8, "num_local_experts": 32,
        "quantization_config": {"quant_method": "mxfp4", "modules_to_not_convert": ["*.self_attn"]},
        "sliding_window": 128, "tie_word_embeddings": False, "vocab_size": 201088,
    },
    "deepseek-v3": {
        "architectures": ["DeepseekV3ForCausalLM"], "first_k_dense_replace": 3, "hidden_size": 7168,
        "intermediate_size": 18432, "kv_lora_rank": 512, "max_position_embeddings": 163840,
        "moe_intermediate_size": 2048, "moe_layer_freq": 1, "n_routed_experts": 256, "n_shared_experts": 1,
        "num_attention_heads": 128, "num_experts_per_tok": 8, "num_hidden_layers": 61,
        "num_key_value_heads": 128, "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
        "quantization_config": BLOCK_FP8, "tie_word_embeddings": False, "v_head_dim": 128,
        "vocab_size": 129280,
    },
    "glm-5": {
        "architectures": ["GlmMoeDsaForCausalLM"], "first_k_dense_replace": 3, "head_dim": 64,
        "hidden_size": 6144, "index_head_dim": 128, "index_n_heads": 32, "index_topk": 2048,
        "intermediate_size": 12288, "kv_lora_rank": 512, "max_position_embeddings": 202752,
        "moe_intermediate_size": 2048, "moe_layer_freq": 1, "n_routed_experts": 256, "n_shared_experts": 1,
        "num_attention_heads": 64, "num_experts_per_tok": 8, "num_hidden_layers": 78,
        "num_key_value_heads": 64, "q_lora_rank": 2048, "qk_nope_head_dim": 192, "qk_rope_head_dim": 64,
        "tie_word_embeddings": False, "v_head_dim": 256, "vocab_size": 154880,
    },
    "glm-4.7-flash": {
        "architectures": ["Glm4MoeLiteForCausalLM"], "hidden_size": 2048, "intermediate_size": 10240,
        "kv_lora_rank": 512, "max_position_embeddings": 202752, "moe_intermediate_size": 1536,
        "n_routed_experts": 64, "n_shared_experts": 1, "num_attention_heads": 20, "num_experts_per_tok": 4,
        "num_hidden_layers": 47, "num_key_value_heads": 20, "q_lora_rank": 768, "qk_nope_head_dim": 192,
        "qk_rope_head_dim": 64, "tie_word_embeddings": False, "v_head_dim": 256, "vocab_size": 154880,
    },
    "glm-4.5-air": {
        "architectures": ["Glm4MoeForCausalLM"], "first_k_dense_replace": 1, "head_dim": 128,
        "hidden_size": 4096, "intermediate_size": 10944, "max_position_embeddings": 131072,
        "moe_intermediate_size": 1408, "n_routed_experts": 128, "n_shared_experts": 1,
        "num_attention_heads": 96, "num_experts_per_tok": 8, "num_hidden_layers": 46,
        "num_key_value_heads": 8, "tie_word_embeddings": False, "vocab_size": 151552,
    },
    "gemma-3-27b": {
        "architectures": ["Gemma3ForConditionalGeneration"],
        "text_config": {
            "head_dim": 128, "hidden_size": 5376, "intermediate_size": 21504, "num_attention_heads": 32,
            "num_hidden_layers": 62, "num_key_value_heads": 16, "sliding_window": 1024, "vocab_size": 262144,
            "max_position_embeddings": 131072,
        },
        "vision_config": {"hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27},
    },
    "llama-4-scout": {
        "architectures": ["Llama4ForConditionalGeneration"],
        "text_config": {
            "attention_chunk_size": 8192, "head_dim": 128, "hidden_size": 5120,
            "interleave_moe_layer_step": 1,
            "intermediate_size": 8192, "intermediate_size_mlp": 16384, "max_position_embeddings": 10485760,
            "num_attention_heads": 40, "num_experts_per_tok": 1, "num_hidden_layers": 48,
            "num_key_value_heads": 8, "num_local_experts": 16, "vocab_size": 202048,
        },
        "vision_config": {"hidden_size": 1408, "intermediate_size": 5632, "num_hidden_layers": 34},
    },
    "gemma-4-26b-a4b": {
        "architectures": ["Gemma4ForConditionalGeneration"],
        "text_config": {
            "attention_k_eq_v": True, "enable_moe_block": True, "global_head_dim": 512, "head_dim": 256,
            "hidden_size": 2816, "hidden_size_per_layer_input": 0, "intermediate_size": 2112,
            "layer_types": (["sliding_attention"] * 5 + ["full_attention"]) * 5,
            "max_position_embeddings": 262144, "moe_intermediate_size": 704, "num_attention_heads": 16,
            "num_experts": 128, "num_global_key_value_heads": 2, "num_hidden_layers": 30,
            "num_key_value_heads": 8, "num_kv_shared_layers": 0, "sliding_window": 1024, "top_k_experts": 8,
            "vocab_size": 262144,
        },
        "vision_config": {
            "hidden_size": 1152, "intermediate_size": 4304, "model_type": "gemma4_vision",
            "num_hidden_layers": 27,
        },
    },
    "glm-5.2": {
        "architectures": ["GlmMoeDsaForCausalLM"], "first_k_dense_replace": 3, "hidden_size": 6144,
        "index_head_dim": 128, "index_n_heads": 32, "index_skip_topk_offset": 3, "index_topk": 2048,
        "index_topk_freq": 4, "index_topk_pattern": None,
        "indexer_types": ["full"] * 3 + (["shared"] * 3 + ["full"]) * 18 + ["shared"] * 3,
        "intermediate_size": 12288, "kv_lora_rank": 512,
        "layer_types": ["deepseek_sparse_attention"] * 78, "max_position_embeddings": 1048576,
        "moe_intermediate_size": 2048, "moe_layer_freq": 1, "n_routed_experts": 256, "n_shared_experts": 1,
        "num_attention_heads": 64, "num_experts_per_tok": 8, "num_hidden_layers": 78,
        "num_key_value_heads": 64, "q_lora_rank": 2048, "qk_nope_head_dim": 192, "qk_rope_head_dim": 64,
        "tie_word_embeddings": False, "v_head_dim": 256, "vocab_size": 154880,
    },
    "kimi-k2.5": {
        "architectures": ["KimiK25ForConditionalGeneration"], "tie_word_embeddings": False,
        "text_config": {
            "first_k_dense_replace": 1, "hidden_size": 7168, "intermediate_size": 18432, "kv_lora_rank": 512,
            "max_position_embeddings": 262144, "moe_intermediate_size": 2048, "moe_layer_freq": 1,
            "n_routed_experts": 384, "n_shared_experts": 1, "num_attention_heads": 64,
            "num_experts_per_tok": 8, "num_hidden_layers": 61, "num_key_value_heads": 64,
            "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
            "vocab_size": 163840,
            "quantization_config": {
                "quant_method": "compressed-tensors",
                "config_groups": {
                    "group_0": {
                        "targets": ["Linear"],
                        "weights": {"group_size": 32, "num_bits": 4, "symmetric": True, "type": "int"},
                    },
                },
                "ignore": [
                    "lm_head", "re:.*self_attn.*", "re:.*shared_experts.*",
                    r"re:.*mlp\.(gate|up|gate_up|down)_proj.*",
                ],
            },
        },
        "vision_config": {
            "mm_projector_type": "patchmerger", "vt_hidden_size": 1152, "vt_intermediate_size": 4304,
            "vt_num_hidden_layers": 27,
        },
    },
    "minimax-m3": {
        "architectures": ["MiniMaxM3ForCausalLM"], "dense_intermediate_size": 12288, "head_dim": 128,
        "hidden_size": 6144, "intermediate_size": 3072, "max_position_embeddings": 1048576,
        "moe_intermediate_size": 3072, "moe_layer_freq": [0] * 3 + [1] * 57, "n_shared_experts": 1,
        "num_attention_heads": 64, "num_experts_per_tok": 4, "num_hidden_layers": 60,
        "num_key_value_heads": 4, "num_local_experts": 128, "shared_intermediate_size": 3072,
        "sparse_attention_config": {
            "sparse_attention_freq": [0] * 3 + [1] * 57, "sparse_index_dim": 128,
            "sparse_num_index_heads": 4, "use_sparse_attention": True,
        },
        "tie_word_embeddings": False, "vocab_size": 200064,
    },
    "nemotron-3-nano-30b-a3b": {
        "architectures": ["NemotronHForCausalLM"], "conv_kernel": 4, "head_dim": 128, "hidden_size": 2688,
        "hybrid_override_pattern": "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME",
        "intermediate_size": 1856, "mamba_head_dim": 64, "mamba_num_heads": 64,
        "mamba_ssm_cache_dtype": "float32", "max_position_embeddings": 262144,
        "moe_intermediate_size": 1856, "moe_shared_expert_intermediate_size": 3712, "n_groups": 8,
        "n_routed_experts": 128, "n_shared_experts": 1, "num_attention_heads": 32, "num_experts_per_tok": 6,
        "num_hidden_layers": 52, "num_key_value_heads": 2, "ssm_state_size": 128,
        "tie_word_embeddings": False, "vocab_size": 131072,
    },
    "qwen3.5-35b-a3b": {
        "architectures": ["Qwen3_5MoeForConditionalGeneration"], "tie_word_embeddings": False,
        "text_config": QWEN_35,
        "vision_config": {"depth": 27, "hidden_size": 1152, "intermediate_size": 4304},
    },
}  # fmt: skip


def read(config, name="m"):
    return model_from_config(name, config, source="org/m", subject="config.json")


def problems_of(config):
    with pytest.raises(InvalidInput) as caught:
        read(config)
    return caught.value.problems


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_gives_the_model_of_the_table(name):
    found, row = read(CONFIGS[name]), MODELS[name]
    assert found.shape == row.shape
    assert (found.max_context, found.native_precision) == (row.max_context, row.native_precision)
    assert found.hugging_face_id == "org/m"


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
    config = {
        "architectures": ["GraniteMoeHybridForCausalLM"], "hidden_size": 1536, "intermediate_size": 512,
        "layer_types": ["mamba"] * 9 + ["attention"], "mamba_d_conv": 4, "mamba_d_head": "auto",
        "mamba_d_state": 128, "mamba_n_groups": 1, "mamba_n_heads": 48, "max_position_embeddings": 131072,
        "num_attention_heads": 12, "num_experts_per_tok": 6, "num_hidden_layers": 10,
        "num_key_value_heads": 4, "num_local_experts": 64, "shared_intermediate_size": 1024,
        "tie_word_embeddings": True, "vocab_size": 100352,
    }  # fmt: skip
    shape = read(config).shape
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


def test_nvidias_quantiser_writes_its_own_file(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(CONFIGS["llama-3.1-8b"]))
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


def test_layers_without_experts_in_the_middle_are_refused():
    (problem,) = problems_of({**CONFIGS["qwen3-30b-a3b"], "mlp_only_layers": [0, 1]})
    assert problem.path == "mlp_only_layers"


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

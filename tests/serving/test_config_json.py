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


def test_layers_that_share_an_index_are_refused():
    (problem,) = problems_of({**CONFIGS["glm-5"], "indexer_types": ["full", "full", "shared"]})
    assert problem.path == "indexer_types"


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
        {"quant_method": "modelopt", "quant_algo": "NVFP4", "exclude_modules": ["model.layers.0.self_attn*"]},
        {"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": None}}},
        "fp8",
    ],
)
def test_a_format_whose_size_is_not_known_is_refused(quantised):
    (problem,) = problems_of({**CONFIGS["llama-3.1-8b"], "quantization_config": quantised})
    assert problem.path == "quantization_config"


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

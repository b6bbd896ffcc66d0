"""What the models' own files say, without the keys that decide nothing here, and how tests read them."""

from typing import Any

import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.serving.config_json import model_from_config

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
        "vision_config": {
            "deepstack_visual_indexes": [], "depth": 27, "hidden_size": 1152, "intermediate_size": 4304,
            "out_hidden_size": 2048, "spatial_merge_size": 2,
        },
    },
}  # fmt: skip

GRANITE = {
    "architectures": ["GraniteMoeHybridForCausalLM"], "hidden_size": 1536, "intermediate_size": 512,
    "layer_types": ["mamba"] * 9 + ["attention"], "mamba_d_conv": 4, "mamba_d_head": "auto",
    "mamba_d_state": 128, "mamba_n_groups": 1, "mamba_n_heads": 48, "max_position_embeddings": 131072,
    "num_attention_heads": 12, "num_experts_per_tok": 6, "num_hidden_layers": 10,
    "num_key_value_heads": 4, "num_local_experts": 64, "shared_intermediate_size": 1024,
    "tie_word_embeddings": True, "vocab_size": 100352,
}  # fmt: skip


def read(config, name="m"):
    return model_from_config(name, config, source="org/m", subject="config.json")


def problems_of(config):
    with pytest.raises(InvalidInput) as caught:
        read(config)
    return caught.value.problems

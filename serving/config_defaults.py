"""What a family's configuration says of keys that its ``config.json`` leaves out.

The classes of transformers 5.23.0, ``models/*/configuration_*.py``, and for MiniMax M3 that of vLLM 0.33.0
(read 2026-11-22), as far as a shape follows from them. Keys that are not here have to be in the file, or mean
the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_GEMMA3 = {
    "vocab_size": 262208,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "max_position_embeddings": 131072,
}
_GEMMA4 = {"num_key_value_heads": 4, "head_dim": 256, "hidden_size_per_layer_input": 256}
_QWEN3_5 = {"num_key_value_heads": 4, "head_dim": 256}
_QWEN3_5_MOE = {
    "num_key_value_heads": 2,
    "head_dim": 256,
    "num_experts": 256,
    "shared_expert_intermediate_size": 512,
}

_MINIMAX_M3 = {"num_key_value_heads": 4, "head_dim": 128}

DEFAULTS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "SeedOssForCausalLM": {"num_key_value_heads": 8, "head_dim": 128},
        "Glm4ForCausalLM": {"num_key_value_heads": 2, "head_dim": 128},
        "Glm4MoeLiteForCausalLM": {"first_k_dense_replace": 1},
        "Glm4MoeForCausalLM": {"num_key_value_heads": 8, "head_dim": 128},
        "Ministral3ForCausalLM": {"num_key_value_heads": 8, "head_dim": 128},
        "Mistral3ForConditionalGeneration": {"num_key_value_heads": 8},
        "MistralForCausalLM": {"num_key_value_heads": 8, "sliding_window": 4096},
        "MixtralForCausalLM": {"num_key_value_heads": 8},
        "SmolLM3ForCausalLM": {"num_key_value_heads": 4, "use_sliding_window": False},
        "Qwen2ForCausalLM": {"num_key_value_heads": 32, "use_sliding_window": False},
        "Qwen3ForCausalLM": {"num_key_value_heads": 32, "head_dim": 128, "use_sliding_window": False},
        "Qwen3MoeForCausalLM": {"num_key_value_heads": 4, "use_sliding_window": False},
        "Qwen3VLForConditionalGeneration": {"num_key_value_heads": 32, "head_dim": 128},
        "Qwen3VLMoeForConditionalGeneration": {"num_key_value_heads": 16},
        "MiniMaxM2ForCausalLM": {"num_key_value_heads": 8, "head_dim": 128},
        "MiniMaxM3ForCausalLM": _MINIMAX_M3,
        "MiniMaxM3SparseForCausalLM": _MINIMAX_M3,
        "MiniMaxM3SparseForConditionalGeneration": _MINIMAX_M3,
        "GptOssForCausalLM": {"num_key_value_heads": 8, "head_dim": 64, "sliding_window": 128},
        "Gemma2ForCausalLM": {"num_key_value_heads": 4, "head_dim": 256},
        "Gemma3ForCausalLM": _GEMMA3,
        "Gemma3ForConditionalGeneration": _GEMMA3,
        "Gemma4ForCausalLM": _GEMMA4,
        "Gemma4ForConditionalGeneration": _GEMMA4,
        "Llama4ForConditionalGeneration": {"num_key_value_heads": 8, "head_dim": 128},
        "Qwen3NextForCausalLM": {**_QWEN3_5_MOE, "num_experts": 512},
        "Qwen3_5ForCausalLM": _QWEN3_5,
        "Qwen3_5ForConditionalGeneration": _QWEN3_5,
        "Qwen3_5MoeForCausalLM": _QWEN3_5_MOE,
        "Qwen3_5MoeForConditionalGeneration": _QWEN3_5_MOE,
        "NemotronHForCausalLM": {"num_key_value_heads": 8},
    }
)
"""By architecture; null in a file is no missing key."""

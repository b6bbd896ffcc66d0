"""Whatever a file says, a model comes of it that can be sized, or one error with all that is wrong."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.components.errors import InvalidInput
from ai_platform.gpu.gpus import GpuName
from ai_platform.serving.config_json import ARCHITECTURES
from ai_platform.serving.fit import fit
from ai_platform.serving.memory import Adapters
from tests.examples import examples
from tests.serving.model_configs import CONFIGS, read

# Keys of all families together, for a small model that is none of them.
TEXT: dict[str, Any] = {
    "attention_chunk_size": 256, "conv_kernel": 4, "dense_intermediate_size": 512, "first_k_dense_replace": 1,
    "head_dim": 32, "hidden_size": 256, "hidden_size_per_layer_input": 0, "hybrid_override_pattern": "M*EM",
    "index_head_dim": 64, "index_n_heads": 2, "intermediate_size": 512, "intermediate_size_mlp": 512,
    "kv_lora_rank": 64, "linear_conv_kernel_dim": 4, "linear_key_head_dim": 32, "linear_num_key_heads": 2,
    "linear_num_value_heads": 4, "linear_value_head_dim": 32, "mamba_d_conv": 4, "mamba_d_state": 32,
    "mamba_head_dim": 32, "mamba_n_heads": 16, "mamba_num_heads": 8, "max_position_embeddings": 4096,
    "moe_intermediate_size": 128, "moe_shared_expert_intermediate_size": 128, "n_groups": 2,
    "n_routed_experts": 8, "n_shared_experts": 1, "num_attention_heads": 8, "num_experts": 8,
    "num_experts_per_tok": 2, "num_hidden_layers": 4, "num_key_value_heads": 4, "num_local_experts": 8,
    "q_lora_rank": 64, "qk_nope_head_dim": 32, "qk_rope_head_dim": 32, "shared_expert_intermediate_size": 128,
    "shared_intermediate_size": 128, "sliding_window": 512, "ssm_state_size": 32, "top_k_experts": 2,
    "v_head_dim": 32, "vocab_size": 1000,
}  # fmt: skip
VISION = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "out_hidden_size": 256}
MINIMAX_M3 = {
    "moe_layer_freq": [0, 1, 1, 1],
    "sparse_attention_config": {
        "sparse_attention_freq": [0, 1, 1, 1], "sparse_index_dim": 64, "sparse_num_index_heads": 2,
    },
}  # fmt: skip
OWN: dict[str, dict[str, Any]] = {
    "GraniteMoeHybridForCausalLM": {"layer_types": ["mamba", "attention"] * 2},
    "Mistral3ForConditionalGeneration": {"kv_lora_rank": None},
    **dict.fromkeys((name for name in ARCHITECTURES if name.startswith("MiniMaxM3")), MINIMAX_M3),
}


def small(architecture, **more):
    return {
        "architectures": [architecture],
        "text_config": {**TEXT, **OWN.get(architecture, {}), **more},
        "vision_config": VISION,
    }


def sized(model):
    return fit(
        model,
        gpu=GpuName.H100_80GB,
        device_memory_mib=81559,
        context_length=1024,
        tensor_parallel=2,
        adapters=Adapters(1, 8),
    )


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_every_family_that_is_named_is_read_and_sized(architecture):
    model = read(small(architecture))
    assert sized(model).kv_cache_tokens > 0


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 70), st.integers(), st.floats(), st.text(max_size=5),
    st.lists(st.one_of(st.none(), st.integers(0, 1), st.just("mamba"), st.just([])),
             max_size=5),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip
KEYS = [
    *TEXT, "layer_types", "mlp_only_layers", "moe_layer_freq", "mlp_layer_types", "tie_word_embeddings",
    "use_sliding_window", "max_window_layers", "sliding_window_pattern", "sparse_attention_config",
    "num_global_key_value_heads", "no_rope_layers", "quantization_config", "indexer_types", "mamba_d_head",
]  # fmt: skip


@examples(150)
@given(
    st.sampled_from(sorted(ARCHITECTURES)),
    st.dictionaries(st.sampled_from(KEYS), ODD, min_size=1, max_size=3),
    st.sets(st.sampled_from(KEYS), max_size=2),
)
def test_odd_values_and_missing_keys_end_in_a_model_or_in_one_error(architecture, odd, missing):
    config = small(architecture, **odd)
    config["text_config"] = {key: value for key, value in config["text_config"].items() if key not in missing}
    with contextlib.suppress(InvalidInput):
        sized(read(config))


@examples(100)
@given(
    st.sampled_from(sorted(CONFIGS)),
    st.dictionaries(
        st.sampled_from(
            ["quant_method", "bits", "group_size", "config_groups", "ignore", "quantized_layers"]
        ),
        st.one_of(ODD, st.sampled_from(["fp8", "gptq", "awq", "modelopt", "compressed-tensors"])),
    ),
)
def test_odd_quantisations_end_in_a_model_or_in_one_error(name, quantised):
    with contextlib.suppress(InvalidInput):
        sized(read({**CONFIGS[name], "quantization_config": quantised}))

"""Files of models that would be sized wrong, and keys that a file leaves out."""

import json

import pytest

from ai_platform.serving.models import MODELS
from tests.serving.model_configs import CONFIGS, GRANITE, problems_of, read


def without(name, *keys, **more):
    return {key: value for key, value in {**CONFIGS[name], **more}.items() if key not in keys}


@pytest.mark.parametrize(
    ("config", "path"),
    [
        (
            {**CONFIGS["llama-3.1-8b"], "layer_types": ["linear_attention", "full_attention"] * 16},
            "layer_types",
        ),
        ({**CONFIGS["llama-3.1-8b"], "layer_types": ["chunked_attention"] * 32}, "layer_types"),
        (
            {**CONFIGS["gpt-oss-20b"], "layer_types": ["full_attention", "sliding_attention"] * 12},
            "layer_types",
        ),
        ({**CONFIGS["llama-3.1-8b"], "tie_word_embeddings": "false"}, "tie_word_embeddings"),
        ({**CONFIGS["deepseek-v3"], "moe_layer_freq": 2}, "moe_layer_freq"),
        ({**CONFIGS["glm-4.7-flash"], "mlp_layer_types": ["sparse"] * 47}, "mlp_layer_types"),
        ({**CONFIGS["qwen3-30b-a3b"], "num_experts_per_tok": 129}, "num_experts_per_tok"),
        ({**CONFIGS["nemotron-3-nano-30b-a3b"], "mamba_ssm_cache_dtype": "fp8"}, "mamba_ssm_cache_dtype"),
        ({**CONFIGS["minimax-m3"], "sparse_attention_config": [1]}, "sparse_attention_config"),
        (without("deepseek-v3", "first_k_dense_replace"), "first_k_dense_replace"),
        (without("glm-4.5-air", "n_shared_experts"), "n_shared_experts"),
        (without("minimax-m3", "sparse_attention_config"), "sparse_attention_config"),
        (without("minimax-m3", "moe_layer_freq"), "moe_layer_freq"),
        (without("qwen3-30b-a3b", "moe_intermediate_size"), "moe_intermediate_size"),
        ({**CONFIGS["glm-5"], "index_topk_pattern": 3}, "index_topk_pattern"),
        ({**CONFIGS["llama-3.1-8b"], "use_bidirectional_attention": True}, "use_bidirectional_attention"),
        ({**CONFIGS["glm-5"], "indexer_types": "full"}, "indexer_types"),
        ({**CONFIGS["gpt-oss-20b"], "layer_types": []}, "layer_types"),
        ({**CONFIGS["gpt-oss-20b"], "sliding_window": False}, "sliding_window"),
        (without("gemma-3-27b", "vision_config"), "vision_config"),
        ({**CONFIGS["gemma-3-27b"], "vision_config": "siglip"}, "vision_config"),
    ],
)
def test_what_would_be_sized_wrong_is_told(config, path):
    assert [problem.path for problem in problems_of(config)] == [path]


def test_a_wrong_number_is_told_once_however_many_read_it():
    """The width of the model is read for its layers and for the encoder in front of them."""
    config = json.loads(json.dumps(CONFIGS["kimi-k2.5"]))
    config["text_config"]["hidden_size"] = -1
    assert [problem.path for problem in problems_of(config)] == ["text_config.hidden_size"]


@pytest.mark.parametrize(("key", "value"), [("deepstack_visual_indexes", 3), ("out_hidden_size", None)])
def test_an_encoder_whose_size_is_not_said_is_told(key, value):
    vision = {**CONFIGS["qwen3.5-35b-a3b"]["vision_config"], key: value}
    (problem,) = problems_of({**CONFIGS["qwen3.5-35b-a3b"], "vision_config": vision})
    assert problem.path == f"vision_config.{key}"


def test_an_index_with_a_size_below_one_is_told():
    sparse = {**CONFIGS["minimax-m3"]["sparse_attention_config"], "sparse_index_dim": -5}
    (problem,) = problems_of({**CONFIGS["minimax-m3"], "sparse_attention_config": sparse})
    assert problem.path == "sparse_attention_config.sparse_index_dim"


def test_the_longest_context_is_the_one_that_vllm_takes():
    """vLLM 0.33.0, transformers_utils/model_arch_config_convertor.py: Command R names two."""
    config = {**CONFIGS["llama-3.1-8b"], "architectures": ["Cohere2ForCausalLM"], "sliding_window": 4096}
    assert read({**config, "max_position_embeddings": 8192}).max_context == 8192
    assert read({**config, "max_position_embeddings": 8192, "model_max_length": 131072}).max_context == 131072


def test_keys_that_are_left_out_say_what_the_family_says():
    """Transformers saves the text part of Gemma 3 without what its class says already."""
    text = {"hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34, "sliding_window": 1024}
    shape = read({**CONFIGS["gemma-3-27b"], "text_config": text}).shape
    table = MODELS["gemma-3-4b"].shape
    assert (shape.heads, shape.kv_heads, shape.head_dim) == (table.heads, table.kv_heads, table.head_dim)
    assert (shape.pattern, shape.window, shape.tied) == (table.pattern, table.window, table.tied)


def test_heads_of_keys_are_as_many_as_heads_only_where_the_family_says_so():
    assert read(without("llama-3.1-8b", "num_key_value_heads")).shape.kv_heads == 32
    assert read(without("qwen3-30b-a3b", "num_key_value_heads")).shape.kv_heads == 4


@pytest.mark.parametrize(
    ("architecture", "more", "window"),
    [
        ("MistralForCausalLM", {}, 4096),
        ("MistralForCausalLM", {"sliding_window": None}, 0),
        ("MistralForCausalLM", {"sliding_window": 0}, 0),
        ("Qwen2ForCausalLM", {"sliding_window": 4096}, 0),
        ("LlamaForCausalLM", {}, 0),
    ],
)
def test_a_window_that_is_not_written_is_what_the_family_takes(architecture, more, window):
    """Classes of transformers 5.23.0; vLLM 0.33.0 takes 0 for none, config/model.py."""
    found = read({**CONFIGS["llama-3.1-8b"], "architectures": [architecture], **more}).shape
    assert (found.window, found.pattern) == (window, "S" if window else "F")


def test_chunks_that_are_switched_off_leave_layers_that_see_all_tokens():
    config = json.loads(json.dumps(CONFIGS["llama-4-scout"]))
    config["text_config"]["attention_chunk_size"] = None
    assert read(config).shape.pattern == "F"


def test_mixtures_have_windows_too():
    """vLLM 0.33.0, engine/arg_utils.py: a window over all layers, whatever they hold."""
    found = read({**CONFIGS["qwen3-30b-a3b"], "sliding_window": 4096, "use_sliding_window": True}).shape
    assert (found.pattern, found.window) == ("S", 4096)


@pytest.mark.parametrize("kinds", [[["mamba"]] * 10, "mamba", [1] * 10])
def test_granite_with_layers_that_are_no_names_is_told(kinds):
    assert "layer_types" in [problem.path for problem in problems_of({**GRANITE, "layer_types": kinds})]


def test_granite_with_heads_that_do_not_make_up_its_width_is_told():
    (problem,) = problems_of({**GRANITE, "mamba_n_heads": 7})
    assert problem.path == "mamba_n_heads"

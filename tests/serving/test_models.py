import pytest

from ai_platform.serving.models import MODELS, Attention, Checked, closest, model
from ai_platform.serving.precision import Precision

# Bytes per token in a bf16 cache, as the collected facts state them.
KV_BYTES = {
    "llama-3.1-8b": 131072,
    "llama-3.2-1b": 32768,
    "llama-3.2-3b": 114688,
    "llama-3.1-70b": 327680,
    "llama-3.3-70b": 327680,
    "llama-3.1-405b": 516096,
    "qwen3-0.6b": 114688,
    "qwen3-1.7b": 114688,
    "qwen3-4b": 147456,
    "qwen3-8b": 147456,
    "qwen3-14b": 163840,
    "qwen3-32b": 262144,
    "qwen3-30b-a3b": 98304,
    "qwen3-235b-a22b": 192512,
    "mixtral-8x7b": 131072,
    "mixtral-8x22b": 229376,
    "deepseek-v3": 70272,
    "gpt-oss-20b": 49152,
    "gpt-oss-120b": 73728,
}


def test_the_table_has_the_models_of_the_facts():
    assert set(MODELS) == set(KV_BYTES)


@pytest.mark.parametrize("name", sorted(KV_BYTES))
def test_cache_per_token_follows_from_the_architecture(name):
    assert MODELS[name].kv_bytes_per_token == KV_BYTES[name]


def test_rows_are_consistent():
    for row in MODELS.values():
        assert 0 < row.active_b <= row.params_b
        assert row.heads % row.kv_heads == 0
        assert row.attention is not Attention.MLA or row.kv_heads == 1
        assert row.hugging_face_id.count("/") == 1
    identifiers = [row.hugging_face_id for row in MODELS.values()]
    assert len(set(identifiers)) == len(identifiers)


def test_the_size_of_a_named_checkpoint_is_near_what_its_parameters_suggest():
    for row in MODELS.values():
        if row.checkpoint_mib:
            assert 1 < row.checkpoint_mib * 2**20 / (float(row.params_b) * 5e8) < 1.4


def test_unverified_rows_say_so():
    assert MODELS["qwen3-4b"].checked is Checked.SOURCE
    assert MODELS["llama-3.3-70b"].checked is Checked.GENERAL_KNOWLEDGE
    assert MODELS["deepseek-v3"].licence is None


def test_models_are_found_by_name_and_others_get_suggestions():
    assert model("llama-3.3-70b").hugging_face_id == "meta-llama/Llama-3.3-70B-Instruct"
    assert model("qwen3-4b").native_precision is Precision.BF16
    assert model("llama3.3-70b") is None
    assert closest("Llama3.3-70b")[0] == "llama-3.3-70b"

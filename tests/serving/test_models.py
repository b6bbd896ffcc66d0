import pytest

from ai_platform.serving.architecture import LayerKind
from ai_platform.serving.models import MODELS, Attention, Checked, closest, model
from ai_platform.serving.parameters import parameters
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


def test_the_table_has_at_least_25_models_and_those_of_the_facts():
    assert len({row.shape for row in MODELS.values()}) >= 25
    assert set(MODELS) >= set(KV_BYTES)


def test_the_table_covers_every_way_to_keep_a_cache():
    kinds = {kind for row in MODELS.values() for kind in row.shape.kinds}
    assert kinds == set(LayerKind)
    assert {row.attention for row in MODELS.values()} == set(Attention)
    formats = {row.native_precision for row in MODELS.values()}
    assert formats >= {Precision.BF16, Precision.FP8, Precision.INT4, Precision.MXFP4}
    assert any(row.shape.tied for row in MODELS.values())


@pytest.mark.parametrize("name", sorted(KV_BYTES))
def test_cache_per_token_follows_from_the_architecture(name):
    assert MODELS[name].kv_bytes_per_token == KV_BYTES[name]


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_shape_has_the_published_number_of_parameters(name):
    row = MODELS[name]
    rounded = 0.5 if row.params_b == int(row.params_b) else 0
    assert parameters(row.shape) / 1e9 == pytest.approx(float(row.params_b), rel=0.012, abs=rounded)


@pytest.mark.parametrize(
    ("name", "active_b"),
    [
        ("qwen3-30b-a3b", 3.3),
        ("qwen3-235b-a22b", 22),
        ("qwen3-coder-480b-a35b", 35),
        ("mixtral-8x7b", 12.9),
        ("deepseek-v3", 37),
        ("kimi-k2", 32),
        ("qwen3.5-122b-a10b", 10),
        ("glm-5", 42),
    ],
)
def test_active_parameters_are_near_what_the_vendor_says(name, active_b):
    assert float(MODELS[name].active_b) == pytest.approx(active_b, rel=0.03)


def test_rows_are_consistent():
    for row in MODELS.values():
        shape = row.shape
        assert shape.heads % shape.kv_heads == 0
        assert (shape.attention is Attention.MLA) == (shape.latent is not None)
        assert bool(shape.window) == bool(set(shape.pattern) & {"S", "C"})
        assert (shape.linear is not None) == ("L" in shape.pattern)
        assert 0 < row.active_b <= parameters(shape) / 10**9 + 1
        assert row.hugging_face_id.count("/") == 1
        assert "read 2026-11-21" in row.source or row.checked is not Checked.SOURCE
    identifiers = [row.hugging_face_id for row in MODELS.values()]
    assert len(set(identifiers)) == len(identifiers)


def test_unverified_rows_say_so():
    assert MODELS["qwen3-8b"].checked is Checked.SOURCE
    assert MODELS["llama-3.3-70b"].checked is Checked.THIRD_PARTY
    assert MODELS["deepseek-v3"].licence is None


def test_models_are_found_by_name_and_others_get_suggestions():
    assert model("llama-3.3-70b").hugging_face_id == "meta-llama/Llama-3.3-70B-Instruct"
    assert model("qwen3-4b").native_precision is Precision.BF16
    assert model("llama3.3-70b") is None
    assert closest("Llama3.3-70b")[0] == "llama-3.3-70b"


def test_own_models_go_first():
    own = {"qwen3-4b": MODELS["qwen3-8b"], "house-model": MODELS["qwen3-8b"]}
    assert model("qwen3-4b", own) is MODELS["qwen3-8b"]
    assert model("qwen3-14b", own) is MODELS["qwen3-14b"]
    assert closest("house-modell", own)[0] == "house-model"

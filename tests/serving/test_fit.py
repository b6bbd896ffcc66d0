from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig import device_memory_mib
from ai_platform.serving.fit import fit, vllm_arguments
from ai_platform.serving.models import MODELS
from ai_platform.serving.precision import Precision

H100 = GpuName.H100_80GB


def sized(name, *, gpu=H100, profile=None, **options):
    options.setdefault("context_length", 8192)
    return fit(
        MODELS[name],
        gpu=gpu,
        device_memory_mib=device_memory_mib(gpu, profile),
        mig=profile is not None,
        **options,
    )


def test_70b_in_fp8_fits_one_h100_with_about_19_thousand_tokens():
    result = sized("llama-3.3-70b", precision=Precision.FP8)
    assert result.fits
    assert result.kv_cache_tokens == pytest.approx(19_000, rel=0.1)


def test_70b_in_bf16_fits_two_h100_with_about_38_thousand_tokens():
    result = sized("llama-3.3-70b", devices=2)
    assert result.fits
    assert result.kv_cache_tokens == pytest.approx(38_000, rel=0.1)


def test_70b_in_bf16_does_not_fit_one_h200():
    assert not sized("llama-3.3-70b", gpu=GpuName.H200_141GB).fits


def test_8b_in_bf16_fits_a_1g_20gb_device_with_8_to_12_thousand_tokens():
    result = sized("llama-3.1-8b", profile="1g.20gb")
    assert result.fits
    assert 8_000 <= result.kv_cache_tokens <= 12_000


def test_8b_in_fp8_does_not_fit_a_1g_10gb_device_with_8k_context():
    result = sized("llama-3.1-8b", profile="1g.10gb", precision=Precision.FP8)
    assert not result.fits
    assert result.short_by_mib > 0


def test_the_missing_memory_is_exactly_what_makes_it_fit():
    result = sized(
        "llama-3.1-8b", profile="1g.10gb", precision=Precision.FP8, gpu_memory_utilization=Fraction(1)
    )
    memory = device_memory_mib(H100, "1g.10gb") + result.short_by_mib
    same = {
        "gpu": H100,
        "context_length": 8192,
        "precision": Precision.FP8,
        "gpu_memory_utilization": Fraction(1),
    }
    assert fit(MODELS["llama-3.1-8b"], device_memory_mib=memory, **same).fits
    assert not fit(MODELS["llama-3.1-8b"], device_memory_mib=memory - 1, **same).fits


def test_the_cache_stops_shrinking_when_each_device_holds_one_kv_head():
    four = sized("qwen3-30b-a3b", devices=4)
    eight = sized("qwen3-30b-a3b", devices=8)
    cache_per_token = [result.kv_cache_mib / result.kv_cache_tokens for result in (four, eight)]
    assert cache_per_token[0] == pytest.approx(cache_per_token[1], rel=0.001)


def test_mla_keeps_its_cache_whole_on_every_device():
    result = sized("deepseek-v3", gpu=GpuName.H200_141GB, devices=8, precision=Precision.FP8)
    assert result.fits
    assert result.kv_cache_mib * 2**20 / result.kv_cache_tokens == pytest.approx(70272, rel=0.001)


def test_native_checkpoints_count_with_their_real_size():
    assert sized("gpt-oss-20b", precision=Precision.INT4).weights_mib == 13108


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("llama-3.1-8b", {"devices": 3}, "3 devices don't divide the 32 attention heads"),
        ("llama-3.2-3b", {"devices": 12}, "12 devices neither divide nor multiply the 8 KV heads"),
        ("llama-3.1-8b", {"devices": 2, "profile": "1g.20gb"}, "MIG devices can't talk to each other"),
        ("llama-3.1-8b", {"gpu": GpuName.A100_80GB, "precision": Precision.FP8}, "does not compute in fp8"),
        (
            "llama-3.1-8b",
            {"gpu": GpuName.A10G, "kv_cache_precision": Precision.FP8},
            "does not compute in fp8",
        ),
        ("llama-3.1-8b", {"kv_cache_precision": Precision.INT8}, "KV cache in bf16 or fp8"),
        ("qwen3-4b", {"context_length": 40961}, "reads at most 40960 tokens"),
        ("llama-3.1-405b", {}, "each device lacks"),
    ],
)
def test_what_stands_against_it_is_said(name, options, reason):
    result = sized(name, **options)
    assert not result.fits
    assert any(reason in line for line in result.reasons)


def test_concurrency_needs_room_for_every_request():
    one = sized("llama-3.1-8b", concurrency=1)
    assert sized("llama-3.1-8b", concurrency=one.max_concurrency).fits
    assert not sized("llama-3.1-8b", concurrency=one.max_concurrency + 1).fits


def test_an_fp8_cache_holds_twice_the_tokens():
    plain = sized("llama-3.1-8b").kv_cache_tokens
    assert sized("llama-3.1-8b", kv_cache_precision=Precision.FP8).kv_cache_tokens == pytest.approx(
        2 * plain, abs=16
    )


@pytest.mark.parametrize("option", ["context_length", "concurrency", "devices"])
def test_senseless_numbers_are_refused(option):
    with pytest.raises(ValueError, match="at least 1"):
        sized("qwen3-4b", **{option: 0})


def test_a_utilization_above_one_is_refused():
    with pytest.raises(ValueError, match="at most 1"):
        sized("qwen3-4b", gpu_memory_utilization=Fraction(11, 10))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(MODELS)),
    st.integers(1, 200_000),
    st.integers(16, 20_000),
    st.integers(1, 64),
    st.sampled_from([1, 2, 4, 8]),
)
def test_the_numbers_of_a_fit_agree_with_each_other(name, memory, context, concurrency, devices):
    result = fit(
        MODELS[name],
        gpu=H100,
        device_memory_mib=memory,
        context_length=context,
        concurrency=concurrency,
        devices=devices,
    )
    assert (result.short_by_mib == 0) == (result.max_concurrency >= concurrency)
    assert result.kv_cache_tokens % 16 == 0
    assert result.max_context <= MODELS[name].max_context
    if result.fits:
        assert result.weights_mib + result.kv_cache_mib <= memory


def test_vllm_is_told_every_memory_setting():
    result = sized("llama-3.3-70b", devices=2, concurrency=4)
    assert vllm_arguments(result) == (
        "--model=meta-llama/Llama-3.3-70B-Instruct",
        "--served-model-name=llama-3.3-70b",
        "--port=8080",
        "--tensor-parallel-size=2",
        "--max-model-len=8192",
        "--max-num-seqs=4",
        "--gpu-memory-utilization=0.92",
        "--kv-cache-dtype=auto",
    )


def test_a_bf16_model_in_fp8_is_quantised_while_it_loads_unless_a_checkpoint_is_given():
    result = sized("llama-3.1-8b", precision=Precision.FP8, kv_cache_precision=Precision.FP8)
    assert "--quantization=fp8" in vllm_arguments(result)
    assert "--kv-cache-dtype=fp8" in vllm_arguments(result)
    assert "--quantization=fp8" not in vllm_arguments(result, model_path="/models/llama-fp8")


def test_a_native_fp8_or_int4_model_needs_no_quantization():
    result = sized("gpt-oss-20b", precision=Precision.INT4)
    assert not any(argument.startswith("--quantization") for argument in vllm_arguments(result))


def test_four_bits_of_a_bf16_model_need_a_checkpoint():
    result = sized("llama-3.1-8b", precision=Precision.INT4)
    with pytest.raises(ValueError, match="give the path of a checkpoint"):
        vllm_arguments(result)
    assert "--model=/models/llama-awq" in vllm_arguments(result, model_path="/models/llama-awq")


def test_turing_runs_in_half_precision():
    assert "--dtype=half" in vllm_arguments(sized("qwen3-0.6b", gpu=GpuName.T4))


def test_a_model_that_does_not_fit_gets_no_arguments():
    with pytest.raises(ValueError, match="does not fit"):
        vllm_arguments(sized("llama-3.1-405b"))

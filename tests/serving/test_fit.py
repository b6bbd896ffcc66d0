from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig.profiles import device_memory_mib
from ai_platform.serving.fit import fit
from ai_platform.serving.kv_cache import cache_layout, pipeline_stages
from ai_platform.serving.memory import Adapters, stage_weights_mib
from ai_platform.serving.models import MODELS
from ai_platform.serving.precision import Precision
from tests.examples import examples

H100 = GpuName.H100_80GB
BF16_CACHE, FP8_CACHE = Precision.BF16, Precision.FP8


def sized(name, *, gpu=H100, profile=None, **options):
    options.setdefault("context_length", 8192)
    return fit(
        MODELS[name],
        gpu=gpu,
        device_memory_mib=device_memory_mib(gpu, profile),
        mig=profile is not None,
        **options,
    )


# What vLLM itself measured on H100-80GB. Memory of the cache in GiB on each device; tokens where logged.
# llm-d-incubation/llm-d-planner, docs/accuracy/vllm-v0.19.0-accuracy-report.md: 8192 batched tokens, 1024
# sequences, 0.95 of the memory; that release did not yet take CUDA graphs off the cache.
@pytest.mark.parametrize(
    ("name", "tensor_parallel", "precision", "gib", "tokens"),
    [
        ("llama-3.1-8b", 1, FP8_CACHE, 58.11, 952_032),
        ("llama-3.1-8b", 1, BF16_CACHE, 58.11, 476_016),
        ("qwen2.5-7b", 1, BF16_CACHE, 58.53, 1_096_000),
        ("qwen2.5-7b", 1, FP8_CACHE, 58.53, 2_192_000),
        # Memory from the report's weights, activations and memory outside PyTorch.
        ("llama-3.1-8b", 2, BF16_CACHE, 63.76, None),
        ("llama-3.1-8b", 4, BF16_CACHE, 67.44, None),
        ("qwen2.5-7b", 4, BF16_CACHE, 67.34, None),
        ("qwen3-8b", 1, BF16_CACHE, 57.50, None),
    ],
)
def test_the_cache_is_what_vllm_measured(name, tensor_parallel, precision, gib, tokens):
    result = sized(
        name,
        tensor_parallel=tensor_parallel,
        kv_cache_precision=precision,
        concurrency=1024,
        max_num_batched_tokens=8192,
        gpu_memory_utilization=Fraction(95, 100),
        cuda_graphs=False,
    )
    assert result.kv_cache_mib / 1024 == pytest.approx(gib, rel=0.01)
    if tokens:
        assert result.kv_cache_tokens == pytest.approx(tokens, rel=0.01)


def test_70b_in_fp8_on_one_h100_leaves_next_to_nothing():
    """The same project with vLLM 0.11 at 0.90 found no room: 67.72 GiB of weights of the 71.26 it may use."""
    assert not sized("llama-3.3-70b-fp8", gpu_memory_utilization=Fraction(9, 10), context_length=16000).fits


def test_70b_in_bf16_fits_two_h100_with_some_tens_of_thousands_of_tokens():
    result = sized("llama-3.3-70b", tensor_parallel=2)
    assert result.fits
    assert 20_000 <= result.kv_cache_tokens <= 40_000


def test_70b_in_bf16_does_not_fit_one_h200():
    assert not sized("llama-3.3-70b", gpu=GpuName.H200_141GB).fits


def test_8b_in_bf16_fits_a_1g_20gb_device_with_8_to_16_thousand_tokens():
    result = sized("llama-3.1-8b", profile="1g.20gb")
    assert result.fits
    assert 8_000 <= result.kv_cache_tokens <= 16_000


def test_8b_in_fp8_does_not_fit_a_1g_10gb_device_with_8k_context():
    result = sized("llama-3.1-8b", profile="1g.10gb", precision=Precision.FP8)
    assert not result.fits
    assert result.short_by_mib > 0


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("llama-3.1-8b", {"precision": Precision.FP8}),
        ("llama-3.1-8b", {"pipeline_parallel": 3, "concurrency": 7}),
        ("gemma-3-27b", {"context_length": 100_000}),
        ("qwen3.5-35b-a3b", {"tensor_parallel": 2}),
        ("gpt-oss-20b", {"concurrency": 5}),
    ],
)
def test_the_missing_memory_is_exactly_what_makes_it_fit(name, options):
    asked = {"gpu": H100, "context_length": 8192, **options}
    lack = fit(MODELS[name], device_memory_mib=4096, **asked).short_by_mib
    assert fit(MODELS[name], device_memory_mib=4096 + lack, **asked).fits
    assert not fit(MODELS[name], device_memory_mib=4096 + lack - 2, **asked).fits


def test_the_cache_stops_shrinking_when_each_device_holds_one_kv_head():
    four = sized("qwen3-30b-a3b", tensor_parallel=4)
    eight = sized("qwen3-30b-a3b", tensor_parallel=8)
    cache_per_token = [result.kv_cache_mib / result.kv_cache_tokens for result in (four, eight)]
    assert cache_per_token[0] == pytest.approx(cache_per_token[1], rel=0.001)


def test_mla_keeps_its_cache_whole_on_every_device():
    result = sized("deepseek-v3", gpu=GpuName.H200_141GB, tensor_parallel=8)
    assert result.fits
    assert result.kv_cache_mib * 2**20 / result.kv_cache_tokens == pytest.approx(70272, rel=0.001)


def test_the_checkpoints_own_precision_is_the_default():
    assert sized("gpt-oss-20b").precision is Precision.MXFP4
    assert sized("deepseek-v3").precision is Precision.FP8
    assert sized("llama-3.1-8b").precision is Precision.BF16


def test_pipeline_stages_share_layers_and_cache():
    one, two = sized("llama-3.1-8b"), sized("llama-3.1-8b", pipeline_parallel=2)
    assert (one.devices, two.devices) == (1, 2)
    assert two.weights_mib < one.weights_mib
    assert two.kv_cache_tokens > 2 * one.kv_cache_tokens


def test_weights_in_fp8_run_on_gpus_that_do_not_compute_in_fp8():
    """vLLM's docs, FP8 W8A8: Turing and Ampere take them for weights alone."""
    result = sized("llama-3.3-70b-fp8", gpu=GpuName.A100_80GB, tensor_parallel=2)
    assert result.fits
    assert sized("llama-3.1-8b", gpu=GpuName.A10G, precision=Precision.FP8).fits


def test_the_stage_with_the_least_room_decides():
    """94 layers in four stages: the second has one more than the first, and no embeddings."""
    model = MODELS["qwen3-235b-a22b-fp8"]
    stages = stage_weights_mib(model.shape, Precision.FP8, pipeline_parallel=4)
    assert max(stages) == stages[1] > stages[0]
    result = sized("qwen3-235b-a22b-fp8", gpu=GpuName.H200_141GB, pipeline_parallel=4)
    assert result.weights_mib == ceil(stages[1])


def test_windows_keep_the_steps_that_every_stage_works_on_and_the_next():
    """vLLM 0.33.0, config/vllm.py, max_in_flight_tokens: one step for each stage, and one scheduled ahead."""
    for stages in (1, 2):
        result = sized(
            "gpt-oss-20b", context_length=131_072, max_num_batched_tokens=8192, pipeline_parallel=stages
        )
        held = pipeline_stages(24, stages)[0]
        layout = cache_layout(MODELS["gpt-oss-20b"].shape, stage=held)
        blocks = layout.blocks(result.kv_cache_mib * 2**20)
        expected = layout.tokens(blocks, 131_072, 8192 * (stages + 1))
        assert result.kv_cache_tokens == pytest.approx(expected, rel=0.001)


def test_adapters_take_room_from_the_cache():
    plain = sized("llama-3.1-8b")
    lora = sized("llama-3.1-8b", adapters=Adapters(8, 64))
    assert plain.kv_cache_mib - lora.kv_cache_mib == pytest.approx(8 * 4 * 80, abs=8)


@pytest.mark.parametrize("name", ["kimi-k2.5", "kimi-k2.6-nvfp4", "minimax-m3"])
def test_adapters_of_a_model_with_which_vllm_serves_none_are_refused(name):
    said = f"vLLM serves no LoRA adapters with {name}"
    assert said in sized(name, adapters=Adapters(1, 16)).reasons
    assert said not in sized(name).reasons


def test_experts_whose_fp8_blocks_cannot_be_split_are_spread_whole():
    assert sized("qwen3-30b-a3b-fp8", tensor_parallel=4).expert_parallel
    assert not sized("qwen3-30b-a3b-fp8", tensor_parallel=2).expert_parallel
    assert not sized("qwen3-30b-a3b", tensor_parallel=4).expert_parallel


def test_a_step_holds_at_least_a_block_of_linear_attention():
    assert sized("qwen3.5-35b-a3b", gpu=GpuName.L40S).max_num_batched_tokens == 2096
    # On Hopper blocks are a multiple of the 64 tokens that its kernels take at once.
    assert sized("qwen3.5-35b-a3b").max_num_batched_tokens == 2112


def test_a_state_written_in_the_middle_of_a_prompt_takes_a_block_more():
    """vLLM 0.33.0, gdn/qwen_gdn_linear_attn.py and mamba_mixer2.py: num_prefill_checkpoint_blocks."""
    shape = MODELS["qwen3.5-35b-a3b"].shape
    plain, hopper = cache_layout(shape), cache_layout(shape, checkpoints=True)
    assert (plain.state_blocks, hopper.state_blocks) == (2, 3)
    assert cache_layout(MODELS["nemotron-3-nano-30b-a3b"].shape).state_blocks == 3
    ada, h100 = (sized("qwen3.5-35b-a3b", gpu=gpu, tensor_parallel=4) for gpu in (GpuName.L40S, H100))
    assert h100.kv_cache_mib / h100.kv_cache_tokens > 1.15 * ada.kv_cache_mib / ada.kv_cache_tokens


def test_the_block_that_vllm_keeps_for_itself_is_not_promised():
    """vLLM 0.33.0, v1/core/kv_cache_planning.py: one block is held back before a request is sized."""
    found = sized("qwen3-4b", context_length=40960)
    layout = cache_layout(found.model.shape)
    blocks = layout.blocks(found.kv_cache_mib * 2**20)
    assert found.max_concurrency == (blocks - 1) // layout.blocks_per_request(40960, 4096)


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("llama-3.1-8b", {"tensor_parallel": 3}, "3 devices don't divide the 32 attention heads"),
        ("llama-3.2-3b", {"tensor_parallel": 12}, "12 devices neither divide nor multiply the 8 KV heads"),
        (
            "llama-3.1-8b",
            {"tensor_parallel": 2, "profile": "1g.20gb"},
            "MIG devices can't talk to each other",
        ),
        (
            "llama-3.1-8b",
            {"gpu": GpuName.A10G, "kv_cache_precision": Precision.FP8},
            "does not compute in fp8",
        ),
        ("llama-3.1-8b", {"kv_cache_precision": Precision.INT8}, "KV cache in bf16 or fp8"),
        ("qwen3-4b", {"context_length": 40961}, "reads at most 40960 tokens"),
        ("llama-3.1-405b", {}, "each device lacks"),
        ("qwen3.5-27b", {"tensor_parallel": 24}, "don't divide the heads of the linear attention"),
        ("gpt-oss-20b", {"gpu": GpuName.T4}, "no kernels for mxfp4"),
        ("qwen3-4b", {"gpu": GpuName.V100}, "older than what vLLM runs on"),
        ("glm-5", {"gpu": GpuName.A100_80GB, "tensor_parallel": 8}, "no kernels for sparse attention"),
        ("glm-5", {"gpu": GpuName.RTX_PRO_6000, "tensor_parallel": 8}, "sparse attention in fp8 only"),
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


@pytest.mark.parametrize("option", ["context_length", "concurrency", "tensor_parallel", "pipeline_parallel"])
def test_senseless_numbers_are_refused(option):
    with pytest.raises(ValueError, match="at least 1"):
        sized("qwen3-4b", **{option: 0})


def test_a_utilization_above_one_is_refused():
    with pytest.raises(ValueError, match="at most 1"):
        sized("qwen3-4b", gpu_memory_utilization=Fraction(11, 10))


asked = st.fixed_dictionaries(
    {
        "context_length": st.integers(16, 200_000),
        "concurrency": st.integers(1, 64),
        "tensor_parallel": st.sampled_from([1, 2, 4, 8]),
        "pipeline_parallel": st.sampled_from([1, 2, 3]),
    }
)
any_model = st.sampled_from(sorted(MODELS)).map(MODELS.__getitem__)


@examples(60)
@given(any_model, st.integers(1, 300_000), asked)
def test_the_numbers_of_a_fit_agree_with_each_other(model, memory, options):
    result = fit(model, gpu=H100, device_memory_mib=memory, **options)
    assert (result.short_by_mib == 0) == (result.max_concurrency >= options["concurrency"])
    assert result.max_context <= model.max_context
    if result.fits:
        assert result.weights_mib + result.overhead.total_mib + result.kv_cache_mib <= memory
        assert result.max_context >= options["context_length"]


@examples(60)
@given(any_model, st.integers(1, 300_000), st.integers(1, 50_000), asked)
def test_more_memory_never_lowers_tokens(model, memory, more, options):
    less = fit(model, gpu=H100, device_memory_mib=memory, **options)
    result = fit(model, gpu=H100, device_memory_mib=memory + more, **options)
    assert result.kv_cache_tokens >= less.kv_cache_tokens
    assert result.max_context >= less.max_context
    assert result.fits or not less.fits


@examples(60)
@given(any_model, st.integers(1, 300_000), st.integers(1, 100_000), asked)
def test_a_longer_context_never_makes_it_fit(model, memory, more, options):
    short = fit(model, gpu=H100, device_memory_mib=memory, **options)
    longer = {**options, "context_length": options["context_length"] + more}
    assert short.fits or not fit(model, gpu=H100, device_memory_mib=memory, **longer).fits


@examples(60)
@given(any_model, st.integers(1, 300_000), asked)
def test_an_fp8_cache_never_has_fewer_tokens(model, memory, options):
    plain = fit(model, gpu=H100, device_memory_mib=memory, **options)
    small = fit(model, gpu=H100, device_memory_mib=memory, kv_cache_precision=Precision.FP8, **options)
    assert small.kv_cache_tokens >= plain.kv_cache_tokens

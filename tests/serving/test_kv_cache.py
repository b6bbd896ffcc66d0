"""The cache layout, against what vLLM logged at its start. Each case names its source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.serving.architecture import Architecture, Latent, LayerKind, has_index
from ai_platform.serving.kv_cache import cache_layout, layer_groups, pipeline_stages
from ai_platform.serving.models import MODELS
from ai_platform.serving.precision import Precision

GIB = 2**30
BF16, FP8 = Precision.BF16, Precision.FP8

# "Available KV cache memory" and "GPU KV cache size" of one log. The memory is rounded to 0.01 GiB.
# model, tensor parallel, cache format, GiB, context, tokens
UNIFORM = {
    # llm-d-incubation/llm-d-planner, docs/accuracy/vllm-v0.19.0-accuracy-report.md
    "llama-8b": ("llama-3.1-8b", 1, BF16, 58.11, 8192, 476_000),
    "llama-8b fp8": ("llama-3.1-8b", 1, FP8, 58.11, 16384, 952_032),
    "qwen2.5-7b": ("qwen2.5-7b", 1, BF16, 58.53, 16384, 1_095_968),
    "qwen2.5-7b fp8": ("qwen2.5-7b", 1, FP8, 58.53, 8192, 2_192_000),
    # the same project, accuracy/README.md, vLLM 0.11.0
    "mistral-small": ("mistral-small-3.2-24b", 1, BF16, 28.20, 16000, 184_832),
    # vllm-project/vllm#10517, blocks of 16 tokens
    "llama-8b on a 3090": ("llama-3.1-8b", 1, BF16, 3.81, 20000, 1952 * 16),
    "llama-8b with 29k": ("llama-3.1-8b", 1, BF16, 2.89, 29000, 1478 * 16),
    # vllm-project/vllm#33263
    "qwen3-1.7b": ("qwen3-1.7b", 1, BF16, 18.78, 1024, 175_856),
    # a public log of vLLM 0.10.2, repository not known: Qwen3-30B-A3B-Instruct-2507-FP8 on two GPUs
    "qwen3-30b": ("qwen3-30b-a3b-fp8", 2, BF16, 25.91, 32768, 566_016),
}


@pytest.mark.parametrize("case", UNIFORM)
def test_tokens_from_a_given_memory_are_those_that_vllm_logged(case):
    name, tensor_parallel, precision, gib, context, logged = UNIFORM[case]
    layout = cache_layout(MODELS[name].shape, precision=precision, tensor_parallel=tensor_parallel)
    assert layout.tokens(layout.blocks(int(gib * GIB)), context, 4096) == pytest.approx(logged, rel=0.002)


def test_the_rank_that_logs_is_not_always_the_one_with_the_least_memory():
    """vllm-project/vllm#21348: 8.11 GiB and 178,880 tokens, 1.2 % less than 8.11 GiB hold."""
    layout = cache_layout(MODELS["qwen3-235b-a22b-fp8"].shape, tensor_parallel=4)
    tokens = layout.tokens(layout.blocks(int(8.11 * GIB)), 40960, 8192)
    assert 178_880 <= tokens <= 178_880 * 1.015


@pytest.mark.parametrize(
    ("gib", "logged"),
    # noonghunna/club-3090#612 and #652: Qwen3.6-35B-A3B, whose shape is that of Qwen3.5-35B-A3B, vLLM 0.24.0,
    # fp8 cache, prefix caching on.
    [(5.98, 567_978), (6.01, 569_878)],
)
def test_linear_attention_with_prefix_caching_gives_exactly_the_logged_tokens(gib, logged):
    layout = cache_layout(MODELS["qwen3.5-35b-a3b"].shape, precision=FP8)
    assert layout.block_tokens == 2096
    assert layout.tokens(layout.blocks(int(gib * GIB)), 131_072, 8192) == logged


def test_linear_attention_split_over_two_gpus_gives_exactly_the_logged_tokens():
    """A public log, repository not known: Qwen3-Next-80B-A3B, two H200, 44.59 GiB, 973,760 tokens, 14.77x.

    That release counted tokens as blocks of one group times tokens of a block.
    """
    layout = cache_layout(MODELS["qwen3-next-80b-a3b"].shape, tensor_parallel=2, prefix_caching=False)
    blocks = layout.blocks(int(44.59 * GIB))
    assert blocks // len(layout.groups) * layout.block_tokens == 973_760
    assert blocks / layout.blocks_per_request(262_144, 8192) == pytest.approx(14.77, abs=0.005)


def test_linear_attention_of_27b_takes_the_logged_blocks():
    """vllm-project/vllm#40691: 290,864 tokens by the old count, 33.04x 32,768 tokens; LMCache#5079: 784."""
    layout = cache_layout(MODELS["qwen3.5-27b"].shape, prefix_caching=False)
    assert layout.block_tokens == 784
    assert any(
        blocks // 4 * 784 == 290_864 and round(blocks / layout.blocks_per_request(32_768, 16384), 2) == 33.04
        for blocks in range(1480, 1492)
    )


# Logs of models of which some layers see a window: "Available KV cache memory", "GPU KV cache size" and where
# it stands "Maximum concurrency". These releases counted tokens as blocks of one group times tokens of a
# block. The memory is rounded to 0.01 GiB.
# model, GiB, tokens, context, batched tokens, concurrency
WINDOWS = {
    # a public log of vLLM 0.11.0rc2, repository not known: google/gemma-3-27b-it on MI300X; 89,994 blocks
    "gemma-3-27b": ("gemma-3-27b", 109.86, 205_696, 4096, 8192, 50.05),
    # alvarobartt/hf-mem#60
    "gpt-oss-120b": ("gpt-oss-120b", 5.38, 78_384, None, None, None),
    # blog.huikang.dev, 2025-12-28, "vllm-logs": vLLM 0.11.2 on one GPU
    "gpt-oss-120b on a whole GPU": ("gpt-oss-120b", 8.99, 130_960, None, None, None),
    # a public record, repository not known: vLLM 0.12.0 on eight H200; its steps are those of the default
    "llama-4-scout": ("llama-4-scout", 89.71, 3_919_664, 8_388_608, 8192, 1.86),
}


@pytest.mark.parametrize("case", WINDOWS)
def test_windows_give_the_tokens_and_the_concurrency_that_vllm_logged(case):
    name, gib, logged, context, batched, concurrency = WINDOWS[case]
    layout = cache_layout(MODELS[name].shape, tensor_parallel=8 if name == "llama-4-scout" else 1)
    blocks = layout.blocks(int(gib * GIB))
    assert blocks // len(layout.groups) * layout.block_tokens == pytest.approx(logged, rel=0.001)
    if concurrency:
        assert blocks / layout.blocks_per_request(context, batched) == pytest.approx(concurrency, abs=0.01)


def test_two_lengths_of_one_server_tell_what_a_window_keeps():
    """A public record, repository not known: gpt-oss-120b on vLLM 0.11.2, 2048 batched tokens.

    The same server held 7.77 requests of 81,920 tokens, and 6.51 of 98,304. Only with the right window
    there is one number of blocks that gives both.
    """
    layout = cache_layout(MODELS["gpt-oss-120b"].shape, precision=FP8)
    short, long = (layout.blocks_per_request(context, 2048) for context in (81_920, 98_304))
    assert any(
        round(blocks / short, 2) == 7.77 and round(blocks / long, 2) == 6.51
        for blocks in range(7 * short, 8 * short)
    )


def test_a_request_takes_the_memory_of_mla_that_vllm_asked_for():
    """vllm-project/vllm#15871: DeepSeek-V2-Lite-Chat needs 0.95 GiB for 32,768 tokens."""
    latent = Latent(query_rank=0, kv_rank=512, nope_dim=128, rope_dim=64, value_dim=128)
    shape = Architecture(2048, 27, 16, 1, 576, 102400, 10944, latent=latent)
    layout = cache_layout(shape)
    needed = layout.blocks_per_request(32_768, 8192) * layout.block_bytes
    assert needed / GIB == pytest.approx(0.95, abs=0.005)


@pytest.mark.parametrize(("gib", "logged"), [(32.06, 343_744), (32.11, 344_192), (34.86, 373_696)])
def test_an_index_of_sparse_attention_is_kept_beside_the_vector_of_mla(gib, logged):
    """Public logs of GLM-5.1-FP8 on eight H200, vLLM 0.19 and later, bf16 cache; repository not known."""
    layout = cache_layout(MODELS["glm-5.1-fp8"].shape, tensor_parallel=8)
    assert layout.page_bytes == 64 * (2 * 576 + 128 + 4)
    assert layout.blocks(int(gib * GIB)) * layout.block_tokens == pytest.approx(logged, rel=0.0003)


def test_sparse_attention_keeps_656_bytes_of_a_token_in_fp8_and_its_index():
    """vLLM 0.33.0, v1/attention/backends/mla/flashmla_sparse.py."""
    sparse = cache_layout(MODELS["deepseek-v3.2"].shape, precision=FP8)
    assert sparse.page_bytes == 64 * (656 + 132)
    assert cache_layout(MODELS["deepseek-v3"].shape, precision=FP8).page_bytes == 64 * 576


def test_sliding_windows_keep_their_window_and_the_step_in_flight():
    layout = cache_layout(MODELS["gpt-oss-20b"].shape)
    assert layout.groups == (LayerKind.SLIDING, LayerKind.FULL)
    full, window = 131_072 // 16, (128 - 1 + 4096 + 15) // 16 + 1
    assert layout.blocks_per_request(131_072, 4096) == full + window
    assert layout.block_bytes == 12 * 16 * 2 * 8 * 64 * 2


def test_gemma_3_forms_groups_of_ten_layers_with_two_places_unused():
    groups = layer_groups(MODELS["gemma-3-27b"].shape.kinds)
    assert sorted(len(group) for group in groups) == [8, 8, 9, 9, 9, 9, 10]
    assert cache_layout(MODELS["gemma-3-27b"].shape).layers_per_block == 10


def test_kinds_of_nearly_as_many_layers_form_one_group_each():
    """vLLM 0.33.0, v1/core/kv_cache_planning.py: below half as many again, padding is cheaper than groups."""
    full, sliding = LayerKind.FULL, LayerKind.SLIDING
    assert sorted(map(len, layer_groups([full] * 10 + [sliding] * 14))) == [10, 14]
    assert sorted(map(len, layer_groups([full] * 10 + [sliding] * 15))) == [7, 8, 10]


def test_layers_of_gemma_4_that_keep_half_as_much_put_twice_as_many_tokens_into_a_block():
    """docs.lmcache.ai, recipes/gemma4: vLLM gives the two kinds of layers different block sizes."""
    layout = cache_layout(MODELS["gemma-4-31b"].shape)
    assert (layout.block_tokens, layout.window_block_tokens) == (32, 16)
    assert layout.groups.count(LayerKind.SLIDING) == 5
    assert layout.block_bytes == 10 * 16 * 2 * 16 * 256 * 2
    # On eight devices each has one head of 512 or two of 256.
    split = cache_layout(MODELS["gemma-4-31b"].shape, tensor_parallel=8)
    assert (split.block_tokens, split.window_block_tokens) == (16, 16)


def test_gemma_4_holds_about_the_tokens_that_were_reported():
    """vllm-project/vllm#43308: about 55,000 tokens in about 50 GB by vLLM 0.20, which counted one group."""
    layout = cache_layout(MODELS["gemma-4-31b"].shape)
    counted = layout.blocks(50 * GIB) // len(layout.groups) * layout.window_block_tokens
    assert counted == pytest.approx(55_000, rel=0.05)


def test_layers_that_use_the_index_of_an_earlier_one_keep_none():
    """The FP8 checkpoint of GLM-5.2 names the indexes of 22 layers, one of them behind the last."""
    shape = MODELS["glm-5.2"].shape
    own = sum(has_index(shape, layer) for layer in range(shape.layers))
    assert own == 21
    assert cache_layout(shape).block_bytes == 64 * (78 * 2 * 576 + own * (128 + 4))
    half = cache_layout(shape, stage=range(39, 78))
    assert half.block_bytes == 64 * (39 * 2 * 576 + sum(has_index(shape, at) for at in range(39, 78)) * 132)


def test_grouped_queries_with_an_index_keep_it_whole_on_every_device():
    """vLLM 0.33.0, models/minimax_m3/common/indexer.py: 128 numbers in bf16 beside keys and values."""
    layout = cache_layout(MODELS["minimax-m3"].shape, tensor_parallel=4)
    assert layout.block_bytes == 128 * (60 * 2 * 128 * 2 + 57 * 128 * 2)


def test_a_block_of_attention_is_as_large_as_the_state_of_a_mamba():
    """vLLM 0.33.0, mamba_utils.py: 64 matrices of 64 x 128 in fp32, three inputs of 6,144 numbers in bf16."""
    layout = cache_layout(MODELS["nemotron-3-nano-30b-a3b"].shape)
    state = 64 * 64 * 128 * 4 + 3 * (4096 + 2 * 8 * 128) * 2
    assert 0 <= layout.page_bytes - state < 16 * 2 * 2 * 128 * 2
    assert layout.groups.count(LayerKind.LINEAR) == 4
    assert layout.groups.count(LayerKind.FULL) == 1
    assert layout.layers_per_block == 6


def test_chunks_of_llama_4_are_dropped_when_the_next_begins():
    layout = cache_layout(MODELS["llama-4-scout"].shape)
    assert layout.groups.count(LayerKind.CHUNKED) == 3
    assert layout.blocks_per_request(1_000_000, 8192) == 62_500 + 3 * (8192 + 8192) // 16


def test_mla_keeps_one_vector_whatever_the_tensor_parallel_size():
    shape = MODELS["deepseek-v3"].shape
    alone, eight = cache_layout(shape), cache_layout(shape, tensor_parallel=8)
    assert alone.page_bytes == eight.page_bytes == 64 * 576 * 2


def test_kv_heads_are_copied_when_there_are_more_devices():
    shape = MODELS["qwen3-30b-a3b"].shape
    pages = [cache_layout(shape, tensor_parallel=size).page_bytes for size in (1, 2, 4, 8)]
    assert pages == [pages[0], pages[0] // 2, pages[0] // 4, pages[0] // 4]


@pytest.mark.parametrize(
    ("layers", "stages", "sizes"),
    [(61, 2, [31, 30]), (61, 4, [15, 15, 16, 15]), (62, 8, [7, 8, 8, 8, 8, 8, 8, 7]), (36, 3, [12, 12, 12])],
)
def test_pipeline_stages_are_those_of_vllm(layers, stages, sizes):
    held = pipeline_stages(layers, stages)
    assert [len(stage) for stage in held] == sizes
    assert [layer for stage in held for layer in stage] == list(range(layers))


@given(st.sampled_from(sorted(MODELS)), st.integers(0, 10**12), st.integers(16, 200_000))
def test_the_longest_request_is_the_longest(name, memory, limit):
    layout = cache_layout(MODELS[name].shape)
    blocks = layout.blocks(memory)
    longest = layout.longest(blocks, 4096, limit)
    assert longest == 0 or layout.blocks_per_request(longest, 4096) <= blocks
    assert longest == limit or layout.blocks_per_request(longest + 1, 4096) > blocks


@given(st.lists(st.sampled_from(list(LayerKind)), min_size=1, max_size=96))
def test_groups_hold_every_layer_once_and_one_kind_each(kinds):
    groups = layer_groups(kinds)
    assert sorted(layer for group in groups for layer in group) == list(range(len(kinds)))
    assert all(len({kinds[layer] for layer in group}) == 1 for group in groups)

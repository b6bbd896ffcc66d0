"""Weights and overhead, against what vLLM measured. Each table names its source."""

from dataclasses import replace
from fractions import Fraction

import pytest

from ai_platform.serving.memory import Adapters, adapters_mib, overhead, stage_weights_mib
from ai_platform.serving.models import MODELS

# "Model loading took" in GiB on each device: model, tensor parallel, pipeline parallel, stage.
# llm-d-incubation/llm-d-planner, docs/accuracy/vllm-v0.19.0-accuracy-report.md and accuracy/README.md (H100).
LOADED = [
    ("llama-3.1-8b", 1, 1, 14.99),
    ("llama-3.1-8b", 2, 1, 7.51),
    ("llama-3.1-8b", 4, 1, 3.77),
    ("llama-3.1-8b", 1, 2, 7.51),
    ("llama-3.1-8b", 1, 4, 4.26),
    ("qwen3-8b", 1, 1, 15.27),
    ("qwen3-8b", 1, 3, 5.48),
    ("qwen2.5-7b", 1, 1, 14.25),
    ("qwen3-0.6b", 1, 1, 1.12),
    ("qwen3-32b", 1, 1, 61.03),
    ("qwen3-32b", 2, 1, 30.59),
    ("mistral-small-3.2-24b", 1, 1, 44.76),
    ("llama-3.3-70b-fp8", 1, 1, 67.72),
    ("llama-3.3-70b-fp8", 2, 1, 33.88),
    # Public logs of vLLM 0.19 on eight H200, repository not known.
    ("glm-5.1-fp8", 8, 1, 89.39),
    # A public log of vLLM 0.19.0 on A100, repository not known.
    ("gemma-3-27b", 1, 1, 51.45),
    # myoceane.fr, "AI vLLM A100 Gemma 4", 2026-04: google/gemma-4-26B-A4B.
    ("gemma-4-26b-a4b", 1, 1, 48.5),
]


@pytest.mark.parametrize(("name", "tensor_parallel", "pipeline_parallel", "gib"), LOADED)
def test_weights_take_what_vllm_logged(name, tensor_parallel, pipeline_parallel, gib):
    row = MODELS[name]
    stages = stage_weights_mib(
        row.shape,
        row.weights_in(row.native_precision),
        tensor_parallel=tensor_parallel,
        pipeline_parallel=pipeline_parallel,
    )
    assert float(max(stages)) / 1024 == pytest.approx(gib, rel=0.012)


@pytest.mark.parametrize(
    ("name", "gib", "file_gib"),
    # The same project, vLLM 0.11 on H100: 13.47 and 64.38 GiB; 13.72 GiB on A100 with vLLM 0.19, from a
    # published walk through its log (myoceane.fr, "AI vLLM A100 Gemma 4", 2026-04).
    [("gpt-oss-20b", 13.47, 12.8), ("gpt-oss-20b", 13.72, 12.8), ("gpt-oss-120b", 64.38, 60.7)],
)
def test_padded_experts_take_what_vllm_logged_or_a_little_more(name, gib, file_gib):
    row = MODELS[name]
    (weights,) = stage_weights_mib(row.shape, row.native_precision)
    assert float(weights) / 1024 == pytest.approx(gib, rel=0.025)
    assert float(weights) / 1024 > file_gib


# Peak of the profiling run in GiB, 8192 batched tokens and 1024 sequences; the same report.
# MoE kernels of gpt-oss keep less than others: 2.87 GiB.
@pytest.mark.parametrize(
    ("name", "gib"),
    [
        ("llama-3.1-8b", 1.89),
        ("qwen2.5-7b", 2.21),
        ("qwen3-8b", 2.21),
        ("qwen3-30b-a3b", 2.68),
        ("phi-4", 1.52),
    ],
)
def test_activations_take_what_vllm_logged(name, gib):
    beside = overhead(MODELS[name].shape, max_num_batched_tokens=8192, max_num_seqs=1024)
    assert beside.activations_mib / 1024 == pytest.approx(gib, rel=0.02)


def test_activations_of_a_long_step_take_what_vllm_logged():
    """vllm-project/vllm#10517: 2.07 and 2.99 GiB for steps of 20,000 and 29,000 tokens of Llama-3.1-8B."""
    for tokens, gib in ((20_000, 2.07), (29_000, 2.99)):
        beside = overhead(MODELS["llama-3.1-8b"].shape, max_num_batched_tokens=tokens, max_num_seqs=256)
        assert beside.activations_mib / 1024 == pytest.approx(gib, rel=0.01)


def test_embeddings_and_output_layer_stay_in_bf16():
    """nvidia and RedHat checkpoints of 70B in fp8: 72.7 GB, not the 70.6 of its parameters."""
    row = MODELS["llama-3.3-70b-fp8"]
    gigabytes = float(sum(stage_weights_mib(row.shape, row.native_precision))) * 2**20 / 1e9
    assert gigabytes == pytest.approx(72.7, abs=0.1)


def test_experts_in_four_bits_and_everything_else_in_bf16_take_what_is_published():
    """vllm-project/recipes, models/moonshotai/Kimi-K2.6.yaml (2026-07-29): about 595 GB on disk."""
    row = MODELS["kimi-k2.6"]
    gigabytes = float(sum(stage_weights_mib(row.shape, row.weights_in(row.native_precision)))) * 2**20 / 1e9
    assert gigabytes == pytest.approx(595, rel=0.002)


def test_qwen_3_8_is_as_large_as_its_recipe_says():
    """vllm-project/recipes, Qwen3.8-27B.yaml: 51.7 GiB, with a layer that predicts several tokens."""
    row = MODELS["qwen3.8-27b"]
    (weights,) = stage_weights_mib(row.shape, row.native_precision)
    several = 5120 * 24 * 256 * 3 + 2 * 5120 * 4 * 256 + 3 * 5120 * 17408 + 2 * 5120 * 5120
    assert float(weights) / 1024 + 2 * several / 2**30 == pytest.approx(51.7, rel=0.002)


def test_mla_copies_its_compressing_matrices_to_every_device():
    row = MODELS["deepseek-v3"]
    (alone,) = stage_weights_mib(row.shape, row.native_precision)
    (eight,) = stage_weights_mib(row.shape, row.native_precision, tensor_parallel=8)
    assert alone / 8 < eight < alone / 8 + 2048


def test_adapters_of_experts_take_memory_for_every_expert():
    """The feed-forward matrices of qwen3-30b-a3b: 128 experts in 48 layers, 3 matrices each, in bf16."""
    rank, layers, experts = 16, 48, 128
    both_sides = layers * experts * 3 * (2048 + 768) * rank * 2 / 2**20
    taken = float(adapters_mib(MODELS["qwen3-30b-a3b"].shape, Adapters(1, rank)))
    assert both_sides < taken < both_sides * 1.02


def test_adapters_of_linear_attention_are_as_wide_as_what_it_reads_and_writes():
    """Queries, keys, values and a gate are written, values are read: heads × 128."""
    shape = replace(MODELS["qwen3.5-27b"].shape, pattern="L", dense_width=0, feed_forward_matrices=0)
    numbers = 4 * 5120 + 2 * (16 + 48) * 128 + 48 * 128
    assert adapters_mib(shape, Adapters(1, 8)) == Fraction(64 * numbers * 8 * 2, 2**20)


def test_adapters_take_memory_by_rank_and_count():
    shape = MODELS["llama-3.1-8b"].shape
    one = adapters_mib(shape, Adapters(1, 16))
    # 41.9 million numbers in bf16: rank 16 on all seven matrices of 32 layers.
    assert float(one) == pytest.approx(80, abs=1)
    assert adapters_mib(shape, Adapters(4, 64)) == 16 * one
    assert adapters_mib(shape, Adapters(1, 16), tensor_parallel=2) < one

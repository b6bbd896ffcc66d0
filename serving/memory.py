"""Memory of one device that is not KV cache: weights, adapters, activations, buffers, CUDA graphs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import ceil

from .architecture import (
    Architecture,
    LayerKind,
    attention_parameters,
    embedding_parameters,
    expert_parameters,
    feed_forward_parameters,
    has_experts,
    index_parameters,
)
from .kv_cache import pipeline_stages
from .precision import Precision, weight_bytes

_MIB = 2**20
_BF16 = 2

# Measured with vLLM 0.19.0 on H100-80GB, 49 runs of 28 models: llm-d-incubation/llm-d-planner,
# docs/accuracy/vllm-v0.19.0-accuracy-report.md (read 2026-11-21). vLLM 0.33.0 may need less or more.
_OUTSIDE_PYTORCH_MIB = 280
"""0.24 to 0.27 GiB on one GPU."""
_OUTSIDE_PYTORCH_SPLIT_MIB = 2250
"""2.06 to 2.17 GiB on each of 2 or 4 GPUs: buffers of the all-reduce."""
_SAMPLER_COPIES = Fraction(15, 4)
"""Peak of the sampler in 32-bit copies of the logits: 3.70 to 3.75 for 100 to 201 thousand words."""
CUDA_GRAPHS_MIB = 1065
"""Mean of 0.51 to 1.85 GiB. Since 2026 vLLM takes it off the KV cache's memory; 0.19 did not yet."""

# MXFP4 kernels pad the matrices of experts: their width on each device, and the model's width. These are the
# numbers of Marlin and TensorRT-LLM in vLLM 0.33.0, fused_moe/oracle/mxfp4.py; other kernels pad less.
_MXFP4_WIDTH, _MXFP4_HIDDEN = 128, 256


@dataclass(frozen=True, slots=True)
class Adapters:
    """LoRA adapters that a server holds at once."""

    count: int
    rank: int
    """Largest rank of any of them."""


@dataclass(frozen=True, slots=True)
class Overhead:
    """Memory beside weights and cache, in MiB on each device."""

    activations_mib: int
    outside_pytorch_mib: int
    cuda_graphs_mib: int

    @property
    def total_mib(self) -> int:
        return self.activations_mib + self.outside_pytorch_mib + self.cuda_graphs_mib


@cache
def stage_weights_mib(
    shape: Architecture, precision: Precision, *, tensor_parallel: int = 1, pipeline_parallel: int = 1
) -> tuple[Fraction, ...]:
    """Weights on each device of every pipeline stage, first stage first.

    Embeddings and output layer stay in bf16. What tensor parallelism copies instead of splitting is counted
    in full: KV heads beyond one a device, the compressing matrices of MLA, routers.
    """
    quantised = weight_bytes(precision)
    experts_only = precision is Precision.MXFP4
    outside = Fraction(_BF16) if experts_only else quantised
    layer_count = max(1, sum(has_experts(shape, layer) for layer in range(shape.layers)))
    experts = Fraction(expert_parameters(shape), layer_count) * _padding(shape, precision, tensor_parallel)
    kinds = shape.kinds
    stages = []
    for index, layers in enumerate(pipeline_stages(shape.layers, pipeline_parallel)):
        total = Fraction(0)
        for layer in layers:
            kind = kinds[layer]
            attention = attention_parameters(shape, kind) + _copied(shape, kind, tensor_parallel)
            total += (attention + feed_forward_parameters(shape, layer)) * outside
            total += experts * quantised if has_experts(shape, layer) else 0
        matrices = embedding_parameters(shape)
        first, last = index == 0, index == pipeline_parallel - 1
        ends = matrices if first and last else matrices // (1 if shape.tied else 2) if first or last else 0
        encoder = shape.image_encoder if first else 0
        total += (ends + encoder) * _BF16
        stages.append(total / tensor_parallel / _MIB)
    return tuple(stages)


@cache
def adapters_mib(shape: Architecture, adapters: Adapters, *, tensor_parallel: int = 1) -> Fraction:
    """LoRA matrices on each device, which vLLM reserves in bf16 for every adapter at the largest rank.

    The matrix that reads a split input, or writes a split output, is split too; the other one is not.
    """
    numbers = Fraction(0)
    for layer, kind in enumerate(shape.kinds):
        inner = (shape.heads + 2 * shape.kv_heads) * shape.head_dim
        if kind is LayerKind.LINEAR and shape.linear:
            inner = shape.linear.value_heads * shape.linear.value_dim * 3
        numbers += 4 * shape.hidden + Fraction(inner + shape.heads * shape.head_dim, tensor_parallel)
        networks, width = (1, shape.dense_width)
        if shape.experts and has_experts(shape, layer):
            networks, width = shape.experts.count, shape.experts.width
        numbers += networks * (3 * shape.hidden + Fraction(3 * width, tensor_parallel))
    return numbers * adapters.count * adapters.rank * _BF16 / _MIB


def overhead(
    shape: Architecture,
    *,
    max_num_batched_tokens: int,
    max_num_seqs: int,
    tensor_parallel: int = 1,
    cuda_graphs: bool = True,
) -> Overhead:
    """What vLLM's profiling run takes at its peak: the widest layer, or the sampler over all sequences."""
    experts = shape.experts
    wide = 3 * Fraction(shape.dense_width, tensor_parallel) + 3 * shape.hidden
    kept = Fraction(shape.hidden)
    if experts:
        routed = Fraction(experts.width + experts.shared_width, tensor_parallel)
        kept += experts.per_token * (shape.hidden + 2 * routed)
        wide = max(wide, experts.per_token * (shape.hidden + 3 * routed) + 3 * shape.hidden)
    forward = max_num_batched_tokens * wide * _BF16
    sampler = _SAMPLER_COPIES * max_num_seqs * shape.vocabulary * 4 + max_num_batched_tokens * kept * _BF16
    return Overhead(
        activations_mib=ceil(max(forward, sampler) / _MIB),
        outside_pytorch_mib=_OUTSIDE_PYTORCH_SPLIT_MIB if tensor_parallel > 1 else _OUTSIDE_PYTORCH_MIB,
        cuda_graphs_mib=CUDA_GRAPHS_MIB if cuda_graphs else 0,
    )


def _padding(shape: Architecture, precision: Precision, tensor_parallel: int) -> Fraction:
    if shape.experts is None or precision is not Precision.MXFP4:
        return Fraction(1)
    width = Fraction(shape.experts.width, tensor_parallel)
    wider = ceil(width / _MXFP4_WIDTH) * _MXFP4_WIDTH / width
    return wider * Fraction(ceil(shape.hidden / _MXFP4_HIDDEN) * _MXFP4_HIDDEN, shape.hidden)


def _copied(shape: Architecture, kind: LayerKind, tensor_parallel: int) -> int:
    if kind is LayerKind.LINEAR or tensor_parallel == 1:
        return 0
    if shape.latent:
        down = shape.hidden * (shape.latent.query_rank + shape.head_dim)
        return (down + index_parameters(shape)) * (tensor_parallel - 1)
    copies = max(1, tensor_parallel // shape.kv_heads)
    return 2 * shape.hidden * shape.kv_heads * shape.head_dim * (copies - 1)

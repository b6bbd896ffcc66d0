"""Memory of one device that is not KV cache: weights, adapters, activations, buffers, CUDA graphs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import ceil

from .architecture import Architecture, LayerKind, LinearAttention, Mamba, has_experts, has_feed_forward
from .kv_cache import pipeline_stages
from .parameters import (
    attention_inputs,
    attention_outputs,
    dense_parameters,
    expert_parameters,
    index_parameters,
    router_parameters,
)
from .precision import Formats, Part, Precision, formats, weight_bytes

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
    shape: Architecture,
    precision: Precision | Formats,
    *,
    tensor_parallel: int = 1,
    pipeline_parallel: int = 1,
) -> tuple[Fraction, ...]:
    """Weights on each device of every pipeline stage, first stage first.

    Embeddings, encoder and routers stay in bf16. What tensor parallelism copies instead of splitting is
    counted in full: KV heads beyond one a device, the compressing matrices of MLA, routers.
    """
    held = formats(precision) if isinstance(precision, Precision) else precision
    layer_count = max(1, sum(has_experts(shape, layer) for layer in range(shape.layers)))
    experts = Fraction(expert_parameters(shape), layer_count)
    stages = []
    for index, layers in enumerate(pipeline_stages(shape.layers, pipeline_parallel)):
        total = Fraction(0)
        for layer in layers:
            total += _matrices_bytes(shape, held, layer, tensor_parallel)
            total += router_parameters(shape, layer) * tensor_parallel * _BF16
            if has_experts(shape, layer):
                format_ = held.of(Part.EXPERTS, layer)
                total += experts * _padding(shape, format_, tensor_parallel) * weight_bytes(format_)
        first, last = index == 0, index == pipeline_parallel - 1
        matrix = shape.vocabulary * shape.hidden
        if first or (last and shape.tied):
            total += matrix * _BF16
        if last and not shape.tied:
            total += matrix * weight_bytes(held.of(Part.HEAD, shape.layers - 1))
        total += shape.image_encoder * _BF16 if first else 0
        stages.append(total / tensor_parallel / _MIB)
    return tuple(stages)


@cache
def adapters_mib(shape: Architecture, adapters: Adapters, *, tensor_parallel: int = 1) -> Fraction:
    """LoRA matrices on each device, which vLLM reserves in bf16 for every adapter at the largest rank.

    The matrix that reads a split input, or writes a split output, is split too; the other one is not.
    """
    numbers = Fraction(0)
    for layer, kind in enumerate(shape.kinds):
        if kind is not LayerKind.NONE:
            inner, outer = _split_widths(shape, kind)
            numbers += 4 * shape.hidden + Fraction(inner + outer, tensor_parallel)
        if has_feed_forward(shape, layer):
            networks, width, hidden = (1, shape.dense_width, shape.hidden)
            if shape.experts and has_experts(shape, layer):
                networks, width = shape.experts.count, shape.experts.width
                hidden = shape.experts.hidden or shape.hidden
            numbers += networks * shape.feed_forward_matrices * (hidden + Fraction(width, tensor_parallel))
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
    # Without a gate there is one wide result less.
    wide = shape.feed_forward_matrices * Fraction(shape.dense_width, tensor_parallel) + 3 * shape.hidden
    kept = Fraction(shape.hidden)
    if experts:
        routed = Fraction(experts.width + experts.shared_width, tensor_parallel)
        read = experts.hidden or shape.hidden
        kept += experts.per_token * (read + (shape.feed_forward_matrices - 1) * routed)
        wide = max(wide, experts.per_token * (read + shape.feed_forward_matrices * routed) + 3 * shape.hidden)
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


def _matrices_bytes(shape: Architecture, held: Formats, layer: int, tensor_parallel: int) -> Fraction:
    """Of one layer on all devices together, without its experts."""
    linear = shape.kinds[layer] is LayerKind.LINEAR
    inputs = attention_inputs(shape, layer) + _copied(shape, layer, tensor_parallel)
    dense = Part.SHARED if has_experts(shape, layer) else Part.DENSE
    counted = (
        (Part.LINEAR if linear else Part.INPUTS, inputs),
        (Part.LINEAR if linear else Part.OUTPUTS, attention_outputs(shape, layer)),
        (dense, dense_parameters(shape, layer)),
    )
    return sum((number * weight_bytes(held.of(part, layer)) for part, number in counted), Fraction(0))


def _split_widths(shape: Architecture, kind: LayerKind) -> tuple[int, int]:
    """What attention's first matrices write and its last one reads, in numbers."""
    linear = shape.linear
    if kind is LayerKind.LINEAR and isinstance(linear, Mamba):
        inner = linear.heads * linear.head_dim
        return 2 * inner + 2 * linear.groups * linear.state + linear.heads, inner
    if kind is LayerKind.LINEAR and isinstance(linear, LinearAttention):
        keys, values = linear.key_heads * linear.key_dim, linear.value_heads * linear.value_dim
        return 2 * (keys + values), values
    heads = shape.heads_of(kind)
    return (shape.heads + 2 * heads.kv_heads) * heads.head_dim, shape.heads * heads.head_dim


def _copied(shape: Architecture, layer: int, tensor_parallel: int) -> int:
    kind = shape.kinds[layer]
    if kind in (LayerKind.LINEAR, LayerKind.NONE) or tensor_parallel == 1:
        return 0
    index = index_parameters(shape, layer) * (tensor_parallel - 1)
    if shape.latent:
        return shape.hidden * (shape.latent.query_rank + shape.head_dim) * (tensor_parallel - 1) + index
    heads = shape.heads_of(kind)
    copies = max(1, tensor_parallel // heads.kv_heads)
    return 2 * shape.hidden * heads.kv_heads * heads.head_dim * (copies - 1) + index

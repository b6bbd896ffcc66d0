"""Whether a model, its context and its concurrency fit into GPU memory under vLLM."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from ..gpu.gpus import GPUS, GpuName
from .architecture import Architecture, Attention, LayerKind, LinearAttention, Mamba
from .kv_cache import CacheLayout, cache_layout, pipeline_stages
from .memory import Adapters, Overhead, adapters_mib, overhead, stage_weights_mib
from .model import Model
from .precision import Formats, Part, Precision

DEFAULT_BATCHED_TOKENS = 2048
"""Tokens that one step computes at most. More speeds up long prompts and takes memory from the cache."""

_MIB = 2**20
# Programs see less of a whole GPU than nvidia-smi shows: 79.18 of 79.65 GiB (H100), 79.25 of 80 (A100).
_DRIVER_MIB = 640
_FP8_BLOCK = 128
_RESERVED_BLOCKS = 1
# vLLM keeps one block for itself, which its log counts: v1/core/kv_cache_planning.py, get_kv_cache_configs.


@dataclass(frozen=True, slots=True)
class Fit:
    """What was asked for and what comes of it. Memory is MiB on each device, rounded against the user."""

    model: Model
    gpu: GpuName
    tensor_parallel: int
    """GPUs that share every layer."""
    pipeline_parallel: int
    """Groups of such GPUs, each with a part of the layers."""
    expert_parallel: bool
    """Whether whole experts are spread over the GPUs, because their matrices can't be split."""
    precision: Precision
    kv_cache_precision: Precision
    context_length: int
    """Tokens of prompt and answer together that one request may take."""
    concurrency: int
    """Requests of full length that run at once."""
    adapters: Adapters | None
    max_num_batched_tokens: int
    gpu_memory_utilization: Fraction
    weights_mib: int
    """With adapters, on the device that has the least left."""
    overhead: Overhead
    kv_cache_mib: int
    """What is left for the KV cache; 0 when weights and overhead leave nothing."""
    kv_cache_tokens: int
    """Tokens that the cache holds over all requests, as vLLM logs it at its start for ``context_length``."""
    max_context: int
    """The longest single request, at most what the model supports."""
    max_concurrency: int
    """Requests of ``context_length`` that the cache holds at once."""
    short_by_mib: int
    """Memory that each device lacks; 0 when memory isn't what is missing."""
    reasons: tuple[str, ...]
    """Why it doesn't fit, one sentence each."""

    @property
    def fits(self) -> bool:
        """Whether nothing stands against it."""
        return not self.reasons

    @property
    def devices(self) -> int:
        """GPUs in total."""
        return self.tensor_parallel * self.pipeline_parallel


def fit(
    model: Model,
    *,
    gpu: GpuName,
    device_memory_mib: int,
    context_length: int,
    concurrency: int = 1,
    tensor_parallel: int = 1,
    pipeline_parallel: int = 1,
    mig: bool = False,
    precision: Precision | None = None,
    kv_cache_precision: Precision = Precision.BF16,
    adapters: Adapters | None = None,
    max_num_batched_tokens: int = DEFAULT_BATCHED_TOKENS,
    gpu_memory_utilization: Fraction = Fraction(92, 100),
    cuda_graphs: bool = True,
) -> Fit:
    """Sizes ``model`` for vLLM on ``tensor_parallel × pipeline_parallel`` GPUs, or on one MIG device.

    ``device_memory_mib`` is what one device offers, from ``gpu.mig.device_memory_mib``. ``precision`` of the
    weights is the checkpoint's own by default. ``max_num_batched_tokens`` is raised where vLLM wants more.

    Raises ``ValueError`` for numbers that make no sense; what merely doesn't fit comes back as ``reasons``.
    """
    numbers = (device_memory_mib, context_length, concurrency, tensor_parallel, max_num_batched_tokens)
    shape = model.shape
    if min(numbers) < 1 or not 1 <= pipeline_parallel <= shape.layers:
        raise ValueError("memory, context length, concurrency, devices and batched tokens are at least 1")
    if not 0 < gpu_memory_utilization <= 1:
        raise ValueError(f"gpu_memory_utilization is above 0 and at most 1, not {gpu_memory_utilization}")

    weights_in = precision or model.native_precision
    held_in = model.weights_in(weights_in)
    checkpoints = _writes_checkpoints(gpu)
    batched = max(
        max_num_batched_tokens, concurrency, _block_tokens(shape, tensor_parallel, checkpoints=checkpoints)
    )
    # vLLM schedules the next step while every pipeline stage still works on one.
    in_flight = batched * (pipeline_parallel + 1)
    beside = overhead(
        shape,
        max_num_batched_tokens=batched,
        max_num_seqs=concurrency,
        tensor_parallel=tensor_parallel,
        cuda_graphs=cuda_graphs,
    )
    usable = max(0, device_memory_mib - (0 if mig else _DRIVER_MIB)) * gpu_memory_utilization
    lora = adapters_mib(shape, adapters, tensor_parallel=tensor_parallel) if adapters else Fraction(0)
    weights = stage_weights_mib(
        shape,
        held_in,
        tensor_parallel=tensor_parallel,
        pipeline_parallel=pipeline_parallel,
    )
    stages = [
        _Stage(
            cache_layout(
                shape,
                precision=kv_cache_precision,
                tensor_parallel=tensor_parallel,
                stage=layers,
                checkpoints=checkpoints,
            ),
            held + lora * len(layers) / shape.layers,
            usable - held - lora * len(layers) / shape.layers - beside.total_mib,
        )
        for layers, held in zip(pipeline_stages(shape.layers, pipeline_parallel), weights, strict=True)
    ]
    tightest = min(stages, key=lambda stage: stage.blocks)
    layout, blocks = tightest.layout, tightest.blocks
    usable_blocks = max(0, blocks - _RESERVED_BLOCKS)
    request = layout.blocks_per_request(context_length, in_flight)
    lacking = max(stage.lacking_mib(concurrency * request + _RESERVED_BLOCKS) for stage in stages)
    short = max(0, ceil(lacking / gpu_memory_utilization))
    expert_parallel = _needs_expert_parallel(model, weights_in, tensor_parallel)
    return Fit(
        model=model,
        gpu=gpu,
        tensor_parallel=tensor_parallel,
        pipeline_parallel=pipeline_parallel,
        expert_parallel=expert_parallel,
        precision=weights_in,
        kv_cache_precision=kv_cache_precision,
        context_length=context_length,
        concurrency=concurrency,
        adapters=adapters,
        max_num_batched_tokens=batched,
        gpu_memory_utilization=gpu_memory_utilization,
        weights_mib=ceil(tightest.weights_mib),
        overhead=beside,
        kv_cache_mib=max(0, int(tightest.budget_mib)),
        kv_cache_tokens=layout.tokens(blocks, context_length, in_flight),
        max_context=layout.longest(usable_blocks, in_flight, model.max_context),
        max_concurrency=usable_blocks // request,
        short_by_mib=short,
        reasons=(
            *_wrong_devices(model, tensor_parallel, tensor_parallel * pipeline_parallel, mig=mig),
            *_wrong_experts(shape, tensor_parallel, expert_parallel=expert_parallel),
            *_wrong_precision(gpu, held_in, kv_cache_precision),
            *_wrong_kernels(gpu, shape, kv_cache_precision),
            *_too_long(model, context_length),
            *_too_large(short, ceil(tightest.weights_mib), int(usable)),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Stage:
    layout: CacheLayout
    weights_mib: Fraction
    budget_mib: Fraction

    @property
    def blocks(self) -> int:
        return self.layout.blocks(int(self.budget_mib * _MIB))

    def lacking_mib(self, blocks: int) -> Fraction:
        return Fraction(blocks * self.layout.block_bytes, _MIB) - self.budget_mib


def _writes_checkpoints(gpu: GpuName) -> bool:
    # FlashInfer's kernels for gated delta nets; on Blackwell they need CUDA 13, the CUDA of vLLM's own image.
    return GPUS[gpu].compute_capability >= (9, 0)


def _block_tokens(shape: Architecture, tensor_parallel: int, *, checkpoints: bool) -> int:
    # vLLM wants a step to hold a block, where prefixes of linear attention are cached by block. The fp8 cache
    # has the longest blocks; taking it always keeps a smaller cache format from ever costing memory.
    if shape.linear is None:
        return 1
    return cache_layout(
        shape, precision=Precision.FP8, tensor_parallel=tensor_parallel, checkpoints=checkpoints
    ).block_tokens


def _needs_expert_parallel(model: Model, precision: Precision, tensor_parallel: int) -> bool:
    experts = model.shape.experts
    if experts is None or tensor_parallel == 1:
        return False
    if dict(model.weights_in(precision).by_part).get(Part.EXPERTS) is not Precision.FP8:
        return False
    return experts.width % (tensor_parallel * _FP8_BLOCK) != 0


def _wrong_devices(model: Model, tensor_parallel: int, devices: int, *, mig: bool) -> list[str]:
    reasons = []
    shape = model.shape
    if devices > 1 and mig:
        reasons.append("MIG devices can't talk to each other, so a model can't be split over several of them")
    if shape.heads % tensor_parallel:
        reasons.append(
            f"{tensor_parallel} devices don't divide the {shape.heads} attention heads of {model.name}"
        )
    elif shape.attention is not Attention.MLA:
        odd = [count for count in _kv_heads(shape) if count % tensor_parallel and tensor_parallel % count]
        if odd:
            reasons.append(f"{tensor_parallel} devices neither divide nor multiply the {odd[0]} KV heads")
    if shape.linear and not _divides_linear(shape.linear, tensor_parallel):
        reasons.append(f"{tensor_parallel} devices don't divide the heads of the linear attention")
    return reasons


def _kv_heads(shape: Architecture) -> list[int]:
    kinds = (kind for kind in set(shape.kinds) if kind not in (LayerKind.LINEAR, LayerKind.NONE))
    return sorted({shape.heads_of(kind).kv_heads for kind in kinds})


def _divides_linear(linear: LinearAttention | Mamba, tensor_parallel: int) -> bool:
    if isinstance(linear, Mamba):
        # mamba_mixer2.py: a single group is copied, several are split.
        split = linear.groups == 1 or linear.groups % tensor_parallel == 0
        return split and linear.heads % tensor_parallel == 0
    return linear.key_heads % tensor_parallel == 0 and linear.value_heads % tensor_parallel == 0


def _wrong_experts(shape: Architecture, tensor_parallel: int, *, expert_parallel: bool) -> list[str]:
    experts = shape.experts
    if experts and expert_parallel and experts.count % tensor_parallel:
        return [f"{tensor_parallel} devices divide neither the experts' fp8 blocks nor their {experts.count}"]
    return []


def _wrong_precision(gpu: GpuName, held: Formats, kv_cache_precision: Precision) -> list[str]:
    reasons = []
    # Weights in fp8 are another matter: older GPUs turn them into bf16 as they compute (vLLM's docs, FP8).
    if kv_cache_precision is Precision.FP8 and not GPUS[gpu].fp8:
        reasons.append(f"{gpu} does not compute in fp8; Ada Lovelace, Hopper and Blackwell GPUs do")
    narrow = {precision for _, precision in held.by_part} & {Precision.MXFP4, Precision.NVFP4}
    if narrow and GPUS[gpu].compute_capability < (8, 0):
        reasons.append(f"{gpu} has no kernels for {' and '.join(sorted(narrow))}; Ampere and later GPUs do")
    if kv_cache_precision not in (Precision.BF16, Precision.FP8):
        reasons.append(f"vLLM keeps the KV cache in bf16 or fp8, not in {kv_cache_precision}")
    return reasons


def _wrong_kernels(gpu: GpuName, shape: Architecture, kv_cache_precision: Precision) -> list[str]:
    capability = GPUS[gpu].compute_capability
    # vLLM's docs, installation on GPUs (read 2026-11): compute capability 7.5 or higher.
    if capability < (7, 5):
        return [f"{gpu} is older than what vLLM runs on; Turing and later GPUs are not"]
    # vLLM 0.33.0, v1/attention/backends/mla/*_sparse*.py: compute capability 9, 10 or 12.
    if shape.latent is None or shape.index is None:
        return []
    if capability < (9, 0):
        return [f"{gpu} has no kernels for sparse attention; Hopper and later GPUs do"]
    if capability >= (12, 0) and kv_cache_precision is not Precision.FP8:
        return [f"{gpu} keeps the cache of sparse attention in fp8 only"]
    return []


def _too_long(model: Model, context_length: int) -> list[str]:
    if context_length <= model.max_context:
        return []
    return [f"{model.name} reads at most {model.max_context} tokens, not {context_length}"]


def _too_large(short_mib: int, weights_mib: int, usable_mib: int) -> list[str]:
    if not short_mib:
        return []
    weights = f"the weights take {weights_mib} of the {usable_mib} MiB that vLLM may use"
    return [f"each device lacks {short_mib} MiB: {weights}"]

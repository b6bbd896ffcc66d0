"""Whether a model, its context and its concurrency fit into GPU memory under vLLM."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from ..gpu.gpus import GPUS, GpuName
from .architecture import Architecture
from .kv_cache import CacheLayout, cache_layout, pipeline_stages
from .memory import Adapters, Overhead, adapters_mib, overhead, stage_weights_mib
from .model import Model
from .obstacles import obstacles
from .precision import Part, Precision

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
            *obstacles(
                model,
                gpu,
                held_in,
                kv_cache_precision,
                adapters,
                context_length,
                tensor_parallel=tensor_parallel,
                pipeline_parallel=pipeline_parallel,
                expert_parallel=expert_parallel,
                mig=mig,
            ),
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


def _too_large(short_mib: int, weights_mib: int, usable_mib: int) -> list[str]:
    if not short_mib:
        return []
    weights = f"the weights take {weights_mib} of the {usable_mib} MiB that vLLM may use"
    return [f"each device lacks {short_mib} MiB: {weights}"]

"""What stands against serving a model on some devices, apart from memory."""

from __future__ import annotations

from ..gpu.gpus import GPUS, GpuName
from .architecture import Architecture, Attention, LayerKind, LinearAttention, Mamba
from .memory import Adapters
from .model import Model
from .precision import Formats, Precision


def obstacles(
    model: Model,
    gpu: GpuName,
    held: Formats,
    kv_cache_precision: Precision,
    adapters: Adapters | None,
    context_length: int,
    *,
    tensor_parallel: int,
    pipeline_parallel: int,
    expert_parallel: bool,
    mig: bool,
) -> tuple[str, ...]:
    """A sentence for each. ``held``: the formats of the weights as they are served."""
    shape = model.shape
    return (
        *_wrong_adapters(model, adapters),
        *_wrong_devices(model, tensor_parallel, tensor_parallel * pipeline_parallel, mig=mig),
        *_wrong_experts(shape, tensor_parallel, expert_parallel=expert_parallel),
        *_wrong_precision(gpu, held, kv_cache_precision),
        *_wrong_kernels(gpu, shape, kv_cache_precision),
        *_too_long(model, context_length),
    )


def _wrong_adapters(model: Model, adapters: Adapters | None) -> list[str]:
    if adapters is None or model.takes_adapters:
        return []
    return [f"vLLM serves no LoRA adapters with {model.name}"]


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

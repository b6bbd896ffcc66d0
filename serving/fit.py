"""Whether a model, its context and its concurrency fit into GPU memory, and vLLM's arguments for it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

from ..gpu.gpus import GPUS, GpuName
from .models import Attention, Model
from .precision import Precision, cache_bytes, weight_bytes

BLOCK_TOKENS = 16
"""vLLM hands out KV cache in blocks of this many tokens."""

_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Fit:
    """What was asked for and what comes of it. Memory is MiB on each device, rounded against the user."""

    model: Model
    gpu: GpuName
    devices: int
    """GPUs that share the model, vLLM's tensor parallel size."""
    precision: Precision
    kv_cache_precision: Precision
    context_length: int
    """Tokens of prompt and answer together that one request may take."""
    concurrency: int
    """Requests of full length that run at once."""
    gpu_memory_utilization: Fraction
    weights_mib: int
    kv_cache_mib: int
    """What is left for the KV cache; 0 when weights and overhead leave nothing."""
    kv_cache_tokens: int
    """Tokens that the cache holds, over all requests."""
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


def fit(
    model: Model,
    *,
    gpu: GpuName,
    device_memory_mib: int,
    context_length: int,
    concurrency: int = 1,
    devices: int = 1,
    mig: bool = False,
    precision: Precision = Precision.BF16,
    kv_cache_precision: Precision = Precision.BF16,
    gpu_memory_utilization: Fraction = Fraction(92, 100),
    overhead_mib: int = 2048,
) -> Fit:
    """Sizes ``model`` for vLLM on ``devices`` GPUs, or on one MIG device when ``mig`` is set.

    ``device_memory_mib`` is what one device offers, from ``gpu.mig.device_memory_mib``. ``overhead_mib``
    covers activations and CUDA graphs, for which 1.5 to 4 GiB is usual. Quantised models keep embeddings and
    output layer in bf16; that isn't counted, so for fp8 and int4 the upper end is the safer choice.

    Raises ``ValueError`` for numbers that make no sense; what merely doesn't fit comes back as ``reasons``.
    """
    if min(device_memory_mib, context_length, concurrency, devices) < 1 or overhead_mib < 0:
        raise ValueError(
            "memory, context length, concurrency and devices are at least 1, overhead at least 0"
        )
    if not 0 < gpu_memory_utilization <= 1:
        raise ValueError(f"gpu_memory_utilization is above 0 and at most 1, not {gpu_memory_utilization}")

    usable = device_memory_mib * gpu_memory_utilization
    weights = _weights_mib(model, precision) / devices
    budget = usable - weights - overhead_mib
    token = _cache_mib_per_token(model, devices, kv_cache_precision)
    room = max(0, int(budget / token) // BLOCK_TOKENS * BLOCK_TOKENS)
    request = ceil(context_length / BLOCK_TOKENS) * BLOCK_TOKENS
    short = max(0, ceil(concurrency * request * token - budget))
    return Fit(
        model=model,
        gpu=gpu,
        devices=devices,
        precision=precision,
        kv_cache_precision=kv_cache_precision,
        context_length=context_length,
        concurrency=concurrency,
        gpu_memory_utilization=gpu_memory_utilization,
        weights_mib=ceil(weights),
        kv_cache_mib=max(0, int(budget)),
        kv_cache_tokens=room,
        max_context=min(model.max_context, room),
        max_concurrency=room // request,
        short_by_mib=short,
        reasons=(
            *_wrong_devices(model, devices, mig=mig),
            *_wrong_precision(gpu, precision, kv_cache_precision),
            *_too_long(model, context_length),
            *_too_large(short, ceil(weights), int(usable)),
        ),
    )


def vllm_arguments(
    fit: Fit,
    *,
    served_model_name: str | None = None,
    model_path: str | None = None,
    port: int = 8080,
) -> tuple[str, ...]:
    """Arguments of vLLM's server for a fit, each ``--name=value``; every memory setting explicit.

    The model is served under its catalog name and loaded from Hugging Face unless said otherwise. A bf16
    model asked for in fp8 is quantised while it loads; before vLLM's change 31914 (January 2026) that took as
    much memory as bf16. Any other precision than the checkpoint's own needs a ``model_path`` that holds such
    weights; without one, or for a fit that doesn't fit, raises ``ValueError``.
    """
    model = fit.model
    if not fit.fits:
        raise ValueError(f"{model.name} does not fit: {'; '.join(fit.reasons)}")
    online = fit.precision is Precision.FP8 and model.native_precision is Precision.BF16 and not model_path
    if fit.precision is not model.native_precision and not online and not model_path:
        raise ValueError(
            f"{model.hugging_face_id} holds {model.native_precision} weights, and vLLM can't turn them into "
            f"{fit.precision} while loading; give the path of a checkpoint that has them"
        )
    arguments = [
        f"--model={model_path or model.hugging_face_id}",
        f"--served-model-name={served_model_name or model.name}",
        f"--port={port}",
        f"--tensor-parallel-size={fit.devices}",
        f"--max-model-len={fit.context_length}",
        f"--max-num-seqs={fit.concurrency}",
        f"--gpu-memory-utilization={_decimal(fit.gpu_memory_utilization)}",
        f"--kv-cache-dtype={'fp8' if fit.kv_cache_precision is Precision.FP8 else 'auto'}",
    ]
    if online:
        arguments.append("--quantization=fp8")
    if GPUS[fit.gpu].compute_capability < (8, 0):
        # Volta and Turing have no bf16; fp16 takes the same memory.
        arguments.append("--dtype=half")
    return tuple(arguments)


def _weights_mib(model: Model, precision: Precision) -> Fraction:
    if model.checkpoint_mib is not None and precision is model.native_precision:
        return Fraction(model.checkpoint_mib)
    return Fraction(model.params_b) * 10**9 * weight_bytes(precision) / _MIB


def _cache_mib_per_token(model: Model, devices: int, precision: Precision) -> Fraction:
    # Beyond kv_heads devices the heads are copied, and MLA's one vector always is.
    split = 1 if model.attention is Attention.MLA else min(devices, model.kv_heads)
    return model.cache_values_per_token * cache_bytes(precision) / split / _MIB


def _wrong_devices(model: Model, devices: int, *, mig: bool) -> list[str]:
    reasons = []
    if devices > 1 and mig:
        reasons.append("MIG devices can't talk to each other, so a model can't be split over several of them")
    if model.heads % devices:
        reasons.append(f"{devices} devices don't divide the {model.heads} attention heads of {model.name}")
    elif model.attention is not Attention.MLA and model.kv_heads % devices and devices % model.kv_heads:
        reasons.append(f"{devices} devices neither divide nor multiply the {model.kv_heads} KV heads")
    return reasons


def _wrong_precision(gpu: GpuName, precision: Precision, kv_cache_precision: Precision) -> list[str]:
    reasons = []
    if Precision.FP8 in (precision, kv_cache_precision) and not GPUS[gpu].fp8:
        reasons.append(f"{gpu} does not compute in fp8; Ada Lovelace, Hopper and Blackwell GPUs do")
    if kv_cache_precision not in (Precision.BF16, Precision.FP8):
        reasons.append(f"vLLM keeps the KV cache in bf16 or fp8, not in {kv_cache_precision}")
    return reasons


def _too_long(model: Model, context_length: int) -> list[str]:
    if context_length <= model.max_context:
        return []
    return [f"{model.name} reads at most {model.max_context} tokens, not {context_length}"]


def _too_large(short_mib: int, weights_mib: int, usable_mib: int) -> list[str]:
    if not short_mib:
        return []
    weights = f"the weights take {weights_mib} of the {usable_mib} MiB that vLLM may use"
    return [f"each device lacks {short_mib} MiB: {weights}"]


def _decimal(value: Fraction) -> str:
    return format((Decimal(value.numerator) / value.denominator).normalize(), "f")

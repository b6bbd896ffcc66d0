"""The fit that a description's endpoint asks for."""

from __future__ import annotations

from ..gpu.gpus import GpuName
from ..gpu.mig.profiles import device_memory_mib
from .choices import Need
from .fit import Fit, fit
from .memory import Adapters
from .model import Model
from .spec import EndpointSpec


def endpoint_fit(spec: EndpointSpec, model: Model, gpu: GpuName) -> Fit:
    """Sizes one replica of the endpoint. ``spec.gpus`` is a multiple of ``spec.pipeline_parallel``."""
    return fit(
        model,
        gpu=gpu,
        device_memory_mib=device_memory_mib(gpu, spec.mig_profile),
        context_length=spec.context_length,
        concurrency=spec.concurrency,
        tensor_parallel=max(1, (spec.gpus or 1) // spec.pipeline_parallel),
        pipeline_parallel=spec.pipeline_parallel,
        mig=spec.mig_profile is not None,
        precision=spec.precision,
        kv_cache_precision=spec.kv_cache_precision,
        adapters=Adapters(spec.lora_adapters, int(spec.lora_rank)) if spec.lora_adapters else None,
        max_num_batched_tokens=spec.max_num_batched_tokens,
    )


def endpoint_need(spec: EndpointSpec) -> Need:
    """What one replica of the endpoint must be able to do, on whatever device."""
    return Need(
        context_length=spec.context_length,
        concurrency=spec.concurrency,
        precision=spec.precision,
        kv_cache_precision=spec.kv_cache_precision,
        adapters=Adapters(spec.lora_adapters, int(spec.lora_rank)) if spec.lora_adapters else None,
        max_num_batched_tokens=spec.max_num_batched_tokens,
    )

"""Arguments of vLLM's server for a fit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from ..gpu.gpus import GPUS
from .fit import Fit
from .precision import Precision

_BF16_CAPABILITY = (8, 0)

FOLDERS = ("/dev/shm", "/cache")  # noqa: S108 - NCCL's own path
"""Where its server keeps shared memory, and what it downloads."""


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
        f"--tensor-parallel-size={fit.tensor_parallel}",
        f"--max-model-len={fit.context_length}",
        f"--max-num-seqs={fit.concurrency}",
        f"--max-num-batched-tokens={fit.max_num_batched_tokens}",
        f"--gpu-memory-utilization={_decimal(fit.gpu_memory_utilization)}",
        f"--kv-cache-dtype={_cache_type(fit)}",
    ]
    if fit.pipeline_parallel > 1:
        arguments.append(f"--pipeline-parallel-size={fit.pipeline_parallel}")
    if fit.expert_parallel:
        arguments.append("--enable-expert-parallel")
    if fit.adapters:
        arguments += [
            "--enable-lora",
            f"--max-loras={fit.adapters.count}",
            f"--max-lora-rank={fit.adapters.rank}",
        ]
    if online:
        arguments.append("--quantization=fp8")
    if GPUS[fit.gpu].compute_capability < _BF16_CAPABILITY:
        # Turing has no bf16; fp16 takes the same memory.
        arguments.append("--dtype=half")
    return tuple(arguments)


def _cache_type(fit: Fit) -> str:
    if fit.kv_cache_precision is Precision.FP8:
        return "fp8"
    # "auto" would be fp8 for sparse attention on Blackwell and for checkpoints that name it: vLLM 0.33.0,
    # model_executor/models/config.py, and utils/torch_utils.py, resolve_kv_cache_dtype_string.
    model = fit.model
    if (model.shape.latent and model.shape.index) or model.names_cache:
        return "float16" if GPUS[fit.gpu].compute_capability < _BF16_CAPABILITY else "bfloat16"
    return "auto"


def _decimal(value: Fraction) -> str:
    return format((Decimal(value.numerator) / value.denominator).normalize(), "f")

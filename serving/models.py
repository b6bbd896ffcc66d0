"""The open models that are known by name, and how to find one.

Parameters are those of the model cards; shapes come from the configurations, as ``Model.source`` says.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from .architecture import Architecture, Attention, Experts, Index, Latent, LinearAttention
from .model import Checked, Model
from .model_row import SISTER, row
from .models_2026 import ROWS
from .precision import Precision

__all__ = ["MODELS", "Attention", "Checked", "Model", "closest", "model"]

_LITGPT = "litgpt 0.5.13, config.py, which follows config.json, read 2026-11-21"
_GLM_DEFAULTS = "defaults of transformers 5.23.0, configuration_glm4_moe.py and _lite.py, read 2026-11-21"
_TRANSFORMERS = "defaults of transformers 5.23.0, configuration_qwen3_next.py, read 2026-11-21"
_PROFILED = (
    "llm-d-incubation/llm-d-planner, accuracy/README.md, width of layers general knowledge, 2026-11-21"
)

_RECIPE = (
    "vllm-project/recipes, Qwen3.8-27B.yaml of 2026-08-14, read 2026-11-21: layers and the size of the "
    "weights, which are those of Qwen3.6-27B"
)

_FP8, _INT4, _MXFP4 = Precision.FP8, Precision.INT4, Precision.MXFP4
_DERIVED, _THIRD = Checked.DERIVED, Checked.THIRD_PARTY
_APACHE, _MIT = "Apache-2.0", "MIT"


# hidden, layers, heads, kv_heads, head_dim, vocabulary, dense_width
_LLAMA_1B = Architecture(2048, 16, 32, 8, 64, 128256, 8192, tied=True)
_LLAMA_3B = Architecture(3072, 28, 24, 8, 128, 128256, 8192, tied=True)
_LLAMA_8B = Architecture(4096, 32, 32, 8, 128, 128256, 14336)
_LLAMA_70B = Architecture(8192, 80, 64, 8, 128, 128256, 28672)
_LLAMA_405B = Architecture(16384, 126, 128, 8, 128, 128256, 53248)
_QWEN3_4B = Architecture(2560, 36, 32, 8, 128, 151936, 9728, tied=True)
_QWEN3_32B = Architecture(5120, 64, 64, 8, 128, 151936, 25600)
_QWEN3_30B = Architecture(2048, 48, 32, 4, 128, 151936, 6144, experts=Experts(128, 8, 768))
_QWEN3_235B = Architecture(4096, 94, 64, 4, 128, 151936, 12288, experts=Experts(128, 8, 1536))
_DEEPSEEK_V3 = Architecture(
    7168, 61, 128, 1, 576, 129280, 18432,
    experts=Experts(256, 8, 2048, shared_width=2048, first_dense=3), latent=Latent(1536, 512, 128, 64, 128),
)  # fmt: skip
_DEEPSEEK_V3_2 = replace(_DEEPSEEK_V3, index=Index(64, 128))
_GLM_5 = Architecture(
    6144, 78, 64, 1, 576, 154880, 12288,
    experts=Experts(256, 8, 2048, shared_width=2048, first_dense=3),
    latent=Latent(2048, 512, 192, 64, 256), index=Index(32, 128),
)  # fmt: skip
_KIMI_K2 = Architecture(
    7168, 61, 64, 1, 576, 163840, 18432,
    experts=Experts(384, 8, 2048, shared_width=2048, first_dense=1), latent=Latent(1536, 512, 128, 64, 128),
)  # fmt: skip
# Image encoders: 27 layers of 1152 and 4304 (Qwen3.5; Gemma 3 from general knowledge); 34 of 1408 and 5632
# (Llama 4, general knowledge).
_ENCODER_SMALL = 411_070_464
_ENCODER_LLAMA4 = 808_845_312


def _gemma3(
    hidden: int, layers: int, heads: int, kv_heads: int, head_dim: int, width: int, window: int, encoder: int
) -> Architecture:
    return Architecture(
        hidden, layers, heads, kv_heads, head_dim, 262144, width,
        pattern="SSSSSF", window=window, tied=True, image_encoder=encoder,
    )  # fmt: skip


def _qwen3_5(
    hidden: int, layers: int, heads: int, kv_heads: int, values: int, width: int, experts: Experts | None
) -> Architecture:
    return Architecture(
        hidden, layers, heads, kv_heads, 256, 248320, width,
        pattern="LLLF", gated_attention=True, experts=experts,
        # Four patches become one, then two layers.
        image_encoder=_ENCODER_SMALL + 4608 * (4608 + hidden),
        linear=LinearAttention(16, values, 128, 128, 4, state_bytes=4),
    )  # fmt: skip


def _llama4(experts: Experts) -> Architecture:
    return Architecture(
        5120, 48, 40, 8, 128, 202048, 16384,
        pattern="CCCF", window=8192, image_encoder=_ENCODER_LLAMA4, experts=experts,
    )  # fmt: skip


def _gpt_oss(layers: int, experts: int) -> Architecture:
    return Architecture(
        2880, layers, 64, 8, 64, 201088, 2880, pattern="SF", window=128, experts=Experts(experts, 4, 2880)
    )


_ROWS = (
    # Llama 3. The licence lines are the vendor's names.
    row("llama-3.2-1b", "1.24", 131072, "meta-llama/Llama-3.2-1B-Instruct", "llama3.2", _LLAMA_1B,
         checked=_THIRD, source=_LITGPT),
    row("llama-3.2-3b", "3.21", 131072, "meta-llama/Llama-3.2-3B-Instruct", "llama3.2", _LLAMA_3B,
         checked=_THIRD, source=_LITGPT),
    row("llama-3.1-8b", "8.03", 131072, "meta-llama/Llama-3.1-8B-Instruct", "llama3.1", _LLAMA_8B),
    row("llama-3.1-8b-awq", "8.03", 131072, "hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4", "llama3.1",
         _LLAMA_8B, native=_INT4),
    row("llama-3.1-70b", "70.55", 131072, "meta-llama/Llama-3.1-70B-Instruct", "llama3.1", _LLAMA_70B),
    row("llama-3.1-70b-fp8", "70.55", 131072, "nvidia/Llama-3.1-70B-Instruct-FP8", "llama3.1", _LLAMA_70B,
         native=_FP8),
    row("llama-3.3-70b", "70.55", 131072, "meta-llama/Llama-3.3-70B-Instruct", "llama3.3", _LLAMA_70B,
         checked=_THIRD, source=_LITGPT),
    row("llama-3.3-70b-fp8", "70.55", 131072, "RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic", "llama3.3",
         _LLAMA_70B, native=_FP8, checked=_THIRD, source=_LITGPT),
    row("llama-3.1-405b", "405.85", 131072, "meta-llama/Llama-3.1-405B-Instruct", "llama3.1", _LLAMA_405B),
    # Llama 4: three layers of four see their chunk of 8192 tokens.
    row("llama-4-scout", "109", 10485760, "meta-llama/Llama-4-Scout-17B-16E-Instruct", "llama4",
         _llama4(Experts(16, 1, 8192, shared_width=8192))),
    row("llama-4-maverick", "402", 1048576, "meta-llama/Llama-4-Maverick-17B-128E-Instruct", "llama4",
         _llama4(Experts(128, 1, 8192, shared_width=8192, every=2))),
    # Qwen 2.5 and 3
    row("qwen2.5-7b", "7.62", 32768, "Qwen/Qwen2.5-7B-Instruct", _APACHE,
         Architecture(3584, 28, 28, 4, 128, 152064, 18944), checked=_THIRD, source=_LITGPT),
    row("qwen2.5-32b", "32.76", 32768, "Qwen/Qwen2.5-32B-Instruct", _APACHE,
         Architecture(5120, 64, 40, 8, 128, 152064, 27648), checked=_THIRD, source=_LITGPT),
    row("qwen2.5-72b", "72.71", 32768, "Qwen/Qwen2.5-72B-Instruct", "Qwen",
         Architecture(8192, 80, 64, 8, 128, 152064, 29568), checked=_THIRD, source=_LITGPT),
    row("qwen3-0.6b", "0.6", 40960, "Qwen/Qwen3-0.6B", _APACHE,
         Architecture(1024, 28, 16, 8, 128, 151936, 3072, tied=True)),
    row("qwen3-1.7b", "1.72", 40960, "Qwen/Qwen3-1.7B", _APACHE,
         Architecture(2048, 28, 16, 8, 128, 151936, 6144, tied=True)),
    row("qwen3-4b", "4.02", 40960, "Qwen/Qwen3-4B", _APACHE, _QWEN3_4B, checked=_THIRD, source=_LITGPT),
    row("qwen3-4b-instruct-2507", "4.02", 262144, "Qwen/Qwen3-4B-Instruct-2507", _APACHE, _QWEN3_4B,
         checked=_THIRD, source=_LITGPT),
    row("qwen3-8b", "8.19", 40960, "Qwen/Qwen3-8B", _APACHE,
         Architecture(4096, 36, 32, 8, 128, 151936, 12288)),
    row("qwen3-14b", "14.77", 40960, "Qwen/Qwen3-14B", _APACHE,
         Architecture(5120, 40, 40, 8, 128, 151936, 17408), checked=_THIRD, source=_LITGPT),
    row("qwen3-32b", "32.76", 40960, "Qwen/Qwen3-32B", _APACHE, _QWEN3_32B),
    row("qwen3-32b-fp8", "32.76", 40960, "Qwen/Qwen3-32B-FP8", _APACHE, _QWEN3_32B, native=_FP8),
    row("qwen3-32b-awq", "32.76", 40960, "Qwen/Qwen3-32B-AWQ", _APACHE, _QWEN3_32B, native=_INT4),
    row("qwen3-30b-a3b", "30.53", 40960, "Qwen/Qwen3-30B-A3B", _APACHE, _QWEN3_30B),
    row("qwen3-30b-a3b-fp8", "30.53", 40960, "Qwen/Qwen3-30B-A3B-FP8", _APACHE, _QWEN3_30B, native=_FP8),
    row("qwen3-30b-a3b-instruct-2507", "30.53", 262144, "Qwen/Qwen3-30B-A3B-Instruct-2507", _APACHE,
         _QWEN3_30B, checked=_THIRD, source=_LITGPT),
    row("qwen3-30b-a3b-instruct-2507-fp8", "30.53", 262144, "Qwen/Qwen3-30B-A3B-Instruct-2507-FP8", _APACHE,
         _QWEN3_30B, native=_FP8, checked=_THIRD, source=_LITGPT),
    row("qwen3-235b-a22b-instruct-2507", "235.09", 262144, "Qwen/Qwen3-235B-A22B-Instruct-2507", _APACHE,
         _QWEN3_235B, checked=_THIRD, source=_LITGPT),
    row("qwen3-235b-a22b-instruct-2507-fp8", "235.09", 262144, "Qwen/Qwen3-235B-A22B-Instruct-2507-FP8",
         _APACHE, _QWEN3_235B, native=_FP8, checked=_THIRD, source=_LITGPT),
    row("qwen3-235b-a22b", "235.09", 40960, "Qwen/Qwen3-235B-A22B", _APACHE, _QWEN3_235B),
    row("qwen3-235b-a22b-fp8", "235.09", 40960, "Qwen/Qwen3-235B-A22B-FP8", _APACHE, _QWEN3_235B,
         native=_FP8),
    row("qwen3-coder-480b-a35b", "480.15", 262144, "Qwen/Qwen3-Coder-480B-A35B-Instruct", _APACHE,
         Architecture(6144, 62, 96, 8, 128, 151936, 8192, experts=Experts(160, 8, 2560))),
    # Qwen3-Next, 3.5 and 3.6: three layers of four are linear attention, whose state is bf16 and fp32.
    row("qwen3-next-80b-a3b", "80", 262144, "Qwen/Qwen3-Next-80B-A3B-Instruct", _APACHE,
         Architecture(2048, 48, 16, 2, 256, 151936, 5632, pattern="LLLF", gated_attention=True,
                      experts=Experts(512, 10, 512, shared_width=512),
                      linear=LinearAttention(16, 32, 128, 128, 4, state_bytes=2)),
         checked=_THIRD, source=_TRANSFORMERS),
    row("qwen3.5-27b", "27", 262144, "Qwen/Qwen3.5-27B", _APACHE,
         _qwen3_5(5120, 64, 24, 4, 48, 17408, None)),
    row("qwen3.5-35b-a3b", "35", 262144, "Qwen/Qwen3.5-35B-A3B", _APACHE,
         _qwen3_5(2048, 40, 16, 2, 32, 0, Experts(256, 8, 512, shared_width=512))),
    row("qwen3.5-122b-a10b", "122", 262144, "Qwen/Qwen3.5-122B-A10B", _APACHE,
         _qwen3_5(3072, 48, 32, 2, 64, 0, Experts(256, 8, 1024, shared_width=1024))),
    row("qwen3.5-397b-a17b", "397", 262144, "Qwen/Qwen3.5-397B-A17B", _APACHE,
         _qwen3_5(4096, 60, 32, 2, 64, 0, Experts(512, 10, 1024, shared_width=1024))),
    row("qwen3.6-27b", "27", 262144, "Qwen/Qwen3.6-27B", _APACHE,
         _qwen3_5(5120, 64, 24, 4, 48, 17408, None), checked=_DERIVED, source=SISTER),
    row("qwen3.6-35b-a3b", "35", 262144, "Qwen/Qwen3.6-35B-A3B", _APACHE,
         _qwen3_5(2048, 40, 16, 2, 32, 0, Experts(256, 8, 512, shared_width=512)),
         checked=_DERIVED, source=SISTER),
    row("qwen3.8-27b", "27", 262144, "Qwen/Qwen3.8-27B", None,
         _qwen3_5(5120, 64, 24, 4, 48, 17408, None), checked=_DERIVED, source=_RECIPE),
    # Mistral
    row("mistral-7b", "7.25", 32768, "mistralai/Mistral-7B-Instruct-v0.3", _APACHE,
         Architecture(4096, 32, 32, 8, 128, 32768, 14336), checked=_THIRD, source=_LITGPT),
    row("mistral-small-3.2-24b", "24.01", 131072, "mistralai/Mistral-Small-3.2-24B-Instruct-2506", _APACHE,
         Architecture(5120, 40, 32, 8, 128, 131072, 32768, image_encoder=439_000_000),
         checked=_THIRD, source=_PROFILED),
    row("mistral-large-2411", "122.61", 131072, "mistralai/Mistral-Large-Instruct-2411", "MRL",
         Architecture(12288, 88, 96, 8, 128, 32768, 28672), checked=_THIRD, source=_LITGPT),
    row("mixtral-8x7b", "46.7", 32768, "mistralai/Mixtral-8x7B-Instruct-v0.1", _APACHE,
         Architecture(4096, 32, 32, 8, 128, 32000, 14336, experts=Experts(8, 2, 14336))),
    row("mixtral-8x22b", "140.62", 65536, "mistralai/Mixtral-8x22B-Instruct-v0.1", _APACHE,
         Architecture(6144, 56, 48, 8, 128, 32000, 16384, experts=Experts(8, 2, 16384))),
    # Gemma: one layer of two, or five of six, sees a window.
    row("gemma-2-9b", "9.24", 8192, "google/gemma-2-9b-it", "gemma",
         Architecture(3584, 42, 16, 8, 256, 256000, 14336, pattern="SF", window=4096, tied=True),
         checked=_THIRD, source=_LITGPT),
    row("gemma-2-27b", "27.23", 8192, "google/gemma-2-27b-it", "gemma",
         Architecture(4608, 46, 32, 16, 128, 256000, 36864, pattern="SF", window=4096, tied=True),
         checked=_THIRD, source=_LITGPT),
    row("gemma-3-1b", "1.0", 32768, "google/gemma-3-1b-it", "gemma",
         _gemma3(1152, 26, 4, 1, 256, 6912, 512, 0), checked=_THIRD, source=_LITGPT),
    row("gemma-3-4b", "4.3", 131072, "google/gemma-3-4b-it", "gemma",
         _gemma3(2560, 34, 8, 4, 256, 10240, 1024, _ENCODER_SMALL), checked=_THIRD, source=_LITGPT),
    row("gemma-3-12b", "12.19", 131072, "google/gemma-3-12b-it", "gemma",
         _gemma3(3840, 48, 16, 8, 256, 15360, 1024, _ENCODER_SMALL), checked=_THIRD, source=_LITGPT),
    row("gemma-3-27b", "27.43", 131072, "google/gemma-3-27b-it", "gemma",
         _gemma3(5376, 62, 32, 16, 128, 21504, 1024, _ENCODER_SMALL), checked=_THIRD, source=_LITGPT),
    # Phi, DeepSeek, GLM, Kimi, MiniMax, gpt-oss. DeepSeek V3.2 and GLM-5 look up tokens by an index.
    row("phi-4", "14.66", 16384, "microsoft/phi-4", _MIT,
         Architecture(5120, 40, 40, 10, 128, 100352, 17920), checked=_THIRD, source=_LITGPT),
    row("deepseek-v3", "671", 163840, "deepseek-ai/DeepSeek-V3", None, _DEEPSEEK_V3, native=_FP8),
    row("deepseek-r1", "671", 163840, "deepseek-ai/DeepSeek-R1", _MIT, _DEEPSEEK_V3, native=_FP8),
    row("deepseek-v3.1", "671", 163840, "deepseek-ai/DeepSeek-V3.1", _MIT, _DEEPSEEK_V3, native=_FP8,
         checked=_DERIVED, source=SISTER),
    row("deepseek-v3.2", "671", 163840, "deepseek-ai/DeepSeek-V3.2", _MIT, _DEEPSEEK_V3_2, native=_FP8),
    row("glm-4.5-air", "106", 131072, "zai-org/GLM-4.5-Air", _MIT,
         Architecture(4096, 46, 96, 8, 128, 151552, 10944,
                      experts=Experts(128, 8, 1408, shared_width=1408, first_dense=1)),
         checked=_THIRD, source=_GLM_DEFAULTS),
    row("glm-4.7-flash", "30", 202752, "zai-org/GLM-4.7-Flash", None,
         Architecture(2048, 47, 20, 1, 576, 154880, 10240,
                      experts=Experts(64, 4, 1536, shared_width=1536, first_dense=1),
                      latent=Latent(768, 512, 192, 64, 256)),
         checked=_THIRD, source=_GLM_DEFAULTS),
    row("glm-5", "744", 202752, "zai-org/GLM-5", _MIT, _GLM_5),
    row("glm-5-fp8", "744", 202752, "zai-org/GLM-5-FP8", _MIT, _GLM_5, native=_FP8),
    row("glm-5.1", "744", 202752, "zai-org/GLM-5.1", _MIT, _GLM_5),
    row("glm-5.1-fp8", "744", 202752, "zai-org/GLM-5.1-FP8", _MIT, _GLM_5, native=_FP8),
    row("kimi-k2", "1026", 131072, "moonshotai/Kimi-K2-Instruct", None, _KIMI_K2, native=_FP8),
    row("minimax-m2.5", "229", 196608, "MiniMaxAI/MiniMax-M2.5", None,
         Architecture(3072, 62, 48, 8, 128, 200064, 1536, experts=Experts(256, 8, 1536)), native=_FP8),
    row("minimax-m2.7", "229", 204800, "MiniMaxAI/MiniMax-M2.7", None,
         Architecture(3072, 62, 48, 8, 128, 200064, 1536, experts=Experts(256, 8, 1536)), native=_FP8),
    row("gpt-oss-20b", "20.9", 131072, "openai/gpt-oss-20b", _APACHE, _gpt_oss(24, 32), native=_MXFP4),
    row("gpt-oss-120b", "116.8", 131072, "openai/gpt-oss-120b", _APACHE, _gpt_oss(36, 128), native=_MXFP4),
)  # fmt: skip

MODELS: Mapping[str, Model] = MappingProxyType({row.name: row for row in (*_ROWS, *ROWS)})
"""Every model, by name."""


def model(name: str, own: Mapping[str, Model] | None = None) -> Model | None:
    """The model of that name, for example ``llama-3.1-8b``, or ``None``. A user's ``own`` models go first."""
    return (own or {}).get(name) or MODELS.get(name)


def closest(name: str, own: Mapping[str, Model] | None = None) -> list[str]:
    """Up to three models whose names look like ``name``, best first."""
    known = dict.fromkeys([*(own or {}), *MODELS])
    return difflib.get_close_matches(name.strip().lower(), known, n=3, cutoff=0.5)

"""Models of 2026 with layers of several kinds, or with matrices of several formats."""

from __future__ import annotations

from .architecture import Architecture, Experts, Heads, Index, Latent, Mamba
from .config_shapes import shortest
from .model import Checked
from .model_row import SISTER, row
from .precision import Formats, Part, Precision, formats

_FP8_SISTER = "config.json of NVIDIA's FP8 copy in aiconfigurator-core 0.12.0 (2026-09), read 2026-11-21"

_FP8, _NVFP4, _INT4 = Precision.FP8, Precision.NVFP4, Precision.INT4_G32
_DERIVED = Checked.DERIVED
_APACHE = "Apache-2.0"


# 27 layers of 1152 and 4304: with gates (Gemma 4), and with a network that merges four patches (Kimi K2.5).
_ENCODER_GEMMA4 = 27 * (4 * 1152**2 + 3 * 1152 * 4304)
_ENCODER_KIMI = 27 * (4 * 1152**2 + 2 * 1152 * 4304) + 4608 * (4608 + 7168)

# hidden, layers, heads, kv_heads, head_dim, vocabulary, dense_width
_GEMMA4_31B = Architecture(
    5376, 60, 32, 16, 256, 262144, 21504, pattern="SSSSSF", window=1024, tied=True,
    image_encoder=_ENCODER_GEMMA4, full=Heads(4, 512, keys_are_values=True),
)  # fmt: skip
_GEMMA4_26B = Architecture(
    2816, 30, 16, 8, 256, 262144, 2112, pattern="SSSSSF", window=1024, tied=True,
    image_encoder=_ENCODER_GEMMA4, full=Heads(2, 512, keys_are_values=True),
    experts=Experts(128, 8, 704, shared_width=2112),
)  # fmt: skip
# Three layers with an index of their own, then one in four.
_GLM_5_2 = Architecture(
    6144, 78, 64, 1, 576, 154880, 12288,
    experts=Experts(256, 8, 2048, shared_width=2048, first_dense=3), latent=Latent(2048, 512, 192, 64, 256),
    index=Index(32, 128, shortest("III" + "---I" * 18 + "---")),
)  # fmt: skip
_KIMI_K2_5 = Architecture(
    7168, 61, 64, 1, 576, 163840, 18432, image_encoder=_ENCODER_KIMI,
    experts=Experts(384, 8, 2048, shared_width=2048, first_dense=1), latent=Latent(1536, 512, 128, 64, 128),
)  # fmt: skip
_MINIMAX_M3 = Architecture(
    6144, 60, 64, 4, 128, 200064, 12288,
    experts=Experts(128, 4, 3072, shared_width=3072, first_dense=3),
    index=Index(4, 128, shortest("---" + "I" * 57), scaled=False),
)  # fmt: skip


def _nemotron(letters: str, hidden: int, mamba_heads: int, vocabulary: int, experts: Experts) -> Architecture:
    """Letters as NVIDIA writes them: M is a Mamba, * attention, E a network with experts."""
    pattern = shortest(letters.replace("M", "L").replace("*", "F").replace("E", "N"))
    return Architecture(
        hidden, len(letters), 32, 2, 128, vocabulary, 0, pattern=pattern, experts=experts,
        linear=Mamba(mamba_heads, 64, 8, 128, 4, state_bytes=4), alternating=True, feed_forward_matrices=2,
    )  # fmt: skip


_NEMOTRON_NANO = _nemotron(
    "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME",
    2688, 64, 131072, Experts(128, 6, 1856, shared_width=3712),
)  # fmt: skip
_NEMOTRON_SUPER = _nemotron(
    "MEMEMEM*EMEMEMEM*EMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEM*EMEMEMEME",
    4096, 128, 131072, Experts(512, 22, 2688, shared_width=5376, hidden=1024),
)  # fmt: skip

_KIMI_EXPERTS = formats(_INT4, Part.INPUTS, Part.OUTPUTS, Part.SHARED, Part.DENSE)
_NVFP4_EXPERTS = formats(_NVFP4, Part.INPUTS, Part.OUTPUTS, Part.SHARED, Part.DENSE)
_NVFP4_NETWORKS = formats(_NVFP4, Part.INPUTS, Part.OUTPUTS)
_LIGHTNING = Formats(
    (
        (Part.EXPERTS, _NVFP4),
        (Part.SHARED, _NVFP4),
        (Part.DENSE, _NVFP4),
        (Part.LINEAR, _FP8),
        (Part.HEAD, _NVFP4),
    )
)

ROWS = (
    row("gemma-4-31b", "31", 262144, "google/gemma-4-31B-it", _APACHE, _GEMMA4_31B, checked=_DERIVED,
         source=SISTER),
    row("gemma-4-31b-nvfp4", "31", 262144, "nvidia/Gemma-4-31B-IT-NVFP4", _APACHE, _GEMMA4_31B,
         native=_NVFP4, held=_NVFP4_NETWORKS),
    row("gemma-4-26b-a4b", "26", 262144, "google/gemma-4-26B-A4B-it", _APACHE, _GEMMA4_26B),
    row("gemma-4-26b-a4b-nvfp4", "26", 262144, "nvidia/Gemma-4-26B-A4B-NVFP4", _APACHE, _GEMMA4_26B,
         native=_NVFP4, held=_NVFP4_EXPERTS),
    row("glm-5.2", "743", 1048576, "zai-org/GLM-5.2", None, _GLM_5_2),
    row("glm-5.2-fp8", "743", 1048576, "zai-org/GLM-5.2-FP8", None, _GLM_5_2, native=_FP8),
    row("glm-5.2-nvfp4", "743", 1048576, "nvidia/GLM-5.2-NVFP4", None, _GLM_5_2, native=_NVFP4,
         held=_NVFP4_EXPERTS),
    row("glm-5.3", "743", 1048576, "zai-org/GLM-5.3", None, _GLM_5_2),
    row("glm-5.3-fp8", "743", 1048576, "zai-org/GLM-5.3-FP8", None, _GLM_5_2, native=_FP8),
    row("kimi-k2.5", "1027", 262144, "moonshotai/Kimi-K2.5", None, _KIMI_K2_5, native=_INT4,
         held=_KIMI_EXPERTS, takes_adapters=False),
    row("kimi-k2.5-nvfp4", "1027", 262144, "nvidia/Kimi-K2.5-NVFP4", None, _KIMI_K2_5, native=_NVFP4,
         held=_NVFP4_NETWORKS, takes_adapters=False),
    row("kimi-k2.6", "1027", 262144, "moonshotai/Kimi-K2.6", None, _KIMI_K2_5, native=_INT4,
         checked=_DERIVED, source=SISTER, held=_KIMI_EXPERTS, takes_adapters=False),
    row("kimi-k2.6-nvfp4", "1027", 262144, "nvidia/Kimi-K2.6-NVFP4", None, _KIMI_K2_5, native=_NVFP4,
         held=_NVFP4_EXPERTS, takes_adapters=False),
    row("minimax-m3", "427", 1048576, "MiniMaxAI/MiniMax-M3", None, _MINIMAX_M3,
         takes_adapters=False),
    row("nemotron-3-nano-30b-a3b", "31.6", 262144, "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", None,
         _NEMOTRON_NANO),
    row("nemotron-3.5-lightning-30b-a3b-nvfp4", "31.6", 1048576,
         "nvidia/NVIDIA-Nemotron-3.5-Lightning-30B-A3B-NVFP4", None, _NEMOTRON_NANO, native=_NVFP4,
         held=_LIGHTNING),
    row("nemotron-3-super-120b-a12b", "120", 262144, "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16",
         None, _NEMOTRON_SUPER, checked=_DERIVED, source=_FP8_SISTER),
)  # fmt: skip

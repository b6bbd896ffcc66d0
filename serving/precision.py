"""Number formats of weights and of the KV cache."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction


class Precision(StrEnum):
    """How many bits a number takes."""

    BF16 = "bf16"
    FP8 = "fp8"
    INT8 = "int8"
    INT4 = "int4"
    """Any four-bit format: AWQ and GPTQ, NVFP4, MXFP4."""


_BYTES = {
    Precision.BF16: Fraction(2),
    Precision.FP8: Fraction(1),
    Precision.INT8: Fraction(1),
    Precision.INT4: Fraction(1, 2),
}

# Four-bit checkpoints carry one scale per small group of weights, 3 to 6 % of their size.
_INT4_SCALES = Fraction(106, 100)


def weight_bytes(precision: Precision) -> Fraction:
    """Bytes per parameter, with the scales of four-bit formats at the larger 6 %."""
    return _BYTES[precision] * (_INT4_SCALES if precision is Precision.INT4 else 1)


def cache_bytes(precision: Precision) -> Fraction:
    """Bytes per number in the KV cache."""
    return _BYTES[precision]

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
    """Four bits with a 16-bit scale and a 4-bit zero per group of 128 weights or more: AWQ and GPTQ."""
    MXFP4 = "mxfp4"
    """Four bits with an 8-bit scale per 32 weights."""
    NVFP4 = "nvfp4"
    """Four bits with an 8-bit scale per 16 weights."""


_BITS = {
    Precision.BF16: Fraction(16),
    Precision.FP8: Fraction(8),
    Precision.INT8: Fraction(8),
    Precision.INT4: 4 + Fraction(16 + 4, 128),
    Precision.MXFP4: 4 + Fraction(8, 32),
    Precision.NVFP4: 4 + Fraction(8, 16),
}


def weight_bytes(precision: Precision) -> Fraction:
    """Bytes per parameter of a quantised matrix, with its scales."""
    return _BITS[precision] / 8


def cache_bytes(precision: Precision) -> Fraction:
    """Bytes per number in the KV cache, which has no scales of its own."""
    return _BITS[precision] / 8

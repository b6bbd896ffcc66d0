"""Number formats of weights and of the KV cache."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Precision(StrEnum):
    """How many bits a number takes."""

    BF16 = "bf16"
    FP8 = "fp8"
    INT8 = "int8"
    INT4 = "int4"
    """Four bits with a 16-bit scale and a 4-bit zero per group of 128 weights or more: AWQ and GPTQ."""
    INT4_G32 = "int4-g32"
    """Four bits with a 16-bit scale per group of 32 weights: Kimi K2.5."""
    MXFP4 = "mxfp4"
    """Four bits with an 8-bit scale per 32 weights."""
    NVFP4 = "nvfp4"
    """Four bits with an 8-bit scale per 16 weights."""


class Part(StrEnum):
    """Matrices of a layer that a checkpoint may keep in a format of their own."""

    EXPERTS = "experts"
    SHARED = "shared experts"
    """What every token passes in a layer with experts."""
    DENSE = "feed-forward networks"
    """Of layers without experts."""
    INPUTS = "attention"
    """What makes queries, keys and values."""
    OUTPUTS = "output of attention"
    LINEAR = "linear attention"
    HEAD = "output layer"


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats of one checkpoint's matrices. Embeddings and routers are bf16 in all of them."""

    by_part: tuple[tuple[Part, Precision], ...]
    """Parts that are not here are bf16."""
    left_out: frozenset[tuple[Part, int]] = frozenset()
    """Parts of single layers that are bf16 all the same."""

    def of(self, part: Part, layer: int) -> Precision:
        """The format of that part of the layer of that index."""
        if (part, layer) in self.left_out:
            return Precision.BF16
        return dict(self.by_part).get(part, Precision.BF16)


_BITS = {
    Precision.BF16: Fraction(16),
    Precision.FP8: Fraction(8),
    Precision.INT8: Fraction(8),
    Precision.INT4: 4 + Fraction(16 + 4, 128),
    Precision.INT4_G32: 4 + Fraction(16, 32),
    Precision.MXFP4: 4 + Fraction(8, 32),
    Precision.NVFP4: 4 + Fraction(8, 16),
}


def weight_bytes(precision: Precision) -> Fraction:
    """Bytes per parameter of a quantised matrix, with its scales."""
    return _BITS[precision] / 8


def cache_bytes(precision: Precision) -> Fraction:
    """Bytes per number in the KV cache, which has no scales of its own."""
    return _BITS[precision] / 8


def formats(precision: Precision, *bf16: Part) -> Formats:
    """A checkpoint in one format, apart from its output layer and ``bf16``. MXFP4 is for experts only."""
    kept = (Part.HEAD, *bf16)
    parts = [Part.EXPERTS] if precision is Precision.MXFP4 else [part for part in Part if part not in kept]
    return Formats(tuple((part, precision) for part in parts))

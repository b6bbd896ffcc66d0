"""Number format of a checkpoint, from the quantisation part of its ``config.json``."""

from __future__ import annotations

import re

from ..components.errors import Problem
from .config_keys import Config
from .precision import Precision

_METHODS = {"fp8": Precision.FP8, "fbgemm_fp8": Precision.FP8, "mxfp4": Precision.MXFP4}
_ALGORITHMS = {"FP8": Precision.FP8, "NVFP4": Precision.NVFP4}
_BITS = {
    ("int", 4): Precision.INT4,
    ("int", 8): Precision.INT8,
    ("float", 8): Precision.FP8,
    ("float", 4): Precision.NVFP4,
}
_LEFT_OUT = ("ignore", "exclude_modules", "ignored_layers", "modules_to_not_convert")
# What stays in bf16 anyway, or is too small to matter.
_ALWAYS_LEFT_OUT = re.compile(r"lm_head|embed|norm|gate|router|score|mtp|visi|visual|conv1d|indexer|eh_proj")


def native_precision(config: Config, problems: list[Problem]) -> Precision:
    """The format of the checkpoint, bf16 without any; what isn't known is noted in ``problems``."""
    quantised = config.get("quantization_config")
    if quantised is None:
        return Precision.BF16
    found = _format(quantised) if isinstance(quantised, dict) else None
    if found is None or not isinstance(quantised, dict):
        expected = "fp8, mxfp4, awq, gptq, modelopt or compressed-tensors with one format for all matrices"
        fix = "take a checkpoint in one of these formats, or the unquantised one"
        problems.append(Problem("quantization_config", quantised, expected, fix))
        return Precision.BF16
    names = [name for key in _LEFT_OUT for name in quantised.get(key) or [] if isinstance(name, str)]
    odd = [name for name in names if not _ALWAYS_LEFT_OUT.search(name)]
    # MXFP4 is counted for experts only.
    if odd and found is not Precision.MXFP4:
        got = f"a checkpoint with matrices that are not quantised, {odd[0]}"
        expected = "all matrices of the layers quantised alike"
        fix = "take another checkpoint; the size of this one is not known here"
        problems.append(Problem("quantization_config", got, expected, fix))
    return found


def _format(quantised: Config) -> Precision | None:
    method, bits = quantised.get("quant_method"), quantised.get("bits", 4)
    if method in ("awq", "gptq"):
        return _BITS.get(("int", bits)) if isinstance(bits, int) else None
    if isinstance(method, str) and method in _METHODS:
        return _METHODS[method]
    algorithm = quantised.get("quant_algo")
    if method == "modelopt" and isinstance(algorithm, str):
        return _ALGORITHMS.get(algorithm)
    groups = quantised.get("config_groups")
    formats = {_group_format(group) for group in groups.values()} if isinstance(groups, dict) else set()
    return formats.pop() if len(formats) == 1 else None


def _group_format(group: object) -> Precision | None:
    weights = group.get("weights") if isinstance(group, dict) else None
    if not isinstance(weights, dict):
        return None
    kind, bits = weights.get("type"), weights.get("num_bits")
    return _BITS.get((kind, bits)) if isinstance(kind, str) and isinstance(bits, int) else None

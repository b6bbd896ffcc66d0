"""Number formats of a checkpoint, from the quantisation part of its ``config.json``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from ..components.errors import Problem
from .architecture import Architecture
from .config_keys import Config
from .named_matrices import Named, PartlyNamedError, layers_with, named_parts, part_parameters
from .precision import Formats, Part, Precision, formats

_METHODS = {"fp8": Precision.FP8, "fbgemm_fp8": Precision.FP8, "mxfp4": Precision.MXFP4}
_ALGORITHMS = {"FP8": Precision.FP8, "NVFP4": Precision.NVFP4, "W4A16_NVFP4": Precision.NVFP4}
_BITS = {
    ("int", 8): Precision.INT8,
    ("float", 8): Precision.FP8,
}
_LEFT_OUT = ("ignore", "exclude_modules", "ignored_layers", "modules_to_not_convert")
_CACHE_FORMATS = ("kv_cache_scheme", "kv_cache_quant_algo", "kv_cache_quant_method")
_FP4 = {None: Precision.NVFP4, 16: Precision.NVFP4, 32: Precision.MXFP4}
"""By the weights that share a scale."""
_SHORT_GROUP, _LONG_GROUP = 32, 128
_EXPECTED = "fp8, mxfp4, awq, gptq, modelopt or compressed-tensors with a format known for every matrix"
_TAKE_ANOTHER = "take a checkpoint in one of these formats, or the unquantised one"


def read_formats(
    config: Config, shape: Architecture, problems: list[Problem], *, mlp_is_shared: bool = False
) -> tuple[Precision, Formats | None]:
    """The format that most weights have, bf16 without any, and those of each part where they differ.

    What isn't known is noted in ``problems``.
    """
    quantised = _quantised(config)
    if quantised is None:
        return Precision.BF16, None
    if not isinstance(quantised, dict):
        problems.append(Problem("quantization_config", quantised, _EXPECTED, _TAKE_ANOTHER))
        return Precision.BF16, None
    try:
        by_format = _by_format(quantised, shape, problems, mlp_is_shared=mlp_is_shared)
    except PartlyNamedError as error:
        got = f"a checkpoint in which a part of a layer has a format of its own, {error}"
        fix = "take another checkpoint; the size of this one is not known here"
        problems.append(Problem("quantization_config", got, _EXPECTED, fix))
        return Precision.BF16, None
    if not by_format:
        problems.append(Problem("quantization_config", _short(quantised), _EXPECTED, _TAKE_ANOTHER))
        return Precision.BF16, None
    main = _main(by_format, shape)
    read = _formats(by_format, shape)
    return main, None if read == formats(main) else read


def names_cache(config: Config) -> bool:
    """Whether a checkpoint names a format of the KV cache."""
    quantised = _quantised(config)
    return isinstance(quantised, dict) and any(quantised.get(key) for key in _CACHE_FORMATS)


def _quantised(config: Config) -> object:
    # In the order in which vLLM looks: model_loader/weight_utils.py, get_quant_config.
    text = config.get("text_config")
    inside = text.get("quantization_config") if isinstance(text, dict) else None
    found = (config.get("quantization_config"), inside, config.get("compression_config"))
    return next((each for each in found if each is not None), None)


def _by_format(
    quantised: Config, shape: Architecture, problems: list[Problem], *, mlp_is_shared: bool
) -> dict[Precision, Named]:
    """What is quantised, by format; empty when a format is not known."""
    names = [name for key in _LEFT_OUT for name in _names(quantised, key, problems)]
    left_out = named_parts(names, shape, mlp_is_shared=mlp_is_shared)
    listed = quantised.get("quantized_layers")
    if isinstance(listed, dict):
        found: dict[Precision | None, list[str]] = defaultdict(list)
        for name, how in listed.items():
            algorithm = how.get("quant_algo") if isinstance(how, dict) else None
            found[_ALGORITHMS.get(str(algorithm))].append(str(name))
        if None in found:
            return {}
        return {
            precision: named_parts(of, shape, mlp_is_shared=mlp_is_shared)
            for precision, of in found.items()
            if precision
        }
    groups = quantised.get("config_groups")
    if isinstance(groups, dict) and groups and not _of_all(groups):
        return _by_group(groups, left_out, shape, mlp_is_shared=mlp_is_shared)
    main = _format(quantised)
    sparsity = quantised.get("sparsity_config")
    sparse = isinstance(sparsity, dict) and sparsity.get("format", "dense") != "dense"
    if main is None or sparse or quantised.get("dynamic"):
        return {}
    parts = [part for part in Part if part is not Part.HEAD]
    if main is Precision.MXFP4 and quantised.get("quant_method") == "mxfp4":
        # gpt-oss names what is left out only in part.
        parts, left_out = [Part.EXPERTS], frozenset()
    every: set[tuple[Part, int]] = {(part, layer) for part in parts for layer in layers_with(shape, part)}
    if quantised.get("lm_head") is True:
        # GPTQ says so when it quantised the output layer too.
        every.add((Part.HEAD, shape.layers - 1))
    return {main: frozenset(every - left_out)}


def _by_group(
    groups: Mapping[str, object], left_out: Named, shape: Architecture, *, mlp_is_shared: bool
) -> dict[Precision, Named]:
    found: dict[Precision, Named] = {}
    for group in groups.values():
        precision = _group_format(group)
        targets = group.get("targets") if isinstance(group, dict) else None
        if (
            precision is None
            or not isinstance(targets, list)
            or not targets
            or not all(isinstance(name, str) for name in targets)
        ):
            return {}
        if "Linear" in targets:
            raise PartlyNamedError("Linear")
        named = named_parts(targets, shape, mlp_is_shared=mlp_is_shared) - left_out
        found[precision] = found.get(precision, frozenset()) | named
    return found


def _main(by_format: Mapping[Precision, Named], shape: Architecture) -> Precision:
    sizes = {
        precision: sum(part_parameters(shape, part, layer) for part, layer in named)
        for precision, named in by_format.items()
    }
    return max(sizes, key=lambda precision: (sizes[precision], precision))


def _formats(by_format: Mapping[Precision, Named], shape: Architecture) -> Formats:
    of_part: dict[Part, Precision] = {}
    quantised: set[tuple[Part, int]] = set()
    for precision, named in by_format.items():
        for part, layer in named:
            if of_part.setdefault(part, precision) is not precision or (part, layer) in quantised:
                raise PartlyNamedError(part)
            quantised.add((part, layer))
    left_out = {
        (part, layer)
        for part in of_part
        if part is not Part.HEAD
        for layer in layers_with(shape, part)
        if (part, layer) not in quantised
    }
    absent = [part for part in Part if part is not Part.HEAD and not layers_with(shape, part)]
    main = _main(by_format, shape)
    # A part that the model doesn't have is as the others, so that equal checkpoints compare as equal.
    of_part |= {part: main for part in absent if main is not Precision.MXFP4}
    return Formats(tuple((part, of_part[part]) for part in Part if part in of_part), frozenset(left_out))


def _names(quantised: Config, key: str, problems: list[Problem]) -> list[str]:
    names = quantised.get(key)
    if names is None:
        return []
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return names
    fix = "take the model's own config.json, unchanged"
    problems.append(Problem(f"quantization_config.{key}", names, "a list of names", fix))
    return []


def _format(quantised: Config) -> Precision | None:
    method, bits = quantised.get("quant_method"), quantised.get("bits", 4)
    if method in ("awq", "gptq"):
        return _integers(
            bits, quantised.get("group_size", _LONG_GROUP), zeros=quantised.get("sym") is not True
        )
    if isinstance(method, str) and method in _METHODS:
        # Groups beside such a name have formats of their own.
        return None if quantised.get("config_groups") else _METHODS[method]
    algorithm = quantised.get("quant_algo")
    if method == "modelopt" and isinstance(algorithm, str):
        return _ALGORITHMS.get(algorithm)
    groups = quantised.get("config_groups")
    found = {_group_format(group) for group in groups.values()} if isinstance(groups, dict) else set()
    return found.pop() if len(found) == 1 else None


def _of_all(groups: Mapping[str, object]) -> bool:
    """Whether groups in one format stand for every matrix, as the target ``Linear`` and none do."""
    targets = [group.get("targets") for group in groups.values() if isinstance(group, dict)]
    every = any(names is None or (isinstance(names, list) and "Linear" in names) for names in targets)
    return every and len({_group_format(group) for group in groups.values()}) == 1


def _group_format(group: object) -> Precision | None:
    weights = group.get("weights") if isinstance(group, dict) else None
    if not isinstance(weights, dict):
        return None
    kind, bits, size = weights.get("type"), weights.get("num_bits"), weights.get("group_size")
    if isinstance(bits, bool) or not isinstance(bits, int) or not isinstance(kind, str):
        return None
    if size is not None and (isinstance(size, bool) or not isinstance(size, int)):
        return None
    if (kind, bits) == ("float", 4):
        return _FP4.get(size)
    if (kind, bits) == ("int", 4):
        return _integers(bits, size or _LONG_GROUP, zeros=weights.get("symmetric") is False)
    return _BITS.get((kind, bits)) if _has_few_scales(size) else None


def _integers(bits: object, group_size: object, *, zeros: bool) -> Precision | None:
    if bits not in (4, 8) or isinstance(group_size, bool) or not isinstance(group_size, int):
        return None
    if _has_few_scales(group_size):
        return Precision.INT8 if bits == 8 else Precision.INT4
    return Precision.INT4_G32 if bits == 4 and group_size == _SHORT_GROUP and not zeros else None


def _has_few_scales(group_size: int | None) -> bool:
    # One for each channel, or for long groups of weights.
    return group_size is None or group_size == -1 or group_size >= _LONG_GROUP


def _short(quantised: Config) -> object:
    lists: tuple[type, ...] = (list, dict)
    return {key: value for key, value in quantised.items() if not isinstance(value, lists)} or "nothing known"

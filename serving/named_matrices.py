"""Which parts of which layers a checkpoint's quantisation names: exact names, globs and ``re:`` patterns."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from .architecture import Architecture, LayerKind, has_experts, has_feed_forward
from .parameters import attention_inputs, attention_outputs, dense_parameters, expert_parameters
from .precision import Part

# What stays in bf16 anyway, or is too small to matter.
_SMALL = re.compile(
    r"embed|norm|router|score|mtp|visi|visual|audio|conv1d|indexer|eh_proj|projector|patch_merge|latent_proj|\bgate\b"
    r"|expert_gate|in_proj_(a|b|ba)\b|\b[adg]_proj\b|A_log|dt_bias"
)
_HEAD = re.compile(r"lm_head|\bhead\b")
_LAYERS = re.compile(r"layers\.(\d+)(\*|\.\*)?|layers\.\(([\d|]+)\)")
# Patterns that pick numbers in another way than one by one, (1|2), or all of them.
_PICKED = re.compile(
    r"(?:layers|experts)\\?\.(?:"
    r"\[(?!0-9\]\+|\^\\?\.\]\+)|\\d(?![+*])|\d+(?:\\d|[\[?+{])|\((?!\d+(?:\|\d+)*\)))"
)
_WHOLE_LAYER = re.compile(r"layers\.(\d+|\([\d|]+\))$")
_LINEAR = re.compile(r"linear_attn|mamba|mixer\.\(?(in|out)_proj")
_ATTENTION = re.compile(r"attn|attention|mixer\.\(?[qkvo]_proj|\b[qkvo]_proj")
_SHARED = re.compile(r"shared_(expert|mlp)")
_EXPERTS = re.compile(r"experts?(\.(\d+))?")
_FEED_FORWARD = re.compile(r"\b(mlp|feed_forward|ffn|block_sparse_moe|moe)\b|(gate|up|down)_proj")
_MATRIX = re.compile(r"(?:\b|_)(\(?[a-z0-9_|]+\)?_proj(?:_[a-z]+)*|w[123])\b")

_ALL = "*"
_DIGITS = 9
"""More of them are no number of an expert."""
_COMPLETE = {
    Part.INPUTS: (
        {"q_proj", "k_proj", "v_proj"},
        {"qkv_proj"},
        {"q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj"},
        {"q_proj", "kv_a_proj_with_mqa", "kv_b_proj"},
    ),
    Part.OUTPUTS: ({"o_proj"}, {"out_proj"}),
    Part.LINEAR: (
        {"in_proj_qkv", "in_proj_z", "out_proj"},
        {"in_proj_qkvz", "out_proj"},
        {"in_proj", "out_proj"},
    ),
}
_FEED_FORWARD_MATRICES = (
    {"gate_proj", "up_proj", "down_proj"},
    {"gate_up_proj", "down_proj"},
    {"w1", "w2", "w3"},
)
_WITHOUT_GATE = ({"up_proj", "down_proj"},)
_OUTPUTS = ("o_proj", "out_proj")

Named = frozenset[tuple[Part, int]]


class PartlyNamedError(Exception):
    """A name that stands for a part of a layer only, or that isn't understood."""


def layers_with(shape: Architecture, part: Part) -> list[int]:
    """The layers that have such matrices."""
    return [layer for layer in range(shape.layers) if part in _parts_of(shape, layer)]


def part_parameters(shape: Architecture, part: Part, layer: int) -> int:
    """Parameters of that part of the layer of that index."""
    match part:
        case Part.EXPERTS:
            return expert_parameters(shape) // max(1, len(layers_with(shape, part)))
        case Part.SHARED | Part.DENSE:
            return dense_parameters(shape, layer)
        case Part.INPUTS:
            return attention_inputs(shape, layer)
        case Part.OUTPUTS:
            return attention_outputs(shape, layer)
        case Part.LINEAR:
            return attention_inputs(shape, layer) + attention_outputs(shape, layer)
        case Part.HEAD:
            return shape.vocabulary * shape.hidden


def named_parts(names: Iterable[str], shape: Architecture, *, mlp_is_shared: bool = False) -> Named:
    """The parts of layers that ``names`` stand for, whole.

    ``mlp_is_shared``: what the model calls ``mlp`` stands beside the experts and doesn't hold them. Raises
    ``PartlyNamedError`` with the first name of a part that isn't named as a whole.
    """
    found: dict[tuple[Part, int], dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    first: dict[tuple[Part, int], str] = {}
    for name in names:
        written = name.removeprefix("re:").replace("\\", "")
        text = written.rstrip(".*$")
        if _HEAD.search(text):
            found[Part.HEAD, shape.layers - 1][_ALL].add(-1)
            continue
        if _SMALL.search(text):
            continue
        layers = _layers(name, written, shape)
        for part, matrix in _meant(name, text, shape, mlp_is_shared=mlp_is_shared):
            expert = _EXPERTS.search(text) if part is Part.EXPERTS else None
            number = int(expert[2][:_DIGITS]) if expert and expert[2] else -1
            for layer in layers:
                if part in _parts_of(shape, layer):
                    found[part, layer][matrix].add(number)
                    first.setdefault((part, layer), name)
    for (part, layer), matrices in found.items():
        if not _complete(shape, part, matrices):
            raise PartlyNamedError(first[part, layer])
    return frozenset(found)


def _parts_of(shape: Architecture, layer: int) -> list[Part]:
    kind, parts = shape.kinds[layer], []
    if kind is LayerKind.LINEAR:
        parts.append(Part.LINEAR)
    elif kind is not LayerKind.NONE:
        parts += [Part.INPUTS, Part.OUTPUTS]
    if has_experts(shape, layer):
        parts.append(Part.EXPERTS)
        parts += [Part.SHARED] if shape.experts and shape.experts.shared_width else []
    elif has_feed_forward(shape, layer) and shape.dense_width:
        parts.append(Part.DENSE)
    return parts


def _layers(name: str, text: str, shape: Architecture) -> list[int]:
    pattern = name.startswith("re:")
    if pattern and _PICKED.search(name):
        raise PartlyNamedError(name)
    listed = _LAYERS.findall(text)
    if not listed:
        return list(range(shape.layers))
    # Layers behind the last are those that predict several tokens, which vLLM loads only when asked to.
    numbers: list[int] = []
    for one, star, several in listed:
        if star == (".*" if pattern else "*"):
            numbers += [number for number in range(shape.layers) if str(number).startswith(one)]
        else:
            named = {one, *several.split("|")}
            numbers += [number for number in range(shape.layers) if str(number) in named]
    return numbers


def _meant(name: str, text: str, shape: Architecture, *, mlp_is_shared: bool) -> list[tuple[Part, str]]:
    """The parts that a name stands for, each with the matrix of it; ``*`` is all of them."""
    matrices = _matrices(text)
    if _WHOLE_LAYER.search(text):
        return [(part, _ALL) for part in Part]
    if _LINEAR.search(text):
        return [(Part.LINEAR, matrix) for matrix in matrices]
    if _SHARED.search(text):
        return [(Part.SHARED, matrix) for matrix in matrices]
    if "expert" in text:
        return [(Part.EXPERTS, matrix) for matrix in matrices]
    if _ATTENTION.search(text):
        if matrices == [_ALL]:
            return [(Part.INPUTS, _ALL), (Part.OUTPUTS, _ALL)]
        return [(Part.OUTPUTS if matrix in _OUTPUTS else Part.INPUTS, matrix) for matrix in matrices]
    if _FEED_FORWARD.search(text):
        if mlp_is_shared:
            return [(Part.SHARED, matrix) for matrix in matrices] + [
                (Part.DENSE, matrix) for matrix in matrices
            ]
        if matrices == [_ALL] and shape.experts:
            return [(part, _ALL) for part in (Part.EXPERTS, Part.SHARED, Part.DENSE)]
        return [(Part.DENSE, matrix) for matrix in matrices]
    raise PartlyNamedError(name)


def _matrices(text: str) -> list[str]:
    last = text.rsplit(".", maxsplit=1)[-1] if "(" not in text else text
    found = _MATRIX.search(last)
    if not found:
        return [_ALL]
    names = found[1]
    if "(" not in names:
        return [names]
    choices, _, rest = names.strip("(").partition(")")
    return [f"{choice}{rest}" for choice in choices.split("|")]


def _complete(shape: Architecture, part: Part, matrices: dict[str, set[int]]) -> bool:
    if part is Part.EXPERTS and shape.experts:
        every = set(range(shape.experts.count))
        whole = {matrix for matrix, experts in matrices.items() if -1 in experts or experts >= every}
    else:
        whole = set(matrices)
    if _ALL in whole:
        return True
    needed = _COMPLETE.get(part) or _FEED_FORWARD_MATRICES
    if part not in _COMPLETE and shape.feed_forward_matrices == 2:
        needed = _WITHOUT_GATE
    return any(whole >= names for names in needed)

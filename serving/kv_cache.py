"""How vLLM lays out the KV cache of a model: pages, groups of layers, blocks per request.

Follows vLLM 0.33.0, ``v1/core/kv_cache_planning.py`` and ``v1/kv_cache_interface.py`` (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil

from .architecture import Architecture, Index, Latent, LayerKind, LinearAttention, Mamba, has_index
from .precision import Precision, cache_bytes

BLOCK_TOKENS = 16
"""Tokens of a block where nothing asks for more."""

_MLA_BLOCK_TOKENS = 64
_INDEXED_BLOCK_TOKENS = 128
"""Grouped queries with an index: models/minimax_m3/common/sparse_attention.py."""
# Sparse attention, v1/attention/backends/mla/flashmla_sparse.py and models/deepseek_v2.py (Indexer).
_SCALED_NUMBERS, _SCALE_BYTES = 128, 4
# The state of linear attention keeps the block being filled and the one before it, so that prefixes can be
# shared, which is vLLM's default. Without prefix caching it keeps one.
_STATE_BLOCKS = 2
_STATE_BLOCKS_WITHOUT_PREFIXES = 1
# Kernels that write a state in the middle of a prompt keep one block more, and want whole steps of 64 tokens:
# mamba_mixer2.py, gdn/qwen_gdn_linear_attn.py and platforms/interface.py (_align_hybrid_block_size).
_GATED_DELTA_STEP = 64


@dataclass(frozen=True, slots=True)
class CacheLayout:
    """The cache of one device. A block id stands for one page in each layer of its group."""

    groups: tuple[LayerKind, ...]
    """Groups of layers with the same kind; every group draws its own blocks from the same pool."""
    layers_per_block: int
    block_tokens: int
    """Tokens of a block in layers that see all of them."""
    window_block_tokens: int
    """The same in layers with a window or chunks."""
    page_bytes: int
    """Bytes of one block in one layer, its index included."""
    block_bytes: int
    """Bytes of one block in all layers that share it."""
    window: int
    state_blocks: int

    def blocks(self, memory_bytes: int) -> int:
        """Blocks that fit into that much memory."""
        return max(0, memory_bytes) // self.block_bytes

    def blocks_per_request(self, context_length: int, in_flight_tokens: int) -> int:
        """Blocks that vLLM reserves for one request of full length.

        ``in_flight_tokens`` are those that may be scheduled at once and not yet settled: layers with a window
        keep them on top of their window.
        """
        return sum(self._blocks(kind, context_length, in_flight_tokens) for kind in self.groups)

    def tokens(self, blocks: int, context_length: int, in_flight_tokens: int) -> int:
        """Tokens that vLLM reports as "GPU KV cache size": full-length requests at once, times length."""
        return blocks * context_length // self.blocks_per_request(context_length, in_flight_tokens)

    def longest(self, blocks: int, in_flight_tokens: int, limit: int) -> int:
        """The longest single request that ``blocks`` hold, at most ``limit`` tokens."""
        low, high = 0, limit
        while low < high:
            middle = (low + high + 1) // 2
            if self.blocks_per_request(middle, in_flight_tokens) <= blocks:
                low = middle
            else:
                high = middle - 1
        return low

    def _blocks(self, kind: LayerKind, context_length: int, in_flight_tokens: int) -> int:
        match kind:
            case LayerKind.FULL:
                return ceil(context_length / self.block_tokens)
            case LayerKind.SLIDING:
                kept = min(self.window - 1 + in_flight_tokens, context_length)
                # A window seldom starts at the edge of a block.
                return ceil(kept / self.window_block_tokens) + 1
            case LayerKind.CHUNKED:
                kept = min(self.window + in_flight_tokens, context_length)
                return ceil(kept / self.window_block_tokens)
            case LayerKind.LINEAR:
                return self.state_blocks
            case LayerKind.NONE:
                return 0


@cache
def cache_layout(
    shape: Architecture,
    *,
    precision: Precision = Precision.BF16,
    tensor_parallel: int = 1,
    stage: range | None = None,
    prefix_caching: bool = True,
    checkpoints: bool = False,
) -> CacheLayout:
    """The layout on one device of ``tensor_parallel`` that holds the layers of ``stage``, by default all.

    ``checkpoints``: whether the GPU's kernels for linear attention write states in the middle of a prompt.
    """
    number = int(cache_bytes(precision))
    kinds = shape.kinds
    keeping = [layer for layer, kind in enumerate(kinds) if kind is not LayerKind.NONE]
    groups = [tuple(keeping[at] for at in group) for group in layer_groups([kinds[at] for at in keeping])]
    checkpoints = prefix_caching and (checkpoints or isinstance(shape.linear, Mamba))
    per_token = {kind: _bytes_per_token(shape, kind, number, tensor_parallel) for kind in LayerKind}
    smallest = _smallest_block(shape, checkpoints=checkpoints)
    full = _block_tokens(shape, smallest, per_token[LayerKind.FULL], tensor_parallel)
    window_kinds = {kind for kind in kinds if kind in (LayerKind.SLIDING, LayerKind.CHUNKED)}
    used = {kind for kind in kinds if kind in window_kinds or kind is LayerKind.FULL}
    # Pages have one size: a kind that keeps less of each token puts more tokens into a block.
    widest = max((per_token[kind] for kind in used), default=per_token[LayerKind.FULL])
    page = full * widest
    held = stage if stage is not None else range(shape.layers)
    index = full * _index_bytes(shape.index)
    return CacheLayout(
        groups=tuple(kinds[group[0]] for group in groups),
        layers_per_block=max(1, max(sum(layer in held for layer in group) for group in groups)),
        block_tokens=_stretched(full, page, per_token[LayerKind.FULL]),
        window_block_tokens=_stretched(
            full, page, min((per_token[kind] for kind in window_kinds), default=widest)
        ),
        page_bytes=page + index,
        block_bytes=max(
            page,
            max(
                sum(page + (index if has_index(shape, layer) else 0) for layer in group if layer in held)
                for group in groups
            ),
        ),
        window=shape.window,
        state_blocks=(_STATE_BLOCKS + checkpoints) if prefix_caching else _STATE_BLOCKS_WITHOUT_PREFIXES,
    )


def layer_groups(kinds: Sequence[LayerKind]) -> list[tuple[int, ...]]:
    """Layers by group, as vLLM's hybrid manager forms them: equal in size, one kind in each.

    The rarest kind sets the size, unless the commonest has less than half as many layers again.
    """
    by_kind: dict[LayerKind, list[int]] = {}
    for layer, kind in enumerate(kinds):
        by_kind.setdefault(kind, []).append(layer)
    counts = [len(layers) for layers in by_kind.values()]
    size = max(counts) if 2 * max(counts) < 3 * min(counts) else min(counts)
    groups: list[tuple[int, ...]] = []
    for layers in by_kind.values():
        number = ceil(len(layers) / size)
        groups.extend(tuple(layers[first::number]) for first in range(number))
    return groups


def pipeline_stages(layers: int, stages: int) -> list[range]:
    """Layers of each pipeline stage: evenly, the rest from the last stage but one backwards.

    vLLM 0.33.0, ``distributed/utils.py``, ``get_pp_indices``.
    """
    sizes = [layers // stages] * stages
    for index in range(2, layers % stages + 2):
        sizes[-index] += 1
    starts = [sum(sizes[:index]) for index in range(stages)]
    return [range(start, start + size) for start, size in zip(starts, sizes, strict=True)]


def _bytes_per_token(shape: Architecture, kind: LayerKind, number: int, tensor_parallel: int) -> int:
    if shape.latent:
        return _latent_bytes(shape.latent, number, sparse=shape.index is not None)
    heads = shape.heads_of(kind)
    # With more devices than heads the heads are copied.
    return 2 * max(1, heads.kv_heads // tensor_parallel) * heads.head_dim * number


def _latent_bytes(latent: Latent, number: int, *, sparse: bool) -> int:
    # Sparse attention keeps fp8 with a scale in four bytes for each 128 numbers, and positions in bf16.
    scaled = sparse and number == 1
    scales = latent.kv_rank // _SCALED_NUMBERS * _SCALE_BYTES if scaled else 0
    return latent.kv_rank * number + scales + latent.rope_dim * (2 if scaled else number)


def _index_bytes(index: Index | None) -> int:
    if index is None:
        return 0
    return index.dim + index.dim // _SCALED_NUMBERS * _SCALE_BYTES if index.scaled else 2 * index.dim


def _stretched(tokens: int, page_bytes: int, bytes_per_token: int) -> int:
    """Tokens of a block in a page of that size; a page that isn't a multiple is padded instead."""
    own = tokens * bytes_per_token
    return tokens * (page_bytes // own) if page_bytes % own == 0 else tokens


def _smallest_block(shape: Architecture, *, checkpoints: bool) -> int:
    if shape.latent:
        return _MLA_BLOCK_TOKENS
    if shape.index:
        return _INDEXED_BLOCK_TOKENS
    return _GATED_DELTA_STEP if checkpoints and isinstance(shape.linear, LinearAttention) else BLOCK_TOKENS


def _block_tokens(shape: Architecture, smallest: int, bytes_per_token: int, tensor_parallel: int) -> int:
    if shape.linear is None:
        return smallest
    # Pages have one size, so a block of attention takes as many tokens as fill the page of a state.
    state = _state_bytes(shape.linear, tensor_parallel)
    return max(smallest, smallest * ceil(state / (smallest * bytes_per_token)))


def _state_bytes(linear: LinearAttention | Mamba, tensor_parallel: int) -> int:
    if isinstance(linear, Mamba):
        # Groups that can't be split evenly are copied, one for each device.
        groups = linear.groups if linear.groups % tensor_parallel == 0 else tensor_parallel
        inputs = linear.heads * linear.head_dim + 2 * groups * linear.state
        matrix = linear.heads // tensor_parallel * linear.head_dim * linear.state
    else:
        keys, values = linear.key_heads * linear.key_dim, linear.value_heads * linear.value_dim
        inputs = 2 * keys + values
        matrix = linear.value_heads // tensor_parallel * linear.value_dim * linear.key_dim
    return inputs // tensor_parallel * (linear.kernel - 1) * 2 + matrix * linear.state_bytes

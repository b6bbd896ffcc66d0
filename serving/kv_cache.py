"""How vLLM lays out the KV cache of a model: pages, groups of layers, blocks per request.

Follows vLLM 0.33.0, ``v1/core/kv_cache_planning.py`` and ``v1/kv_cache_interface.py`` (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil

from .architecture import Architecture, Attention, Latent, LayerKind
from .precision import Precision, cache_bytes

BLOCK_TOKENS = 16
"""Tokens of a block where nothing asks for more."""

_MLA_BLOCK_TOKENS = 64
# Sparse attention, v1/attention/backends/mla/flashmla_sparse.py and models/deepseek_v2.py (Indexer).
_SCALED_NUMBERS, _SCALE_BYTES = 128, 4
# The state of linear attention keeps the block being filled and the one before it, so that prefixes can be
# shared, which is vLLM's default. Without prefix caching it keeps one.
_STATE_BLOCKS = 2
_STATE_BLOCKS_WITHOUT_PREFIXES = 1


@dataclass(frozen=True, slots=True)
class CacheLayout:
    """The cache of one device. A block id stands for one page in each of ``layers_per_block`` layers."""

    groups: tuple[LayerKind, ...]
    """Groups of layers with the same kind; every group draws its own blocks from the same pool."""
    layers_per_block: int
    block_tokens: int
    page_bytes: int
    """Bytes of one block in one layer."""
    window: int
    state_blocks: int

    @property
    def block_bytes(self) -> int:
        """Bytes of one block in all layers that share it."""
        return self.page_bytes * self.layers_per_block

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
                return ceil(kept / self.block_tokens) + 1
            case LayerKind.CHUNKED:
                return ceil(min(self.window + in_flight_tokens, context_length) / self.block_tokens)
            case LayerKind.LINEAR:
                return self.state_blocks


@cache
def cache_layout(
    shape: Architecture,
    *,
    precision: Precision = Precision.BF16,
    tensor_parallel: int = 1,
    stage: range | None = None,
    prefix_caching: bool = True,
) -> CacheLayout:
    """The layout on one device of ``tensor_parallel`` that holds the layers of ``stage``, by default all."""
    per_token = _bytes_per_token(shape, precision, tensor_parallel)
    block_tokens = _block_tokens(shape, per_token, tensor_parallel)
    kinds = shape.kinds
    groups = layer_groups(kinds)
    held = stage if stage is not None else range(shape.layers)
    return CacheLayout(
        groups=tuple(kinds[group[0]] for group in groups),
        layers_per_block=max(1, max(sum(layer in held for layer in group) for group in groups)),
        block_tokens=block_tokens,
        page_bytes=block_tokens * per_token,
        window=shape.window,
        state_blocks=_STATE_BLOCKS if prefix_caching else _STATE_BLOCKS_WITHOUT_PREFIXES,
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


def _bytes_per_token(shape: Architecture, precision: Precision, tensor_parallel: int) -> int:
    number = int(cache_bytes(precision))
    if shape.latent:
        return _latent_bytes(shape.latent, number) + _index_bytes(shape.latent)
    # With more devices than heads the heads are copied.
    return 2 * max(1, shape.kv_heads // tensor_parallel) * shape.head_dim * number


def _latent_bytes(latent: Latent, number: int) -> int:
    # Sparse attention keeps fp8 with a scale in four bytes for each 128 numbers, and positions in bf16.
    scaled = latent.index_dim and number == 1
    scales = latent.kv_rank // _SCALED_NUMBERS * _SCALE_BYTES if scaled else 0
    return latent.kv_rank * number + scales + latent.rope_dim * (2 if scaled else number)


def _index_bytes(latent: Latent) -> int:
    return latent.index_dim + latent.index_dim // _SCALED_NUMBERS * _SCALE_BYTES


def _block_tokens(shape: Architecture, bytes_per_token: int, tensor_parallel: int) -> int:
    smallest = _MLA_BLOCK_TOKENS if shape.attention is Attention.MLA else BLOCK_TOKENS
    linear = shape.linear
    if linear is None:
        return smallest
    keys, values = linear.key_heads * linear.key_dim, linear.value_heads * linear.value_dim
    convolution = (2 * keys + values) // tensor_parallel * (linear.kernel - 1) * 2
    matrix = linear.value_heads // tensor_parallel * linear.value_dim * linear.key_dim * linear.state_bytes
    # Pages have one size, so a block of attention takes as many tokens as fill the page of a state.
    return max(smallest, smallest * ceil((convolution + matrix) / (smallest * bytes_per_token)))

"""Which node gets which layout, so that few GPUs that run now have to be drained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from .integer_program import Row, minimum
from .layout import Devices, NodeLayout
from .packing_spec import Supply

_KINDS = 12
"""Running layouts that are tried again elsewhere; the most common ones."""


def drained(running: Sequence[NodeLayout], wanted: Sequence[NodeLayout]) -> int:
    """GPUs that run now and get another layout, node by node."""
    return sum(_changed(old, new) for old, new in zip(running, wanted, strict=False))


def redrawn(
    supply: Supply, layouts: tuple[NodeLayout, ...], wanted: Mapping[str, int]
) -> tuple[NodeLayout, ...]:
    """Layouts as good as ``layouts`` that change the fewest GPUs of ``supply.running``.

    As many GPUs and nodes are cut and no more layouts differ. Chosen among the given layouts, their GPUs in
    another order, and the running ones.
    """
    running = supply.running[: supply.nodes]
    if not running:
        return layouts
    kinds = list(dict.fromkeys(running))
    counts = [running.count(kind) for kind in kinds] + [supply.nodes - len(running)]
    choices = _choices(supply, layouts, kinds)
    width = len(choices)
    flows = [(old, new) for old in range(len(counts)) for new in range(width)]
    cuts = [layout.gpu_count - layout.whole for layout in choices]
    rows = [
        Row({at: 1 for at, (old, _) in enumerate(flows) if old == kind}, count, count)
        for kind, count in enumerate(counts)
    ]
    for name, count in wanted.items():
        rows.append(
            Row({at: made for at, (_, new) in enumerate(flows) if (made := _made(choices[new], name))}, count)
        )
    cut, cut_nodes = _cut(layouts)
    rows.append(Row({at: cuts[new] for at, (_, new) in enumerate(flows) if cuts[new]}, cut, cut))
    rows.append(Row({at: 1 for at, (_, new) in enumerate(flows) if cuts[new]}, cut_nodes, cut_nodes))
    for new in range(width):
        into = {at: 1 for at, (_, other) in enumerate(flows) if other == new}
        rows.append(Row({**into, len(flows) + new: -supply.nodes}, upper=0))
    different = len({layout for layout in layouts if layout.whole < layout.gpu_count})
    rows.append(Row({len(flows) + new: 1 for new in range(width) if cuts[new]}, upper=different))
    scale = (supply.nodes + 1) * width
    costs = [
        (scale * _changed(kinds[old], choices[new]) if old < len(kinds) else 0) + new for old, new in flows
    ] + [0] * width
    uppers = [counts[old] for old, _ in flows] + [1] * width
    answer = minimum(costs, uppers, rows)
    return (
        layouts
        if answer.values is None
        else _assigned(running, kinds, choices, flows, answer.values, supply.nodes)
    )


def _assigned(
    running: Sequence[NodeLayout],
    kinds: Sequence[NodeLayout],
    choices: Sequence[NodeLayout],
    flows: Sequence[tuple[int, int]],
    values: Sequence[int],
    nodes: int,
) -> tuple[NodeLayout, ...]:
    queues: list[list[NodeLayout]] = [[] for _ in range(len(kinds) + 1)]
    for (old, new), count in zip(flows, values, strict=False):
        queues[old] += [choices[new]] * count
    at = [*(kinds.index(layout) for layout in running), *[len(kinds)] * (nodes - len(running))]
    return tuple(queues[kind].pop(0) for kind in at)


def _choices(supply: Supply, layouts: Sequence[NodeLayout], kinds: Sequence[NodeLayout]) -> list[NodeLayout]:
    common = sorted(kinds, key=lambda kind: -supply.running.count(kind))[:_KINDS]
    fresh = list(dict.fromkeys(layouts))
    whole = NodeLayout(supply.gpu, ((),) * supply.gpus_per_node)
    aligned = [_aligned(layout, kind) for layout in fresh for kind in common]
    found = dict.fromkeys([*fresh, whole, *aligned, *common])
    return [
        layout for layout in found if layout.gpu == supply.gpu and layout.gpu_count == supply.gpus_per_node
    ]


def _aligned(layout: NodeLayout, kind: NodeLayout) -> NodeLayout:
    """The GPUs of ``layout`` in the order in which most of them stay what they are in ``kind``."""
    left = Counter(layout.partitions)
    kept: list[Devices | None] = []
    for devices in kind.partitions[: layout.gpu_count]:
        stays = left[devices] > 0
        left[devices] -= stays
        kept.append(devices if stays else None)
    kept += [None] * (layout.gpu_count - len(kept))
    others = iter([devices for devices in layout.partitions for _ in range(left.pop(devices, 0))])
    return NodeLayout(layout.gpu, tuple(next(others) if devices is None else devices for devices in kept))


def _made(layout: NodeLayout, name: str) -> int:
    return sum(dict(devices).get(name, 0) for devices in layout.partitions)


def _cut(layouts: Sequence[NodeLayout]) -> tuple[int, int]:
    cuts = [layout.gpu_count - layout.whole for layout in layouts]
    return sum(cuts), sum(cut > 0 for cut in cuts)


def _changed(old: NodeLayout, new: NodeLayout) -> int:
    pairs = zip(old.partitions, new.partitions, strict=False)
    return sum(before != after for before, after in pairs) + max(0, old.gpu_count - new.gpu_count)

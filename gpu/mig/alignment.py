"""Which node gets which of the wanted layouts, and in what order of its GPUs, so that few GPUs change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

from .integer_program import Row, minimum
from .layout import Devices, NodeLayout
from .patterns import WHOLE

Content = tuple[tuple[Devices, int], ...]
"""The GPUs of a node whatever their order: each layout with how often it comes."""


def drained(running: Sequence[NodeLayout], wanted: Sequence[NodeLayout]) -> int:
    """GPUs that run now and get another layout, node by node and GPU by GPU."""
    return sum(changed(old, new) for old, new in zip(running, wanted, strict=False))


def changed(old: NodeLayout, new: NodeLayout) -> int:
    """GPUs of a node whose layout is another one, or that go."""
    pairs = zip(old.partitions, new.partitions, strict=False)
    return sum(before != after for before, after in pairs) + max(0, old.gpu_count - new.gpu_count)


def turned(
    layout: NodeLayout, running: NodeLayout, scarce: Mapping[str, Fraction] | None = None
) -> NodeLayout:
    """The GPUs of ``layout`` in the order in which most of them stay what they are in ``running``.

    With ``scarce``, how much each device is missed, GPUs that are missed least become what is missed most.
    """
    left = Counter(layout.partitions)
    kept: list[Devices | None] = [None] * layout.gpu_count
    places = list(enumerate(running.partitions[: layout.gpu_count]))
    # The last GPUs stay whole where there is a choice, as descriptions name those that are cut.
    for at, devices in [pair for pair in places if pair[1]] + [pair for pair in places[::-1] if not pair[1]]:
        if left[devices]:
            left[devices] -= 1
            kept[at] = devices
    others = [devices for devices in layout.partitions for _ in range(left.pop(devices, 0))]
    open_places = [at for at, devices in enumerate(kept) if devices is None]
    if scarce:
        others.sort(key=lambda devices: -_missed(devices, scarce))
        open_places.sort(key=lambda at: _missed(running.partitions[at], scarce))
    for at, devices in zip(open_places, others, strict=True):
        kept[at] = devices
    return NodeLayout(layout.gpu, tuple(devices for devices in kept if devices is not None))


def _missed(devices: Devices, scarce: Mapping[str, Fraction]) -> Fraction:
    counts = dict(devices) or {WHOLE: 1}
    return sum((scarce.get(name, Fraction(0)) * count for name, count in counts.items()), Fraction(0))


def aligned(
    running: Sequence[NodeLayout],
    wanted: Sequence[NodeLayout],
    scarce: Mapping[str, Fraction] | None = None,
) -> tuple[NodeLayout, ...]:
    """``wanted`` on other nodes and with GPUs in another order, so that the fewest running GPUs change.

    Proven: an assignment of nodes is solved exactly, and within a node equal layouts are matched. Nodes of
    ``running`` beyond the number wanted go, as an autoscaler takes the last ones. Layouts that no order
    makes better stay where they are.
    """
    there = running[: len(wanted)]
    if not there or len({(layout.gpu, layout.gpu_count) for layout in (*there, *wanted)}) > 1:
        return tuple(wanted)
    best = _matched(there, wanted, scarce)
    return best if scarce or drained(there, best) < drained(there, wanted) else tuple(wanted)


def _matched(
    there: Sequence[NodeLayout], wanted: Sequence[NodeLayout], scarce: Mapping[str, Fraction] | None
) -> tuple[NodeLayout, ...]:
    queues: dict[Content, list[NodeLayout]] = {}
    for layout in wanted:
        queues.setdefault(_content(layout), []).append(layout)
    found: list[NodeLayout | None] = [None] * len(wanted)
    # GPUs that differ are a metric, so nodes that need not change never have to make room for others.
    for at, layout in enumerate(there):
        if equal := queues.get(_content(layout)):
            found[at] = turned(equal.pop(0), layout)
    open_at: dict[Content, list[int]] = {}
    for at, layout in enumerate(there):
        if found[at] is None:
            open_at.setdefault(_content(layout), []).append(at)
    queues = {content: queue for content, queue in queues.items() if queue}
    for (old, new), count in _assignment(open_at, queues).items():
        for _ in range(count):
            at = open_at[old].pop(0)
            found[at] = turned(queues[new].pop(0), there[at], scarce)
    others = iter([layout for queue in queues.values() for layout in queue])
    return tuple(next(others) if layout is None else layout for layout in found)


def _assignment(
    old: dict[Content, list[int]], new: dict[Content, list[NodeLayout]]
) -> dict[tuple[Content, Content], int]:
    """How many nodes of each content get which, for the most GPUs kept; all ``old`` get one."""
    pairs = [(before, after) for before in old for after in new]
    rows = [
        Row({at: 1 for at, (before, _) in enumerate(pairs) if before == content}, len(nodes), len(nodes))
        for content, nodes in old.items()
    ]
    rows += [
        Row({at: 1 for at, (_, after) in enumerate(pairs) if after == content}, upper=len(queue))
        for content, queue in new.items()
    ]
    costs = [-(Counter(dict(before)) & Counter(dict(after))).total() for before, after in pairs]
    uppers = [min(len(old[before]), len(new[after])) for before, after in pairs]
    values = minimum(costs, uppers, rows).values
    if values is None:
        raise RuntimeError("the solver found no assignment where one exists")
    return {pair: count for pair, count in zip(pairs, values, strict=True) if count}


def _content(layout: NodeLayout) -> Content:
    return tuple(sorted(Counter(layout.partitions).items()))

"""What is in the layouts that nodes share, chosen anew, so that most of their GPUs stay what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from .alignment import drained
from .layout import NodeLayout
from .packing_spec import Supply
from .redraw_bound import measured
from .redraw_contents import contents, read
from .refine import refined

_BRANCHES = 30


def anew(supply: Supply, layouts: Sequence[NodeLayout], wanted: Mapping[str, int]) -> tuple[NodeLayout, ...]:
    """Layouts as good as ``layouts``, on as many nodes each, that change no more GPUs of ``supply.running``.

    In turns: which nodes share a layout stays, and what is in one of the layouts, or in two together, is
    chosen anew; then nodes are assigned again.
    """
    running = supply.running[: supply.nodes]
    best = tuple(layouts)
    for size in (1, 2):
        better = True
        while better:
            better = False
            for open_ in combinations(range(measured(best).different), size):
                found = _chosen(supply, best, wanted, open_)
                if found and drained(running, found) < drained(running, best):
                    best, better = found, size == 1
    return best


def _chosen(
    supply: Supply, layouts: Sequence[NodeLayout], wanted: Mapping[str, int], open_: Sequence[int]
) -> tuple[NodeLayout, ...]:
    """The layouts with the devices of some chosen anew, the most common ones counted first; none where that
    keeps no more GPUs while nodes keep their layouts."""
    shared = [layout for layout, _ in Counter(layouts).most_common() if layout.whole < supply.gpus_per_node]
    # A better choice before this one may have made two layouts one.
    if open_[-1] >= len(shared):
        return ()
    chosen = {shared[index]: at for at, index in enumerate(open_)}
    times = [layouts.count(layout) for layout in chosen]
    running = supply.running[: supply.nodes]
    stays = Counter(
        (chosen[new], place, row)
        for old, new in zip(running, layouts, strict=False)
        if new in chosen
        for place, row in enumerate(old.partitions)
    )
    kept = sum(stays[chosen[new], place, row] for new in chosen for place, row in enumerate(new.partitions))
    cut = [layout for layout in layouts if layout.whole < supply.gpus_per_node]
    others = [layout for layout in cut if layout not in chosen]
    held = sum((layout.totals for layout in others), Counter[str]())
    needed = {name: max(0, count - held[name]) for name, count in wanted.items()}
    limits = measured([layout for layout in cut if layout in chosen])
    program = contents(replace(supply, nodes=sum(times)), needed, limits, times, stays)
    program.columns.worth_at_least(kept + 1)
    answer = program.columns.minimum(max_nodes=_BRANCHES, proof=True)
    if answer.values is None:
        return ()
    uncut = [layout for layout in layouts if layout.whole == supply.gpus_per_node]
    of_chosen = read(replace(supply, nodes=sum(times)), program, answer.values)
    return refined(running, (*of_chosen, *others, *uncut))

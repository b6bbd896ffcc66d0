"""Which node gets which layout, so that few GPUs that run now have to be drained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from .alignment import drained
from .layout import NodeLayout
from .packing_spec import Supply
from .redraw_anew import anew
from .redraw_best import GPUS, best_redrawn
from .redraw_bound import fewest_drained, measured
from .redraw_mixed import mixed
from .refine import refined

_SMALL_POOL = 8
"""Nodes up to which the bound is of whole GPUs, which takes long in larger pools."""


@dataclass(frozen=True, slots=True)
class Redrawn:
    """The nodes of a pool in which GPUs run."""

    layouts: tuple[NodeLayout, ...]
    drained: int
    fewest_drained: int
    """Proven: see ``redraw_bound``."""


def redrawn(supply: Supply, layouts: tuple[NodeLayout, ...], wanted: Mapping[str, int]) -> Redrawn:
    """Layouts as good as ``layouts`` that change few GPUs of ``supply.running``.

    As many GPUs and nodes are cut and no more layouts differ; in large pools of which most GPUs can stay
    one more may. In small pools, and where nodes have one GPU, the best. In others what runs stays on as
    many nodes as suits, beside a few new layouts, and what is in each layout is chosen anew.
    """
    running = supply.running[: supply.nodes]
    best = Redrawn(layouts, drained(running, layouts), 0)
    if not best.drained:
        return best
    limits = measured(layouts)
    large = supply.nodes * supply.gpus_per_node > GPUS
    if supply.gpus_per_node == 1 or not large:
        found, least = best_redrawn(supply, layouts, wanted, limits)
        best = Redrawn(found, drained(running, found), least)
        if best.drained == least:
            return best
    small = supply.nodes <= _SMALL_POOL
    found = refined(running, best.layouts)
    # Where most GPUs change anyway, what runs now is no good beginning.
    most_stay = 2 * drained(running, found) <= len(running) * supply.gpus_per_node
    if large and most_stay:
        # A layout less is no good reason to drain many GPUs.
        limits = replace(limits, different=limits.different + 1)
    least = max(best.fewest_drained, fewest_drained(supply, wanted, limits, quick=not small))
    if best.drained > least:
        if most_stay:
            found = mixed(supply, found, wanted, limits, least)
        found = anew(supply, found, wanted)
        best = Redrawn(found, drained(running, found), least)
    return replace(best, fewest_drained=least)

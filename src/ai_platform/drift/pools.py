"""Node pools: how many nodes with which layout there are, against how many there may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..components.node_labels import POOL_LABEL
from ..gpu.node_groups import MIG_CONFIG_LABEL, node_groups, slice_groups
from ..gpu.node_plan import PoolPlan
from ..plan import Plan
from .compare import line
from .model import Aspect, DriftLine, Sources
from .things import labels_of

Node = Mapping[str, Any]
Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Held:
    """A node group as the state has it."""

    pool: str
    layout: str
    """Value of nvidia.com/mig.config; empty where GPUs can't be cut."""
    min_nodes: int
    max_nodes: int


def node_lines(plan: Plan, nodes: Sequence[Node], sources: Sources, fix: str) -> Iterator[DriftLine]:
    """Pools whose nodes are not as many as they may be, or are cut otherwise. Autoscaling is no drift."""
    for pool in plan.pools:
        own = nodes_of(pool, nodes)
        counts = Counter(layout_of(pool, node) for node in own)
        allowed = ranges(pool)
        if _within(counts, allowed):
            continue
        aspect = Aspect.SIZE if _only_size(counts, allowed) else Aspect.MIG_LAYOUT
        what = "nodes" if aspect is Aspect.SIZE else "nodes by MIG layout"
        wrong = [name for name in map(_name, own) if _of(own, name, pool) not in allowed]
        note = f"unknown layout on {', '.join(wrong[:5])}" if wrong and len(allowed) else ""
        sides = shown_ranges(allowed), _shown_counts(counts)
        yield line(f"pool {pool.name}", aspect, what, sources, sides, fix, note=note)
    described = {pool.name for pool in plan.pools}
    left = Counter(labels_of(node).get(POOL_LABEL, "") for node in nodes)
    for name in sorted(left.keys() - described - {""}):
        sides = "not there", f"{left[name]} nodes"
        yield line(f"pool {name}", Aspect.SIZE, "nodes of a pool that nobody describes", sources, sides, fix)


def group_lines(plan: Plan, groups: Iterable[Held], fix: str) -> Iterator[DriftLine]:
    """Node groups of a cloud whose limits or layouts are not those of the plan."""
    found: dict[str, dict[str, Range]] = {}
    for held in groups:
        layouts = found.setdefault(held.pool, {})
        least, most = layouts.get(held.layout, (0, 0))
        layouts[held.layout] = least + held.min_nodes, most + held.max_nodes
    pools = {pool.name: pool for pool in plan.pools} if found else {}
    for name in sorted(found.keys() | pools.keys()):
        allowed = ranges(pools[name]) if name in pools else {}
        there = found.get(name, {})
        if allowed == there:
            continue
        same = allowed.keys() == there.keys()
        aspect = Aspect.SIZE if same or not allowed or not there else Aspect.MIG_LAYOUT
        sides = shown_ranges(allowed), shown_ranges(there)
        what = "least to most nodes"
        yield line(f"pool {name}", aspect, what, Sources.DESCRIBED_STATE, sides, fix)


def nodes_of(pool: PoolPlan, nodes: Sequence[Node]) -> list[Node]:
    """The nodes that carry the pool's label."""
    return [node for node in nodes if labels_of(node).get(POOL_LABEL) == pool.name]


def layout_of(pool: PoolPlan, node: Node) -> str:
    """The MIG layout that a node was asked for; empty where the pool's GPUs can't be cut."""
    return str(labels_of(node).get(MIG_CONFIG_LABEL, "none")) if pool.mig_capable else ""


def ranges(pool: PoolPlan) -> dict[str, Range]:
    """Least and most nodes of a pool by layout."""
    groups = slice_groups(pool, pool.tpu) if pool.tpu else node_groups(pool)
    found: dict[str, Range] = {}
    for group in groups:
        layout = group.layout if pool.mig_capable else ""
        least, most = found.get(layout, (0, 0))
        found[layout] = least + group.min_nodes, most + group.max_nodes
    return found


def shown_ranges(allowed: Mapping[str, Range]) -> str:
    """``1 × a``, ``0 to 4 × b``."""
    parts = [_times(f"{a}" if a == b else f"{a} to {b}", layout) for layout, (a, b) in allowed.items()]
    return ", ".join(parts) or "no pool"


def _within(counts: Mapping[str, int], allowed: Mapping[str, Range]) -> bool:
    if counts.keys() - allowed.keys():
        return False
    return all(least <= counts.get(layout, 0) <= most for layout, (least, most) in allowed.items())


def _only_size(counts: Mapping[str, int], allowed: Mapping[str, Range]) -> bool:
    """Whether there are just too many or too few, and not some of one layout in place of another."""
    if counts.keys() - allowed.keys():
        return False
    over = any(counts.get(layout, 0) > most for layout, (_, most) in allowed.items())
    under = any(counts.get(layout, 0) < least for layout, (least, _) in allowed.items())
    return not (over and under) and (under or len(allowed) == 1)


def _of(nodes: Sequence[Node], name: str, pool: PoolPlan) -> str:
    return next(layout_of(pool, node) for node in nodes if _name(node) == name)


def _name(node: Node) -> str:
    return str((node.get("metadata") or {}).get("name", ""))


def _shown_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(_times(str(count), layout) for layout, count in sorted(counts.items())) or "none"


def _times(count: str, layout: str) -> str:
    return f"{count} × {layout}" if layout else count

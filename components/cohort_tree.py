"""How much quota can move in a tree of cohorts, by the arithmetic that Kueue itself uses.

Kueue v0.19.2, pkg/cache/scheduler/resource_node.go: ``localQuota``, ``updateCohortResourceNode`` and
``potentialAvailable``, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Holding(NamedTuple):
    """Quota of one resource in one flavor, of a team or of a cohort itself."""

    nominal: int = 0
    borrowing_limit: int | None = None
    lending_limit: int | None = None

    @property
    def lendable(self) -> int:
        """What others can get of it at most."""
        return self.nominal if self.lending_limit is None else min(self.nominal, self.lending_limit)


NOTHING = Holding()

CohortTree = tuple[tuple[str, str | None], ...]
"""Cohorts with their parents; every cohort comes before its parent. Made by ``cohort_tree``."""


def cohort_tree(parents: Mapping[str, str | None]) -> CohortTree:
    """Orders cohorts by depth. A parent that isn't there or closes a cycle counts as none: ask ``cycles``."""
    known = {name: parent if parent in parents else None for name, parent in parents.items()}
    for cycle in cycles(known):
        known[cycle[0]] = None
    depths: dict[str, int] = {}
    for name in known:
        path = [name]
        while path[-1] not in depths and (above := known[path[-1]]) is not None:
            path.append(above)
        depth = depths.get(path[-1], 0)
        for step, passed in enumerate(reversed(path)):
            depths[passed] = depth + step
    order = sorted(known, key=lambda name: -depths[name])
    return tuple((name, known[name]) for name in order)


def cycles(parents: Mapping[str, str | None]) -> list[tuple[str, ...]]:
    """Each cycle once, from its first cohort in the order of ``parents``."""
    found, done = [], set[str]()
    for name in parents:
        path: dict[str, None] = {}
        here: str | None = name
        while here is not None and here not in done and here not in path:
            path[here] = None
            here = parents.get(here)
        if here is not None and here in path:
            ring = list(path)
            found.append(tuple(ring[ring.index(here) :]))
        done.update(path)
    return found


def usable(
    tree: CohortTree, cohorts: Mapping[str, Holding], queues: Iterable[tuple[str, str, Holding]]
) -> dict[str, int]:
    """What each queue can use at most, its own included, while all others are idle.

    ``queues`` holds (queue, cohort, holding) of one resource in one flavor, ``cohorts`` the cohorts' own.
    """
    members = list(queues)
    subtree: dict[str, int] = {name: holding.nominal for name, holding in cohorts.items()}
    for _, cohort, holding in members:
        subtree[cohort] = subtree.get(cohort, 0) + holding.lendable
    kept: dict[str, int] = {}
    for name, parent in tree:
        if name not in subtree:
            continue
        limit = cohorts.get(name, NOTHING).lending_limit
        kept[name] = 0 if limit is None else max(0, subtree[name] - limit)
        if parent is not None:
            subtree[parent] = subtree.get(parent, 0) + subtree[name] - kept[name]
    reach: dict[str, int] = {}
    for name, parent in reversed(tree):
        if name not in subtree:
            continue
        reach[name] = subtree[name]
        if parent is not None:
            limit = cohorts.get(name, NOTHING).borrowing_limit
            ceiling = kept[name] + reach[parent]
            reach[name] = ceiling if limit is None else min(ceiling, subtree[name] + limit)
    result = {}
    for queue, cohort, holding in members:
        ceiling = holding.nominal - holding.lendable + reach.get(cohort, subtree[cohort])
        limit = holding.borrowing_limit
        result[queue] = ceiling if limit is None else min(ceiling, holding.nominal + limit)
    return result

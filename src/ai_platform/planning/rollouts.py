"""How each endpoint of a plan changes: whether quota and pool have room for one replica more.

Described work counts at its largest: endpoints at ``max_replicas``, and all training runs at once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..components.cohort_tree import Holding, usable
from ..gpu.mig.layout import WHOLE_GPU
from ..gpu.node_plan import PoolPlan
from ..serving.rollout import Spare, rollout
from .endpoints import EndpointPlan
from .quotas import Quotas, offered_by
from .training import TrainingPlan


class _Work(NamedTuple):
    """Equal pods of one team."""

    team: str
    pool: str
    resource: str
    devices: int
    """Of one pod, on one node."""
    pods: int


def with_rollouts(
    endpoints: Iterable[EndpointPlan],
    jobs: Iterable[TrainingPlan],
    pools: Mapping[str, PoolPlan],
    quotas: Quotas,
) -> tuple[EndpointPlan, ...]:
    """The endpoints, each with how it changes."""
    served = tuple(endpoints)
    work = [_of_endpoint(endpoint, endpoint.most_replicas) for endpoint in served]
    work += [
        _Work(job.team, job.pool, WHOLE_GPU, job.gpus_per_worker, job.workers)
        for job in jobs
        if job.gpus_per_worker
    ]
    by_resource: dict[tuple[str, str], Counter[_Work]] = {}
    for item in work:
        kind = item._replace(pods=0)
        by_resource.setdefault((item.pool, item.resource), Counter())[kind] += item.pods
    keys = {name: {device: key for key, device in offered_by(pool).items()} for name, pool in pools.items()}
    members: dict[tuple[str, str], list[tuple[str, str, Holding]]] = {}
    for team, entries in quotas.teams.items() if served else ():
        for name, held in entries.items():
            for key, holding in held.items():
                members.setdefault((name, key), []).append((team, quotas.cohort_of[team], holding))
    room = _Room(by_resource, pools, quotas, keys, members)
    return tuple(_with_rollout(endpoint, room) for endpoint in served)


def _with_rollout(endpoint: EndpointPlan, room: _Room) -> EndpointPlan:
    least = endpoint.canary.stable_replicas if endpoint.canary else endpoint.min_replicas
    replicas = range(least, endpoint.max_replicas + 1)

    def up_to(*places: Spare) -> int:
        # More replicas leave less room, so the answers are in order.
        first_without = bisect_left(
            replicas, True, key=lambda count: room.beside(endpoint, count) not in places
        )
        return replicas[first_without - 1] if first_without else 0

    found = rollout(least, endpoint.max_replicas, up_to(Spare.OWN), up_to(Spare.OWN, Spare.LENT))
    return endpoint.model_copy(update={"rollout": found})


def _of_endpoint(endpoint: EndpointPlan, pods: int) -> _Work:
    return _Work(endpoint.team, endpoint.pool, endpoint.resource, endpoint.devices, pods)


@dataclass(frozen=True, slots=True)
class _Room:
    work: Mapping[tuple[str, str], Counter[_Work]]
    """(Pool, resource) to kinds of pods, each with how many there are."""
    pools: Mapping[str, PoolPlan]
    quotas: Quotas
    keys: Mapping[str, Mapping[str, str]]
    """Pool to Kubernetes resource to quota key."""
    members: Mapping[tuple[str, str], Sequence[tuple[str, str, Holding]]]
    """(Pool, quota key) to each team with its cohort and what it holds."""

    def beside(self, endpoint: EndpointPlan, replicas: int) -> Spare:
        """Where one replica more finds its devices beside so many of the endpoint and all other work."""
        fewer = _of_endpoint(endpoint, 0)
        best = Spare.NONE
        for name in (endpoint.pool, *endpoint.fall_back_to):
            pods = Counter(self.work.get((name, endpoint.resource), {}))
            if name == endpoint.pool:
                pods[fewer] -= endpoint.max_replicas - replicas
            if not _has_room(self.pools[name], endpoint.resource, endpoint.devices, pods):
                continue
            spare = self._in_quota(endpoint, name, pods)
            if spare is Spare.OWN:
                return spare
            best = spare if best is Spare.NONE else best
        return best

    def _in_quota(self, endpoint: EndpointPlan, pool: str, pods: Mapping[_Work, int]) -> Spare:
        key = self.keys[pool].get(endpoint.resource, "")
        own = self.quotas.teams[endpoint.team].get(pool, {}).get(key)
        if own is None:
            return Spare.NONE
        used = Counter[str]()
        for kind, count in pods.items():
            used[kind.team] += kind.devices * count
        if own.nominal - used[endpoint.team] >= endpoint.devices:
            return Spare.OWN
        members = self.members[pool, key]
        cohorts = {
            cohort: entries[pool][key]
            for cohort, entries in self.quotas.cohorts.items()
            if key in entries.get(pool, {})
        }
        # What a team uses beyond its own is lent by somebody; by whom isn't known, so it counts for all.
        lent = sum(max(0, used[team] - holding.nominal) for team, _, holding in members)
        left = usable(
            self.quotas.tree,
            cohorts,
            [(team, at, _left(held, used[team], lent)) for team, at, held in members],
        )
        return Spare.LENT if left[endpoint.team] - lent >= endpoint.devices else Spare.NONE


def _left(holding: Holding, used: int, lent: int) -> Holding:
    """What is left of a holding beside what its owner uses, before ``lent`` is taken off."""
    beyond = max(0, used - holding.nominal)
    limit = holding.borrowing_limit
    return holding._replace(
        nominal=max(0, holding.nominal - used),
        borrowing_limit=None if limit is None else max(0, limit - beyond) + lent,
    )


def _has_room(pool: PoolPlan, resource: str, devices: int, pods: Mapping[_Work, int]) -> bool:
    """Whether one pod more fits on a node, beside all others placed largest first."""
    free = [node.resources.get(resource, 0) for node in pool.nodes]
    if devices == 1:
        return sum(free) > sum(kind.devices * count for kind, count in pods.items())
    for kind, count in sorted(pods.items(), reverse=True, key=lambda item: item[0].devices):
        left = count
        for index, there in enumerate(free):
            placed = min(left, there // kind.devices)
            free[index] -= placed * kind.devices
            left -= placed
    return any(there >= devices for there in free)

"""What a change does to nodes, GPUs and quotas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..gpu.node_plan import PoolPlan
from ..planning.pool_layouts import pool_layouts
from ..planning.quota_rows import TeamQuota
from .model_capacity import Amount, Capacity, PoolCapacity, TeamCapacity
from .pairs import Pair, pairs
from .side import Side

_Key = tuple[str, str, str]
"""Team, pool, resource."""
_Quotas = dict[_Key, TeamQuota]
_Names = tuple[frozenset[str], frozenset[str]]
"""Of teams, of pools."""


def capacity(before: Sequence[Side], after: Sequence[Side]) -> Capacity:
    """Pools and quotas that change. Pools and teams are known by their names: a renamed one goes and comes.

    With more than one environment names begin with that of theirs and a slash.
    """
    both = pairs(before, after)
    teams = sorted((row for pair in both for row in _teams(pair)), key=lambda row: not row.loses)
    return Capacity(
        pools=tuple(row for pair in both for row in _pools(pair)),
        teams=tuple(teams),
        gpus=Amount(
            before=_all_gpus([pair.before for pair in both]), after=_all_gpus([pair.after for pair in both])
        ),
        losers=tuple(dict.fromkeys(row.team for row in teams if row.loses)),
    )


def _pools(pair: Pair) -> Iterator[PoolCapacity]:
    old, new = (_pools_of(side) for side in pair.sides)
    for name in dict.fromkeys([*new, *old]):
        was, will = old.get(name), new.get(name)
        row = PoolCapacity(
            pool=pair.prefix + name,
            accelerator=" → ".join(dict.fromkeys(pool.accelerator for pool in (was, will) if pool)),
            min_nodes=_amount(was, will, lambda pool: pool.min_nodes),
            max_nodes=_amount(was, will, lambda pool: pool.max_nodes),
            gpus=_amount(was, will, _gpus),
            devices=_devices(was, will),
            layout=_layout(was, will) if was and will else None,
        )
        amounts = (row.min_nodes, row.max_nodes, row.gpus, *row.devices.values())
        same_kind = bool(was and will and was.accelerator == will.accelerator)
        if not same_kind or row.layout or any(amount.before != amount.after for amount in amounts):
            yield row


def _amount(was: PoolPlan | None, will: PoolPlan | None, of: Callable[[PoolPlan], int]) -> Amount:
    return Amount(before=of(was) if was else None, after=of(will) if will else None)


def _devices(was: PoolPlan | None, will: PoolPlan | None) -> dict[str, Amount]:
    """Devices whose number differs. A pool that is there and has none of them has 0."""
    names = dict.fromkeys(name for pool in (will, was) if pool for name in pool.gpus_per_device)
    found = {
        name: Amount(
            before=was.capacity.get(name, 0) if was else None,
            after=will.capacity.get(name, 0) if will else None,
        )
        for name in names
    }
    return {name: amount for name, amount in found.items() if (amount.before or 0) != (amount.after or 0)}


def _layout(was: PoolPlan, will: PoolPlan) -> tuple[str, str] | None:
    """Both layouts, where GPUs are cut on either side, or stand in slices, and not in the same way."""
    old, new = ("; ".join(pool_layouts(pool)) for pool in (was, will))
    whole = {node.layout for pool in (was, will) for node in pool.nodes} <= {"all-disabled"}
    return None if whole or old == new else (old, new)


def _teams(pair: Pair) -> Iterator[TeamCapacity]:
    old, new = (_quotas_of(side) for side in pair.sides)
    named = [_names_of(side) for side in pair.sides]
    for key in dict.fromkeys([*new, *old]):
        team, pool, resource = key
        was, will = (_Part.of(key, rows, names) for rows, names in zip((old, new), named, strict=True))
        if (was.own, was.reach) != (will.own, will.reach):
            yield TeamCapacity(
                team=pair.prefix + team,
                pool=pair.prefix + pool,
                resource=resource,
                guaranteed=Amount(before=was.guaranteed, after=will.guaranteed),
                borrowable=Amount(before=was.borrowable, after=will.borrowable),
                loses=will.own < was.own or will.reach < was.reach,
            )


@dataclass(frozen=True, slots=True)
class _Part:
    """What a team has of a resource. ``None`` where the team or the pool is not there."""

    guaranteed: int | None
    borrowable: int | None

    @classmethod
    def of(cls, key: _Key, rows: _Quotas, names: _Names) -> _Part:
        if key in rows:
            return cls(rows[key].guaranteed, rows[key].borrowable)
        team, pool, _ = key
        return cls(0, 0) if team in names[0] and pool in names[1] else cls(None, None)

    @property
    def own(self) -> int:
        return self.guaranteed or 0

    @property
    def reach(self) -> int:
        return self.own + (self.borrowable or 0)


def _quotas_of(side: Side | None) -> _Quotas:
    """Quotas of GPUs and of their parts; CPUs, memory and fabric interfaces follow these."""
    pools = _pools_of(side)
    return {
        (team.name, row.pool, row.resource): row
        for team in (side.plan.teams if side else ())
        for row in team.quotas
        if row.resource in pools[row.pool].gpus_per_device
    }


def _names_of(side: Side | None) -> _Names:
    return frozenset(team.name for team in side.plan.teams) if side else frozenset(), frozenset(
        _pools_of(side)
    )


def _pools_of(side: Side | None) -> dict[str, PoolPlan]:
    return {pool.name: pool for pool in side.plan.pools} if side else {}


def _gpus(pool: PoolPlan) -> int:
    return pool.gpus_per_node * pool.max_nodes


def _all_gpus(sides: Iterable[Side | None]) -> int | None:
    there = [side for side in sides if side]
    return sum(_gpus(pool) for side in there for pool in side.plan.pools) if there else None

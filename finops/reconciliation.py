"""Where every GPU-hour went. What was paid for is shared out whole: nothing counts twice, nothing is lost."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import floor

from ..components.shares import shared_out
from .cost import in_cents
from .unit_costs import split
from .usage import HeldDevices, PoolHour

GPU_HOUR_DIGITS = 6
"""GPU-hours are shown, and add up, in millionths."""


class LineKind(StrEnum):
    """How a GPU-hour ended."""

    SERVING = "serving"
    TRAINING = "training"
    IDLE_GUARANTEED = "idle-guaranteed"
    """It ran idle while a team that was guaranteed it did not use it, and nobody borrowed it."""
    IDLE = "idle"
    """It ran idle and no unused guarantee asked for it."""


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """What of a pool money depends on."""

    gpus_per_node: int
    gpus_per_device: Mapping[str, Fraction]
    """Kubernetes resource to the GPUs that one device stands for."""
    guaranteed_gpus: Mapping[str, Fraction]
    """Team to the GPUs that its quota guarantees."""
    usd_per_node_hour: Decimal | None
    """``None`` where it is unknown."""


@dataclass(frozen=True, slots=True)
class CostLine:
    """GPU-hours of a pool on one day that ended alike."""

    day: datetime.date
    pool: str
    kind: LineKind
    team: str | None
    """``None`` for what no team is guaranteed."""
    workload: str | None
    """Endpoint or training run; ``None`` for what was idle."""
    gpu_hours: Decimal
    usd: Decimal | None
    """``None`` where neither a bill nor a price is known."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Lines that sum to what ran and to what it cost, and what did not fit together."""

    lines: tuple[CostLine, ...]
    notes: tuple[str, ...]


_Key = tuple[str, str, str]
"""Kind, team and workload; empty where there is none."""
Bill = Mapping[tuple[datetime.date, str], Decimal]
"""US dollars that the cloud billed for a pool on a day."""


@dataclass(frozen=True, slots=True)
class _Shared:
    """One hour of a pool."""

    nodes: Fraction
    gpus: Fraction
    parts: Mapping[_Key, Fraction]


_Held = tuple[str, Decimal, tuple[HeldDevices, ...]]
"""Pool, nodes, and what was held: hours in which these are the same are shared out in the same way."""


@dataclass(slots=True)
class _Day:
    alike: Counter[_Held] = field(default_factory=Counter)
    gpu_hours: Fraction = Fraction(0)
    node_hours: Fraction = Fraction(0)
    parts: dict[_Key, Fraction] = field(default_factory=dict)

    def add_up(self, shared: Mapping[_Held, _Shared]) -> None:
        for held, count in self.alike.items():
            hour = shared[held]
            self.gpu_hours += hour.gpus * count
            self.node_hours += hour.nodes * count
            for key, gpus in hour.parts.items():
                if gpus:
                    self.parts[key] = self.parts.get(key, Fraction(0)) + gpus * count


def reconciled(
    hours: Iterable[PoolHour], pools: Mapping[str, PoolFacts], bill: Bill | None = None
) -> Reconciled:
    """Shares out each pool's GPU-hours and its cost, day by day.

    Cost is what the ``bill`` says for a pool and day, else node-hours at the pool's price. Where work held
    more than ran, which two measurements of one hour can say, its parts shrink by one factor.

    Raises ``ValueError`` for a pool hour that comes twice.
    """
    days: dict[tuple[datetime.date, str], _Day] = {}
    notes: dict[str, None] = {}
    seen: set[tuple[datetime.datetime, str]] = set()
    shared: dict[_Held, _Shared] = {}
    for hour in hours:
        if (hour.start, hour.pool) in seen:
            raise ValueError(f"pool {hour.pool} at {hour.start.isoformat()} comes twice")
        seen.add((hour.start, hour.pool))
        facts = pools.get(hour.pool)
        if facts is None:
            notes[
                f"pool {hour.pool} ran, but the description has no such pool: it is left out; reckon its "
                "days with the description of that time"
            ] = None
            continue
        held = (hour.pool, hour.nodes, hour.held)
        if held not in shared:
            shared[held] = _shared(hour, facts, notes)
        days.setdefault((hour.start.date(), hour.pool), _Day()).alike[held] += 1
    lines: list[CostLine] = []
    billed = _billed_cents(bill or {})
    for (date, pool), day in sorted(days.items(), key=lambda item: item[0]):
        day.add_up(shared)
        lines += _lines(date, pool, day, _cost(date, pool, day, pools[pool], billed))
    for (date, pool), usd in sorted(billed.items()):
        if (date, pool) not in days:
            notes[f"{pool} was billed on {date}, but nothing was measured: all of it counts as idle"] = None
            lines.append(CostLine(date, pool, LineKind.IDLE, None, None, _in_millionths(0), usd))
    return Reconciled(tuple(lines), tuple(notes))


def _shared(hour: PoolHour, facts: PoolFacts, notes: dict[str, None]) -> _Shared:
    paid = Fraction(hour.nodes) * facts.gpus_per_node
    used: dict[_Key, Fraction] = {}
    by_team: dict[str, Fraction] = {}
    for row in hour.held:
        each = facts.gpus_per_device.get(row.resource)
        if each is None:
            notes[f"{hour.pool} has no {row.resource}, which {row.team}/{row.workload} held: not counted"] = (
                None
            )
            continue
        gpus = each * Fraction(row.devices)
        key = (row.kind.value, row.team, row.workload)
        used[key] = used.get(key, Fraction(0)) + gpus
        by_team[row.team] = by_team.get(row.team, Fraction(0)) + gpus
    in_use = sum(used.values(), Fraction(0))
    if in_use > paid:
        notes[f"{hour.pool}: work held more GPUs than ran in some hours; its parts were scaled down"] = None
        used = {key: gpus * paid / in_use for key, gpus in used.items()}
        in_use = paid
    idle = paid - in_use
    unused = {
        team: spare
        for team, gpus in facts.guaranteed_gpus.items()
        if (spare := gpus - by_team.get(team, Fraction(0))) > 0
    }
    asked = sum(unused.values(), Fraction(0))
    guaranteed = min(idle, asked)
    for team, spare in unused.items():
        used[(LineKind.IDLE_GUARANTEED, team, "")] = guaranteed * spare / asked
    used[(LineKind.IDLE, "", "")] = idle - guaranteed
    return _Shared(Fraction(hour.nodes), paid, used)


def _billed_cents(bill: Bill) -> dict[tuple[datetime.date, str], Decimal]:
    """The bill in cents: each day within a cent of what it says, the days of a pool as they sum on it."""
    found: dict[tuple[datetime.date, str], Decimal] = {}
    so_far: dict[str, Decimal] = {}
    for (date, pool), usd in sorted(bill.items()):
        before = so_far.get(pool, Decimal(0))
        so_far[pool] = before + usd
        found[date, pool] = in_cents(so_far[pool]) - in_cents(before)
    return found


def _cost(date: datetime.date, pool: str, day: _Day, facts: PoolFacts, billed: Bill) -> Decimal | None:
    if (date, pool) in billed:
        return billed[date, pool]
    if facts.usd_per_node_hour is None:
        return None
    exact = day.node_hours * Fraction(facts.usd_per_node_hour)
    return Decimal(floor(exact * 100 + Fraction(1, 2))).scaleb(-2)


def _lines(date: datetime.date, pool: str, day: _Day, cost: Decimal | None) -> Iterable[CostLine]:
    if not day.gpu_hours:
        if cost:
            yield CostLine(date, pool, LineKind.IDLE, None, None, _in_millionths(0), cost)
        return
    shares = {"\0".join(key): gpus / day.gpu_hours for key, gpus in day.parts.items()}
    hours = shared_out(round(day.gpu_hours * 10**GPU_HOUR_DIGITS), shares)
    usd = split(cost, shares) if cost is not None else None
    for name in sorted(shares):
        kind, team, workload = name.split("\0")
        yield CostLine(
            day=date,
            pool=pool,
            kind=LineKind(kind),
            team=team or None,
            workload=workload or None,
            gpu_hours=_in_millionths(hours[name]),
            usd=usd[name] if usd is not None else None,
        )


def _in_millionths(count: int) -> Decimal:
    return Decimal(count).scaleb(-GPU_HOUR_DIGITS)

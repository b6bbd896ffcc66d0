"""What could have been saved in a period: quota that nobody used, nodes that idled, silent endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

from ..components.counted import counted
from .reconciliation import PoolFacts
from .token_costs import TokenLine
from .usage import PoolHour

_LEAST_USD = Decimal(1)


@dataclass(frozen=True, slots=True)
class UsageSaving:
    """What would have cost less in the period, had it been so from its start."""

    team: str | None
    """Whose it is; ``None`` for the platform's."""
    what: str
    """What to change."""
    usd: Decimal
    """What it would have saved in the period, at the pool's price."""
    why: str
    """What was seen."""


def savings_in(
    hours: Iterable[PoolHour], pools: Mapping[str, PoolFacts], tokens: Iterable[TokenLine]
) -> tuple[UsageSaving, ...]:
    """The savings, largest first. They can overlap: what one frees, another can't free again."""
    by_pool: dict[str, list[PoolHour]] = {}
    for hour in hours:
        if hour.pool in pools:
            by_pool.setdefault(hour.pool, []).append(hour)
    found: list[UsageSaving] = []
    for pool, ran in sorted(by_pool.items()):
        found += _unused_guarantees(pool, ran, pools[pool])
        found += _idle_nodes(pool, ran, pools[pool])
    found += _silent_endpoints(tokens)
    return tuple(
        sorted(
            (saving for saving in found if saving.usd >= _LEAST_USD),
            key=lambda saving: (-saving.usd, saving.what),
        )
    )


def _unused_guarantees(pool: str, hours: list[PoolHour], facts: PoolFacts) -> Iterator[UsageSaving]:
    """Guaranteed GPUs that a team never used, in the hours in which they ran idle."""
    if facts.usd_per_node_hour is None:
        return
    price = Fraction(facts.usd_per_node_hour) / facts.gpus_per_node
    held = [_by_team(hour, facts) for hour in hours]
    peaks = {
        team: max((used.get(team, Fraction(0)) for used in held), default=Fraction(0))
        for team in facts.guaranteed_gpus
    }
    idle_of = [_idle_by_team(hour, used, facts) for hour, used in zip(hours, held, strict=True)]
    for team, guaranteed in facts.guaranteed_gpus.items():
        never = floor(guaranteed - peaks[team])
        if never < 1:
            continue
        idle = sum((min(Fraction(never), teams[team]) for teams in idle_of if teams), Fraction(0))
        yield UsageSaving(
            team,
            f"give back {never} of {_short(guaranteed)} guaranteed GPUs on {pool}",
            _usd(idle * price),
            f"{team} used at most {_short(peaks[team])} at a time; the others ran idle for "
            f"{floor(idle):,} GPU-hours",
        )


def _idle_nodes(pool: str, hours: list[PoolHour], facts: PoolFacts) -> Iterator[UsageSaving]:
    """Whole nodes that ran in every hour, and that no work and no guarantee asked for."""
    if facts.usd_per_node_hour is None:
        return
    guaranteed = sum(facts.guaranteed_gpus.values(), Fraction(0))
    spare = min(
        floor(
            Fraction(hour.nodes)
            - max(guaranteed, sum(_by_team(hour, facts).values(), Fraction(0))) / facts.gpus_per_node
        )
        for hour in hours
    )
    if spare >= 1:
        usd = _usd(Fraction(facts.usd_per_node_hour) * spare * len(hours))
        why = f"in each of {len(hours):,} hours they ran beyond what work held and teams are guaranteed"
        yield UsageSaving(None, f"let {pool} run {counted(spare, 'node')} less", usd, why)


def _silent_endpoints(tokens: Iterable[TokenLine]) -> Iterator[UsageSaving]:
    """Endpoints that read and wrote nothing."""
    counts: dict[str, int] = {}
    costs: dict[str, Decimal | None] = {}
    for line in tokens:
        if line.endpoint:
            asked = line.input_tokens + line.output_tokens
            counts[line.endpoint] = counts.get(line.endpoint, 0) + asked
            before = costs.get(line.endpoint, Decimal(0))
            costs[line.endpoint] = None if before is None or line.usd is None else before + line.usd
    for endpoint, count in counts.items():
        usd = costs[endpoint]
        if not count and usd is not None:
            why = "it read and wrote no token in the period"
            yield UsageSaving(endpoint.partition("/")[0], f"remove endpoint {endpoint}", usd, why)


def _by_team(hour: PoolHour, facts: PoolFacts) -> dict[str, Fraction]:
    found: dict[str, Fraction] = {}
    for row in hour.held:
        gpus = facts.gpus_per_device.get(row.resource, Fraction(0)) * Fraction(row.devices)
        found[row.team] = found.get(row.team, Fraction(0)) + gpus
    return found


def _idle_by_team(hour: PoolHour, used: Mapping[str, Fraction], facts: PoolFacts) -> dict[str, Fraction]:
    """Each team's part of what ran idle under guarantees in the hour; empty where nothing did."""
    idle = Fraction(hour.nodes) * facts.gpus_per_node - sum(used.values(), Fraction(0))
    unused = {
        name: max(Fraction(0), gpus - used.get(name, Fraction(0)))
        for name, gpus in facts.guaranteed_gpus.items()
    }
    asked = sum(unused.values(), Fraction(0))
    if idle <= 0 or not asked:
        return {}
    part = min(Fraction(1), idle / asked)
    return {name: gpus * part for name, gpus in unused.items()}


def _usd(amount: Fraction) -> Decimal:
    return Decimal(floor(amount * 100)).scaleb(-2)


def _short(gpus: Fraction) -> str:
    return f"{float(gpus):g}"

"""What an environment cost: its usage beside its plan, reconciled to the cent."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .finops.reconciliation import Bill, CostLine, LineKind, PoolFacts, reconciled
from .finops.savings_in_usage import UsageSaving, savings_in
from .finops.token_costs import TokenLine, hosted_token_lines, own_token_lines
from .finops.usage import PoolHour, Usage
from .plan import Plan

NOBODY = "nobody"
"""Who bears what no team is guaranteed."""


@dataclass(frozen=True, slots=True)
class TeamCost:
    """What a team bears. The teams and nobody sum to the GPUs' bill and the gateway's."""

    team: str
    cost_center: str | None
    serving: Decimal
    """Tokens of own endpoints, whoever's they are."""
    training: Decimal
    idle_guaranteed: Decimal
    idle: Decimal
    """Of nobody alone."""
    hosted: Decimal
    """Tokens of others' endpoints."""
    gpu_hours: Decimal
    complete: bool
    """Whether everything that it bears has a price."""

    @property
    def usd(self) -> Decimal:
        """All of it that is known."""
        return self.serving + self.training + self.idle_guaranteed + self.idle + self.hosted


@dataclass(frozen=True, slots=True)
class Costs:
    """What was paid between two days, and for what."""

    environment: str
    first: datetime.date
    last: datetime.date
    lines: tuple[CostLine, ...]
    """GPU-hours of all pools."""
    tokens: tuple[TokenLine, ...]
    """Own endpoints' lines sum to the serving ones of ``lines``."""
    teams: tuple[TeamCost, ...]
    """Dearest first, nobody last."""
    unknown: tuple[str, ...]
    """Pools and hosted models without a price: they are in no sum."""
    notes: tuple[str, ...]
    savings: tuple[UsageSaving, ...]
    """What would have cost less, the most first."""

    @property
    def usd(self) -> Decimal:
        """GPUs and others' endpoints together, as far as it is known."""
        hosted = (line.usd for line in self.tokens if line.provider)
        return known(line.usd for line in self.lines) + known(hosted)


def known(amounts: Iterable[Decimal | None]) -> Decimal:
    """The sum of those that are known."""
    return sum((amount for amount in amounts if amount is not None), Decimal("0.00"))


def costs_of(plan: Plan, usage: Usage, first: datetime.date, last: datetime.date, bill: Bill | None) -> Costs:
    """The costs from ``first`` to ``last``, both days included, in UTC."""

    def inside(day: datetime.date) -> bool:
        return first <= day <= last

    hours = [hour for hour in usage.hours if inside(hour.start.date())]
    billed = None if bill is None else {key: usd for key, usd in bill.items() if inside(key[0])}
    facts = pool_facts(plan)
    found = reconciled(hours, facts, billed)
    models = {(endpoint.team, endpoint.name): endpoint.model for endpoint in plan.endpoints}
    tokens = (
        *own_token_lines(found.lines, (row for row in usage.tokens if inside(row.day)), models),
        *hosted_token_lines(row for row in usage.hosted if inside(row.day)),
    )
    return Costs(
        environment=plan.environment,
        first=first,
        last=last,
        lines=found.lines,
        tokens=tokens,
        teams=_teams(plan, found.lines, tokens),
        unknown=_unknown(found.lines, tokens),
        notes=(
            *found.notes,
            *_gaps(hours, first, last, usage.unmeasured_minutes),
            *_unbilled(found.lines, billed),
            *_unmeasured(tokens),
        ),
        savings=savings_in(hours, facts, tokens),
    )


def pool_facts(plan: Plan) -> Mapping[str, PoolFacts]:
    """What of each pool of the plan money depends on."""
    guaranteed: dict[str, dict[str, Fraction]] = {pool.name: {} for pool in plan.pools}
    each = {pool.name: pool.gpus_per_device for pool in plan.pools}
    for team in plan.teams:
        for row in team.quotas:
            if row.resource in each[row.pool] and row.guaranteed:
                held = guaranteed[row.pool]
                gpus = each[row.pool][row.resource] * row.guaranteed
                held[team.name] = held.get(team.name, Fraction(0)) + gpus
    prices = {name: price.usd_per_node_hour if price else None for name, price in plan.pool_prices.items()}
    return {
        pool.name: PoolFacts(
            pool.gpus_per_node, pool.gpus_per_device, guaranteed[pool.name], prices.get(pool.name)
        )
        for pool in plan.pools
    }


def _teams(plan: Plan, lines: Iterable[CostLine], tokens: Iterable[TokenLine]) -> tuple[TeamCost, ...]:
    lines, tokens = list(lines), list(tokens)
    centers = {team.name: team.cost_center for team in plan.teams}
    names = {line.team or NOBODY for line in lines} | {line.team for line in tokens}
    found = []
    for name in names:

        def of(kind: LineKind, name: str = name) -> Decimal:
            return known(line.usd for line in lines if line.kind is kind and (line.team or NOBODY) == name)

        own = [line for line in tokens if line.team == name]
        other = [
            line for line in lines if line.kind is not LineKind.SERVING and (line.team or NOBODY) == name
        ]
        borne = [(line.gpu_hours, line.usd) for line in own] + [(line.gpu_hours, line.usd) for line in other]
        found.append(
            TeamCost(
                team=name,
                cost_center=centers.get(name),
                serving=known(line.usd for line in own if not line.provider),
                training=of(LineKind.TRAINING),
                idle_guaranteed=of(LineKind.IDLE_GUARANTEED),
                idle=of(LineKind.IDLE),
                hosted=known(line.usd for line in own if line.provider),
                gpu_hours=sum((hours for hours, _ in borne), Decimal(0)),
                complete=all(usd is not None for _, usd in borne),
            )
        )
    return tuple(sorted(found, key=lambda cost: (cost.team == NOBODY, -cost.usd, cost.team)))


def _unknown(lines: Iterable[CostLine], tokens: Iterable[TokenLine]) -> tuple[str, ...]:
    pools = {f"pool {line.pool}" for line in lines if line.usd is None}
    hosted = {f"{line.model} of {line.provider}" for line in tokens if line.provider and line.usd is None}
    return (*sorted(pools), *sorted(hosted))


def _gaps(
    hours: Iterable[PoolHour], first: datetime.date, last: datetime.date, unmeasured_minutes: int
) -> Iterable[str]:
    starts = {hour.start for hour in hours}
    expected = ((last - first).days + 1) * 24
    if len(starts) < expected:
        yield f"usage tells of {len(starts)} of {expected} hours; the others count as nothing ran"
    if unmeasured_minutes:
        yield f"nobody measured {unmeasured_minutes:,} minutes of these hours; they count as nothing ran"


def _unbilled(lines: Iterable[CostLine], bill: Bill | None) -> Iterable[str]:
    priced = {(line.day, line.pool) for line in lines if line.usd is not None}
    days = set() if bill is None else priced - bill.keys()
    for pool in sorted({pool for _, pool in days}):
        count = sum(of == pool for _, of in days)
        what = "1 day is" if count == 1 else f"{count} days are"
        yield f"{what} not on the bill of {pool}: the plan's price counts"


def _unmeasured(tokens: Iterable[TokenLine]) -> Iterable[str]:
    ends = {line.endpoint: None for line in tokens if line.endpoint and line.pool is None}
    for endpoint in sorted(ends):
        yield f"endpoint {endpoint} answered on days without GPUs of its own: what that cost is unknown"


def totals(lines: Iterable[CostLine], key: Callable[[CostLine], str]) -> dict[str, tuple[Decimal, Decimal]]:
    """GPU-hours and known US dollars by what ``key`` says of a line, in order of first appearance."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for line in lines:
        hours, usd = found.get(key(line), (Decimal(0), Decimal("0.00")))
        found[key(line)] = (hours + line.gpu_hours, usd + (line.usd or Decimal("0.00")))
    return found

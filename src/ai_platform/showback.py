"""The showback page: what each team cost, how that went, and what would save most."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from decimal import Decimal

from .costs import NOBODY, Costs, TeamCost, known
from .costs_tables import tokens_and_usd
from .finops.reconciliation import LineKind
from .finops.savings_in_usage import UsageSaving
from .finops.token_costs import TokenLine, per_million
from .page.charts import Bar, columns
from .page.elements import Child, Html, element, items, joined
from .page.elements import table as table_of
from .page.frame import Section, page, tiles

_SAVINGS = 3
_BARS = 14
_MEANINGS = {
    LineKind.SERVING: "GPUs that endpoints held, with their owner; tokens say who asked",
    LineKind.TRAINING: "GPUs that training runs held",
    LineKind.IDLE_GUARANTEED: "GPUs that ran idle because a team's guarantee was neither used nor borrowed",
    LineKind.IDLE: "GPUs that ran idle without anybody's guarantee",
}


def showback(costs: Costs, savings: Sequence[UsageSaving]) -> str:
    """One self-contained HTML page, with a section for each team."""
    teams = [_team(index, team, costs, savings) for index, team in enumerate(costs.teams)]
    sections = [_everybody(costs), *teams, _savings_of_all(savings), _how(costs)]
    lead = element("p", f"{costs.first} to {costs.last}, in US dollars")
    about = "Every GPU-hour that ran is in exactly one place, and all amounts sum to what was paid."
    return page(f"Showback {costs.environment}", sections, [lead], about)


def _everybody(costs: Costs) -> Section:
    paid = f"{_usd(costs.usd)}{' + unknown' if costs.unknown else ''}"
    hours = sum((line.gpu_hours for line in costs.lines), Decimal(0))
    rows = [
        [
            team.team,
            team.cost_center or "-",
            *(_usd(amount) for amount in (team.serving, team.training, team.idle_guaranteed, team.idle)),
            _usd(team.hosted),
            f"{_usd(team.usd)}{'' if team.complete else ' + unknown'}",
        ]
        for team in costs.teams
    ]
    head = ("team", "cost centre", ">serving", ">training", ">idle, guaranteed", ">idle", ">hosted", ">USD")
    body: list[Child] = [
        tiles([("USD", paid), ("GPU-hours", f"{hours:,.0f}"), ("in use", _in_use(costs))]),
        columns("by-team", "USD by team", [Bar(_named(team), team.usd) for team in costs.teams], _usd),
        table_of("USD by team", head, rows),
    ]
    if costs.unknown:
        body.append(element("p", f"Without a price, and in no sum: {', '.join(costs.unknown)}."))
    if costs.notes:
        body.append(items([f"Note: {note}." for note in costs.notes]))
    return Section("everybody", "Everybody", tuple(body))


def _named(team: TeamCost) -> str:
    """A bar of what has no price would read as free."""
    return team.team if team.complete else f"{team.team}, at least"


def _team(index: int, team: TeamCost, costs: Costs, savings: Sequence[UsageSaving]) -> Section:
    owner = None if team.team == NOBODY else team.team
    lines = [line for line in costs.lines if line.team == owner and line.kind is not LineKind.SERVING]
    tokens = [line for line in costs.tokens if line.team == team.team]
    daily: dict[datetime.date, Decimal] = {}
    for day, usd in [(one.day, one.usd) for one in lines] + [(one.day, one.usd) for one in tokens]:
        daily[day] = daily.get(day, Decimal(0)) + (usd or Decimal(0))
    body: list[Child] = [
        tiles(
            [
                ("USD", f"{_usd(team.usd)}{'' if team.complete else ' + unknown'}"),
                ("GPU-hours", f"{team.gpu_hours:,.0f}"),
                ("of all", f"{100 * team.usd / costs.usd:.0f} %" if costs.usd else "-"),
            ]
        ),
        columns(f"trend-{index}", f"USD over time, {_named(team)}", _trend(costs, daily), _usd),
    ]
    groups: dict[tuple[str, str, str], tuple[Decimal, list[Decimal | None]]] = {}
    for line in lines:
        key = (line.pool, str(line.kind), line.workload or "-")
        hours, amounts = groups.get(key, (Decimal(0), []))
        groups[key] = (hours + line.gpu_hours, [*amounts, line.usd])
    if groups:
        rows = [
            [pool, kind, work, f"{hours:,.1f}", _usd(known(amounts)) if None not in amounts else "unknown"]
            for (pool, kind, work), (hours, amounts) in sorted(groups.items())
        ]
        head = ("pool", "how it ended", "run", ">GPU-hours", ">USD")
        body.append(table_of(f"GPUs, {team.team}", head, rows))
    if tokens:
        body.append(_tokens(team.team, tokens))
    own = [saving for saving in savings if saving.team == owner][:_SAVINGS]
    if own:
        body += [element("h3", "What would save most"), _savings(own)]
    return Section(f"team-{index}", "Nobody's" if owner is None else team.team, tuple(body))


def _tokens(team: str, lines: Sequence[TokenLine]) -> Html:
    groups: dict[tuple[str, str], list[TokenLine]] = {}
    for line in lines:
        groups.setdefault((line.model, line.endpoint or line.provider or ""), []).append(line)
    rows = []
    for (model, by), found in sorted(groups.items()):
        count, usd = tokens_and_usd(found)
        million = per_million(usd, count)
        rows.append(
            [
                model,
                by,
                f"{count:,}",
                "unknown" if usd is None else _usd(usd),
                "-" if million is None else f"{million:,}",
            ]
        )
    return table_of(f"Tokens, {team}", ("model", "by", ">tokens", ">USD", ">USD a million"), rows)


def _savings_of_all(savings: Sequence[UsageSaving]) -> Section:
    largest = savings[:_SAVINGS]
    body = _savings(largest) if largest else element("p", "Nothing that the period's usage would prove.")
    return Section("savings", "The largest savings", (body,))


def _savings(savings: Iterable[UsageSaving]) -> Html:
    return items(
        [
            joined([element("strong", f"{saving.what}: {_usd(saving.usd)}"), f" ({saving.why})"])
            for saving in savings
        ]
    )


def _how(costs: Costs) -> Section:
    rows = [[str(kind), meaning, _hours(costs, kind)] for kind, meaning in _MEANINGS.items()]
    return Section(
        "how", "How GPU-hours are counted", (table_of("Kinds", ("kind", "what", ">GPU-hours"), rows),)
    )


def _hours(costs: Costs, kind: LineKind) -> str:
    return f"{sum((line.gpu_hours for line in costs.lines if line.kind is kind), Decimal(0)):,.1f}"


def _in_use(costs: Costs) -> str:
    paid = sum((line.gpu_hours for line in costs.lines), Decimal(0))
    worked = (LineKind.SERVING, LineKind.TRAINING)
    used = sum((line.gpu_hours for line in costs.lines if line.kind in worked), Decimal(0))
    return f"{100 * used / paid:.0f} %" if paid else "-"


def _trend(costs: Costs, daily: dict[datetime.date, Decimal]) -> Sequence[Bar]:
    """A bar for each day, or for several where there are too many."""
    count = (costs.last - costs.first).days + 1
    days = [costs.first + datetime.timedelta(days=at) for at in range(count)]
    bars = []
    size = -(-count // _BARS)
    for at in range(0, count, size):
        group = days[at : at + size]
        name = str(group[0]) if len(group) == 1 else f"{group[0]} to {group[-1]}"
        bars.append(Bar(name, sum((daily.get(day, Decimal(0)) for day in group), Decimal(0))))
    return bars


def _usd(amount: Decimal | int) -> str:
    return f"{amount:,.2f}"

"""Cost of the report in HTML, with charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from ..page.charts import Bar, Number, Pair, difference_bars, paired_bars
from ..page.elements import Child, Html, element, items, joined, table
from ..page.frame import Section
from .model import Report
from .model_money import Money, MoneyLine, MoneyReport
from .plain import plain
from .words import (
    FLOORS,
    budget,
    cost_text,
    decisive,
    difference,
    is_floor,
    money_text,
    rests_on_expected,
    sums,
    unpriced,
    usd,
    which,
)


def money_part(report: Report) -> Iterator[Section]:
    """Cost by pool, team and cost centre, and what would be cheaper."""
    money = report.money
    if not money.pools and not sums(money):
        return
    expected = rests_on_expected(money)
    body: list[Child] = [element("p", f"{text}.")] if (text := cost_text(report)) else []
    body.append(element("div", *_charts(money, expected), class_="charts"))
    lists = (
        ("Pools", money.pools),
        ("Teams by what is guaranteed to them", money.teams),
        ("Cost centres", money.cost_centers),
    )
    total = sums(money)
    body += [
        _money_table(f"{name}, {which(expected)}", [*rows, *total], expected) for name, rows in lists if rows
    ]
    if money.unknown:
        body.append(element("p", FLOORS))
        body.append(items([plain(name) for name in money.unknown]))
    if money.savings:
        rows = [[plain(row.what), usd(row.monthly_usd), plain(row.why, 1_000)] for row in money.savings]
        body.append(table("The same for less", ("what", ">saves a month", "why"), rows))
    yield Section("cost", f"Cost a month, {plain(money.currency)}", tuple(body))


def _charts(money: MoneyReport, expected: bool) -> Iterator[Html]:
    if money.pools:
        yield paired_bars(
            "cost-by-pool", f"Cost a month by pool, {which(expected)}", _pairs(money.pools, expected), _whole
        )
        changes = [
            Bar(plain(line.name), _change(line, expected)) for line in money.pools if not unpriced(line)
        ]
        if any(bar.value for bar in changes):
            yield difference_bars(
                "difference-by-pool", f"Difference a month by pool, {which(expected)}", changes, _signed
            )
    if money.teams:
        yield paired_bars(
            "cost-by-team", f"Cost a month by team, {which(expected)}", _pairs(money.teams, expected), _whole
        )


def _pairs(lines: Sequence[MoneyLine], expected: bool) -> list[Pair]:
    pairs = []
    for line in lines:
        before, after = decisive(line, expected)
        # A bar of what has no price would read as free.
        name = plain(line.name) + (", at least" if is_floor(line) else "")
        pairs.append(Pair(name, before if line.before else None, after if line.after else None))
    return pairs


def _change(line: MoneyLine, expected: bool) -> Decimal:
    before, after = decisive(line, expected)
    return after - before


def _whole(value: Number) -> str:
    return f"{value:,.0f}"


def _signed(value: Number) -> str:
    return f"{value:+,.0f}" if value else "±0"


def _money_table(caption: str, lines: Sequence[MoneyLine], expected: bool) -> Html:
    rows = [
        [
            plain(line.name),
            _sum(line.before, before),
            _sum(line.after, after),
            difference(line, expected),
            budget(line),
        ]
        for line in lines
        for before, after in (decisive(line, expected),)
    ]
    return table(caption, ("name", ">before", ">after", ">difference", ">budget"), rows)


def _sum(money: Money | None, decisive_usd: Decimal) -> Child:
    """The amount that decides, and below it from where to where it may go."""
    if money is None or (money.minimum == money.maximum and not money.unknown):
        return money_text(money)
    floor = "at least " if money.unknown else ""
    span = f"{usd(money.minimum)} to {usd(money.maximum)}"
    return joined([f"{floor}{usd(decisive_usd)}", element("small", span)])

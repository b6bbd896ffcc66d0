"""Cost of the report in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from ..components.counted import counted
from .markdown_page import Page
from .model import Report
from .model_money import MoneyLine
from .words import FLOORS, budget, difference, money_text, rests_on_expected, sums, usd, which


def money_part(page: Page, report: Report) -> None:
    """Cost by pool, team and cost centre, and what would be cheaper."""
    money = report.money
    expected = rests_on_expected(money)
    unknown = [FLOORS, page.items(money.unknown, page.text)] if money.unknown else []
    if pools := [*money.pools, *sums(money)]:
        title = f"Cost a month by pool, {page.text(money.currency)}"
        parts = (_money_table(page, pools, expected), *unknown)
        if _differs(pools):
            page.section(title, *parts)
        else:
            page.folded(f"<b>{title}</b>: unchanged", *parts)
    for title, rows in (("team", money.teams), ("cost centre", money.cost_centers)):
        if rows:
            same = "" if _differs(rows) else ": unchanged"
            page.folded(f"<b>Cost a month by {title}</b>{same}", _money_table(page, rows, expected))
    if money.savings:
        most = usd(max(row.monthly_usd for row in money.savings))
        page.folded(
            f"<b>The same for less</b>: {counted(len(money.savings), 'way')}, up to {most} a month",
            page.items(
                money.savings,
                lambda row: (
                    f"{page.text(row.what)} Saves {usd(row.monthly_usd)} a month: {page.text(row.why)}"
                ),
            ),
        )


def _differs(lines: Sequence[MoneyLine]) -> bool:
    return any(line.before != line.after for line in lines)


def _money_table(page: Page, rows: Sequence[MoneyLine], expected: bool) -> str:
    return page.table(
        ["", ">before", ">after", f">difference, {which(expected)}", ">budget"],
        rows,
        lambda row: [
            page.text(row.name),
            money_text(row.before),
            money_text(row.after),
            difference(row, expected),
            f"**{said}**" if "over" in (said := budget(row)) else said,
        ],
    )

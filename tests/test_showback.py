"""The showback page: each team's cost, trend and largest savings, safe from what names hold."""

from __future__ import annotations

import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from ai_platform.costs import Costs, costs_of
from ai_platform.description import read
from ai_platform.finops.usage import Usage
from ai_platform.showback import showback
from tests.browser import DESKTOP, PHONE, Browser
from tests.usage import START, usage_of

PROD = Path(__file__).resolve().parents[1] / "stacks" / "prod.yaml"
ATTACK = '<img src=x onerror="alert(1)">'


@cache
def costs(days: int = 2, name: str | None = None) -> Costs:
    _, plan = read(PROD)
    usage = usage_of(plan, days)
    if name:
        rows = [row.model_copy(update={"model": name, "provider": name}) for row in usage.hosted]
        usage = Usage(environment="prod", hours=usage.hours, tokens=usage.tokens, hosted=tuple(rows))
    return costs_of(plan, usage, START, START + datetime.timedelta(days=days - 1), None)


def test_every_team_has_a_section_with_its_cost():
    found = costs()
    page = showback(found, found.savings)
    for team in found.teams:
        assert f">{team.team}</h2>" in page
        assert f"{team.usd:,.2f}" in page
    assert "pool h100, pool h100-spot" in page


def test_a_team_sees_its_own_three_largest_savings_and_everybody_the_largest_of_all():
    found = costs()
    page = showback(found, found.savings)
    for saving in found.savings[:3]:
        assert page.count(saving.what) == 2
    assert found.savings[0].usd == max(saving.usd for saving in found.savings)


@pytest.mark.parametrize("days", [1, 14, 15, 40])
def test_a_trend_has_at_most_fourteen_bars_that_sum_to_the_team_s_cost(days):
    found = costs(days)
    page = showback(found, found.savings)
    chart = page.split('id="trend-0"')[1].split("</figure>")[0]
    told = [part.rsplit(": ", 1)[1] for part in chart.split("<desc")[1].split("</desc>")[0].split("; ")]
    assert len(told) <= 14
    assert sum(Decimal(amount.replace(",", "")) for amount in told) == found.teams[0].usd


def test_a_bar_of_what_has_no_price_says_that_it_is_a_floor():
    found = costs()
    page = showback(found, found.savings)
    assert "assistants, at least: 606.08" in page
    assert "notebooks: 719.50" in page


def test_names_of_others_are_text():
    found = costs(name=ATTACK)
    page = showback(found, found.savings)
    assert "<img" not in page
    assert "&lt;img" in page


@pytest.mark.engine
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_page_reads_in_a_browser(browser: Browser, tmp_path, width):
    found = costs(40)
    file = tmp_path / "showback.html"
    file.write_text(showback(found, found.savings), encoding="utf-8")
    for scheme in ("light", "dark"):
        browser.open(file, width, scheme)
        assert browser.complaints() == []
        assert browser.requests() == []
        assert browser.overflow() == 0
        bars = browser.run(
            "return [...document.querySelectorAll('rect')].map(b => b.getBoundingClientRect().width)"
        )
        assert len(bars) > 14
        assert min(bars) > 0
        assert {name: ratio for name, ratio in browser.contrasts().items() if ratio < 4.5} == {}

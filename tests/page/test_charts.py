"""Charts: every row has its bar, lengths are in proportion, nothing is lost when rows are summed up."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ai_platform.page.charts import MOST, Bar, Pair, columns, difference_bars, paired_bars
from tests.examples import examples

NUMBERS = st.decimals(min_value=-(10**9), max_value=10**9, places=2)


def said(value):
    return f"{value}"


def parsed(chart):
    return ET.fromstring(chart)  # noqa: S314 - our own


def drawn(chart):
    """The chart's bars as start and length in per cent, and its texts."""
    svg = parsed(chart).find("svg")
    bars = [
        (float(bar.get("x").rstrip("%")), float(bar.get("width").rstrip("%"))) for bar in svg.iter("rect")
    ]
    return bars, [text.text for text in svg.iter("text")]


def test_the_longest_bar_is_the_largest_number():
    bars, texts = drawn(paired_bars("a", "GPUs", [Pair("h100", 32, 48), Pair("l40s", 16, None)], said))
    assert [round(length / bars[1][1], 2) for _, length in bars] == [0.67, 1, 0.33]
    assert texts == ["h100", "32", "48", "l40s", "16", "not there after"]


def test_what_goes_down_ends_where_what_goes_up_begins():
    bars, _ = drawn(difference_bars("a", "Cost", [Bar("h100", 30), Bar("l40s", -10)], said))
    (up, length), (down, other) = bars
    assert abs(down + other - up) < 0.1
    assert abs(length / other - 3) < 0.1


def test_a_credit_is_no_cost_among_months():
    months = [Bar("2026-10", 30), Bar("2026-11", -10)]
    (spent, length), (credit, other) = drawn(columns("a", "Cost", months, said))[0]
    assert abs(credit + other - spent) < 0.1
    assert abs(length / other - 3) < 0.1


def test_nothing_but_zeroes_still_makes_a_chart():
    bars, _ = drawn(difference_bars("a", "Cost", [Bar("h100", 0)], said))
    assert bars[0][1] > 0
    assert drawn(paired_bars("a", "Cost", [], said)) == ([], [])
    assert len(drawn(columns("a", "Cost", [Bar("2026-10", 0), Bar("2026-11", 3)], said))[0]) == 2


def test_names_of_others_stay_text():
    name = '</text><script>"&'
    chart = paired_bars("a", name, [Pair(name, 1, 2)], said)
    assert "<script" not in chart
    assert drawn(chart)[1][0] == name


def test_a_long_name_is_cut_in_the_picture_and_whole_in_its_description():
    chart = columns("a", "Cost", [Bar("n" * 90, 1)], said)
    assert drawn(chart)[1][0] == "n" * 41 + "…"
    assert "n" * 90 in chart


def test_every_chart_has_a_title_and_a_description_that_are_named():
    chart = parsed(paired_bars("cost", "Cost", [Pair("h100", 1, 2)], said))
    svg = chart.find("svg")
    assert svg.get("role") == "img"
    ids = [svg.find("title").get("id"), svg.find("desc").get("id")]
    assert svg.get("aria-labelledby").split() == ids
    assert svg.find("desc").text == "h100: 1 before, 2 after"


@examples(60)
@given(st.lists(NUMBERS, min_size=1, max_size=40))
def test_many_rows_are_summed_up_without_loss(values):
    rows = [Bar(f"pool-{number}", value) for number, value in enumerate(values)]
    bars, texts = drawn(difference_bars("a", "Cost", rows, said))
    assert len(bars) == min(len(rows), MOST)
    numbers = [Decimal(text) for text in texts if re.fullmatch(r"-?\d+(\.\d+)?(E.*)?", text)]
    assert sum(numbers) == sum(values)
    assert all(start >= -0.01 and start + length <= 67 for start, length in bars)

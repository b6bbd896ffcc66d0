"""The report in a terminal."""

from __future__ import annotations

import unicodedata

from ai_platform.cli.table import text_of
from ai_platform.report.model import Report
from ai_platform.report.terminal import terminal
from tests.report.samples import hostile, large, sample
from tests.report.test_markdown import ATTACKS


def shown(report: Report) -> str:
    return text_of(terminal(report), 120)


def test_the_last_lines_are_the_verdict():
    assert shown(sample()).splitlines()[-5:] == [
        "less than before: research",
        "change: 1 deleted, 1 replaced, 4 created, 2 changed",
        "cost: USD 212,000.60 → 246,900.35 a month expected (+34,899.75, +16.5 %)",
        "GPUs: 48",
        "dangers: 1 critical, 1 high, 1 low; gates: 1 mandatory",
    ]


def test_it_fits_into_the_terminal():
    assert max(map(len, shown(sample()).splitlines())) <= 120


def test_a_long_list_of_components_is_cut_and_says_where_the_rest_is():
    text = shown(large(50))
    assert "and 30 components more: --format json or html has them all" in text


def test_a_report_without_anything_has_a_verdict_alone():
    assert shown(Report(title="dev")).splitlines() == [
        "change: resources not previewed",
        "cost: not known",
        "GPUs: not known",
        "dangers: none found in what is known; gates: not asked",
    ]


def test_no_text_controls_the_terminal():
    letters = set(shown(hostile(ATTACKS))) - {"\n"}
    assert not {letter for letter in letters if unicodedata.category(letter) in {"Cc", "Cf"}}

"""The report for programs."""

from __future__ import annotations

import json
from pathlib import Path

from ai_platform.report.json_text import json_text, report_schema, report_schema_text
from ai_platform.report.model import Report
from tests.report.samples import hostile, sample

FILE = Path(__file__).parents[2] / "docs" / "report.schema.json"


def test_schema_in_the_docs_is_the_one_of_the_code():
    """To write it again: ``FILE.write_text(report_schema_text())``."""
    assert FILE.read_text() == report_schema_text()


def test_every_key_says_what_it_means():
    models = [report_schema(), *report_schema()["$defs"].values()]
    keys = [
        (model["title"], name, key) for model in models for name, key in model.get("properties", {}).items()
    ]
    assert keys
    assert not [(title, name) for title, name, key in keys if not key.keys() & {"description", "$ref"}]


def test_what_is_written_is_read_back_the_same():
    assert Report.model_validate_json(json_text(sample())) == sample()


def test_money_keeps_its_cents():
    assert json.loads(json_text(sample()))["money"]["total"]["after"]["maximum"] == "355200.10"


def test_nothing_that_hides_or_turns_stands_in_it_raw():
    assert json_text(hostile(["\u202e\u200b\x1b[31m"])).isascii()

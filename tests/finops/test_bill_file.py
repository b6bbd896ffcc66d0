"""A cloud's bill as its exports write it."""

from __future__ import annotations

import csv
import datetime
import json
from decimal import Decimal
from pathlib import Path

import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.finops.bill_file import read_bill

COLUMNS = ("BilledCost", "BillingCurrency", "ChargePeriodEnd", "ChargePeriodStart", "Tags")
TAGS = json.dumps({"environment": "prod", "pool": "h100"})
DAY = datetime.date(2026, 11, 2)


def bill(folder: Path, *rows: tuple[str, ...]) -> Path:
    path = folder / "bill.csv"
    with path.open("w", newline="") as out:
        csv.writer(out).writerows([COLUMNS, *rows])
    return path


def row(usd: str, start: str = "2026-11-02T00:00:00Z", end: str = "", tags: str = TAGS) -> tuple[str, ...]:
    return (usd, "USD", end, start, tags)


def test_credits_and_refunds_are_taken_off(tmp_path):
    path = bill(tmp_path, row("10.50"), row("-4.25"), row("-7"))
    assert read_bill(path, "prod") == {(DAY, "h100"): Decimal("-0.75")}


def test_google_s_list_of_tags_and_times_of_bigquery_are_read(tmp_path):
    tags = [
        {"key": "environment", "value": "prod", "type": "label"},
        {"key": "pool", "value": "a100", "type": "label"},
        {"key": "environment", "value": "shared", "type": "project_label"},
    ]
    path = bill(tmp_path, row("3", "2026-11-02 23:00:00 UTC", "2026-11-03 00:00:00 UTC", json.dumps(tags)))
    assert read_bill(path, "prod") == {(DAY, "a100"): Decimal(3)}


@pytest.mark.parametrize(
    ("start", "day"),
    [("2026-11-02T23:30:00-08:00", 3), ("2026-11-03T00:30:00+01:00", 2), ("2026-11-02", 2)],
)
def test_a_day_is_one_in_utc(tmp_path, start, day):
    assert list(read_bill(bill(tmp_path, row("1", start)), "prod")) == [(DAY.replace(day=day), "h100")]


def test_what_is_charged_for_a_month_is_spread_over_its_days_and_none_of_it_lost(tmp_path):
    path = bill(tmp_path, row("100", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"))
    found = read_bill(path, "prod")
    assert [day.day for day, _ in found] == list(range(1, 29))
    assert sum(found.values()) == Decimal(100)
    assert max(found.values()) - min(found.values()) < Decimal("1e-9")


def test_a_file_that_ends_within_a_row_is_refused(tmp_path):
    path = bill(tmp_path, row("1"))
    path.write_text(path.read_text() + "5,USD,")
    with pytest.raises(InvalidInput, match=r"line 3.*ends early"):
        read_bill(path, "prod")


@pytest.mark.parametrize("tags", ['["pool"]', '[{"key": "pool"}]', "7", '"text"', "{"])
def test_tags_of_another_form_are_a_problem_and_no_traceback(tmp_path, tags):
    with pytest.raises(InvalidInput, match=r"Tags \(line 2\)"):
        read_bill(bill(tmp_path, row("1", tags=tags)), "prod")


def test_a_field_without_an_end_is_a_problem_and_no_traceback(tmp_path):
    with pytest.raises(InvalidInput, match="field larger than field limit"):
        read_bill(bill(tmp_path, row("1", tags="x" * 200_000)), "prod")


@pytest.mark.parametrize("usd", ["1e400", "NaN", "-Infinity", "12,5", ""])
def test_an_amount_that_no_bill_has_is_a_problem_and_no_traceback(tmp_path, usd):
    with pytest.raises(InvalidInput, match=r"BilledCost \(line 2\)"):
        read_bill(bill(tmp_path, row(usd)), "prod")

"""What an environment cost: who bears it, in tables, CSV, JSON and FOCUS."""

from __future__ import annotations

import csv
import datetime
import io
import json
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from ai_platform import costs_tables
from ai_platform.cli.main import main
from ai_platform.costs import NOBODY, costs_of
from ai_platform.description import read
from ai_platform.finops.focus import COLUMNS, OWN_COLUMNS
from ai_platform.finops.usage_file import usage_text
from tests.usage import START, usage_of

STACKS = Path(__file__).resolve().parents[1] / "stacks"
END = START + datetime.timedelta(days=1)
# FOCUS 1.2: columns that no row may leave empty.
NEVER_EMPTY = (
    *("BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart"),
    *("ChargeCategory", "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost", "EffectiveCost"),
    *("InvoiceIssuerName", "ListCost", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName"),
    *("ListUnitPrice", "ContractedUnitPrice", "PricingQuantity", "PricingUnit", "PricingCategory"),
    *("SkuId", "SkuPriceId", "ConsumedQuantity", "ConsumedUnit", "ChargeDescription", "ServiceSubcategory"),
)


@cache
def described(name: str):
    return read(STACKS / f"{name}.yaml")


@cache
def found(name: str):
    _, plan = described(name)
    return costs_of(plan, usage_of(plan), START, END, None)


def focus_rows(name: str) -> list[dict[str, str]]:
    environment, plan = described(name)
    return list(csv.DictReader(io.StringIO(costs_tables.focus_text(environment, plan, found(name)))))


@pytest.mark.parametrize("name", ["local", "dev", "staging", "prod"])
def test_teams_and_nobody_bear_everything_that_was_paid(name):
    costs = found(name)
    assert sum(team.usd for team in costs.teams) == costs.usd
    assert costs.usd > 0
    assert sum(line.gpu_hours for line in costs.lines) == sum(team.gpu_hours for team in costs.teams)


@pytest.mark.parametrize("name", ["local", "dev", "staging", "prod"])
def test_the_rows_of_focus_sum_to_what_was_paid(name):
    assert sum(Decimal(row["BilledCost"]) for row in focus_rows(name)) == found(name).usd


def test_every_row_of_focus_has_what_the_specification_wants():
    rows = focus_rows("prod")
    assert list(rows[0]) == [*COLUMNS, *OWN_COLUMNS]
    assert all(name.startswith("x_") for name in OWN_COLUMNS)
    for row in rows:
        assert [name for name in NEVER_EMPTY if not row[name]] == []
        assert bool(row["ResourceId"]) == bool(row["ResourceType"])
        product = Decimal(row["ListUnitPrice"]) * Decimal(row["PricingQuantity"])
        assert product == Decimal(row["ListCost"])
        assert json.loads(row["Tags"])["environment"] == "prod"
    services = {(row["ServiceName"], row["ServiceSubcategory"]) for row in rows}
    assert len(services) == len({name for name, _ in services})


def test_what_has_no_price_is_named_and_in_no_sum():
    costs = found("prod")
    assert costs.unknown == ("pool h100", "pool h100-spot")
    assistants = next(team for team in costs.teams if team.team == "assistants")
    assert not assistants.complete
    text = "\n".join(str(part) for part in costs_tables.tables(costs))
    assert "+ unknown" in text


def test_nobody_comes_last():
    names = [team.team for team in found("dev").teams]
    assert NOBODY not in names[:-1]


def test_a_period_beyond_what_was_measured_says_so():
    _, plan = described("dev")
    costs = costs_of(plan, usage_of(plan), START, END + datetime.timedelta(days=1), None)
    assert costs.notes == ("usage tells of 48 of 72 hours; the others count as nothing ran",)


def test_a_workload_that_looks_like_a_formula_stays_text_in_csv():
    _, plan = described("dev")
    usage = usage_of(plan, days=1)
    hours = [
        hour.model_copy(
            update={"held": tuple(row.model_copy(update={"workload": "=HYPERLINK(1)"}) for row in hour.held)}
        )
        for hour in usage.hours
    ]
    costs = costs_of(plan, usage.model_copy(update={"hours": tuple(hours)}), START, START, None)
    assert "'=HYPERLINK(1)" in costs_tables.csv_text(costs)
    assert ",=HYPERLINK(1)" not in costs_tables.csv_text(costs)


def test_names_of_others_are_no_formulas_in_focus_and_credits_stay_numbers(tmp_path):
    environment, plan = described("prod")
    usage = usage_of(plan, days=1)
    hosted = tuple(row.model_copy(update={"model": "=HYPERLINK(1)"}) for row in usage.hosted)
    bill = {(START, pool.name): Decimal("-5.25") for pool in plan.pools} | {(START, "gone"): Decimal("-1.5")}
    costs = costs_of(plan, usage.model_copy(update={"hosted": hosted}), START, START, bill)
    rows = list(csv.DictReader(io.StringIO(costs_tables.focus_text(environment, plan, costs))))
    assert not [cell for row in rows for cell in row.values() if cell.startswith("=")]
    credited = [row for row in rows if Decimal(row["BilledCost"]) < 0]
    assert {(row["ChargeCategory"], row["ListUnitPrice"], row["ConsumedQuantity"]) for row in credited} == {
        ("Credit", "", "")
    }
    assert all(row["ListCost"] == row["BilledCost"] for row in credited)
    assert sum(Decimal(row["BilledCost"]) for row in rows) == costs.usd
    table = csv.DictReader(io.StringIO(costs_tables.csv_text(costs)))
    assert sum(Decimal(row["usd"]) for row in table) == Decimal("-5.25") * len(plan.pools) - Decimal("1.5")


def test_a_charge_of_which_nobody_measured_the_usage_is_none_of_usage_in_focus():
    environment, plan = described("prod")
    costs = costs_of(
        plan,
        usage_of(plan, days=1).model_copy(update={"hours": ()}),
        START,
        START,
        {(START, "l40s"): Decimal(5)},
    )
    rows = list(csv.DictReader(io.StringIO(costs_tables.focus_text(environment, plan, costs))))
    (row,) = [row for row in rows if row["ResourceName"] == "l40s"]
    assert (row["ChargeCategory"], row["BilledCost"], row["ListCost"]) == ("Adjustment", "5.00", "5.00")
    assert (row["ConsumedQuantity"], row["PricingQuantity"], row["x_GpuHours"]) == ("", "", "0.000000")


def test_what_is_missing_beside_the_numbers_is_told():
    _, plan = described("prod")
    usage = usage_of(plan).model_copy(update={"unmeasured_minutes": 1234})
    asked = usage.tokens[0].model_copy(update={"endpoint": "gone"})
    usage = usage.model_copy(update={"tokens": (*usage.tokens, asked)})
    notes = costs_of(plan, usage, START, END, {(START, "l40s"): Decimal(7)}).notes
    assert "nobody measured 1,234 minutes of these hours; they count as nothing ran" in notes
    assert "1 day is not on the bill of l40s: the plan's price counts" in notes
    assert "2 days are not on the bill of b200: the plan's price counts" in notes
    assert [note for note in notes if note.startswith(f"endpoint {asked.team}/gone answered on days without")]


def run(tmp_path: Path, *arguments: str, name: str = "prod") -> int:
    _, plan = described(name)
    (tmp_path / "usage.json").write_text(usage_text(usage_of(plan)))
    period = ("--from", str(START), "--to", str(END))
    return main(["costs", name, *period, "--usage", str(tmp_path / "usage.json"), *arguments])


def test_the_command_prints_tables(tmp_path, capsys):
    assert run(tmp_path) == 0
    out = capsys.readouterr().out
    assert "idle-guaranteed" in out
    assert "without a price, and in no sum: pool h100, pool h100-spot" in out


@pytest.mark.parametrize("option", ["--output", "--save-usage"])
def test_a_file_that_can_not_be_written_is_bad_input(tmp_path, capsys, option):
    assert run(tmp_path, option, str(tmp_path / "nowhere" / "file")) == 2
    assert "a file that can't be written: No such file or directory" in capsys.readouterr().err


def test_the_command_writes_json_that_adds_up(tmp_path):
    assert run(tmp_path, "--format", "json", "--output", str(tmp_path / "costs.json")) == 0
    said = json.loads((tmp_path / "costs.json").read_text())
    lines = sum(Decimal(line["usd"]) for line in said["lines"] if line["usd"])
    hosted = sum(Decimal(line["usd"]) for line in said["tokens"] if line["provider"] and line["usd"])
    assert lines + hosted == Decimal(said["usd"])


def test_a_bill_replaces_list_prices(tmp_path):
    columns = ["BilledCost", "BillingCurrency", "ChargePeriodStart", "Tags"]
    tags = json.dumps({"user:environment": "prod", "user:pool": "h100"})
    other = json.dumps({"user:environment": "dev", "user:pool": "h100"})
    with (tmp_path / "bill.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        writer.writerow(["100.25", "USD", "2026-11-02T00:00:00Z", tags])
        writer.writerow(["23.5", "USD", "2026-11-02T13:00:00Z", tags])
        writer.writerow(["9999", "USD", "2026-11-02T13:00:00Z", other])
        writer.writerow(["9999", "USD", "2026-11-02T13:00:00Z", ""])
    arguments = ("--bill", str(tmp_path / "bill.csv"), "--format", "csv", "--output", str(tmp_path / "out"))
    assert run(tmp_path, *arguments) == 0
    rows = csv.DictReader(io.StringIO((tmp_path / "out").read_text()))
    paid = sum(Decimal(row["usd"]) for row in rows if row["pool"] == "h100" and row["day"] == "2026-11-02")
    assert paid == Decimal("123.75")


def test_a_bill_that_can_t_be_read_is_one_error_with_every_row(tmp_path, capsys):
    tags = '"{""environment"": ""prod"", ""pool"": ""h100""}"'
    (tmp_path / "bill.csv").write_text(
        "BilledCost,BillingCurrency,ChargePeriodStart,Tags\n"
        f"1,EUR,2026-11-02T00:00:00Z,{tags}\n"
        f"many,USD,2026-11-02T00:00:00Z,{tags}\n"
        "1,USD,2026-11-02T00:00:00Z,[\n"
    )
    assert run(tmp_path, "--bill", str(tmp_path / "bill.csv")) == 2
    said = capsys.readouterr().err
    assert all(f"(line {number})" in said for number in (2, 3, 4))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "Invalid JSON"),
        ('{"environment": "dev"}', "expected prod"),
        ('{"environment": "prod", "hours": [{"pool": "a"}]}', "hours.0.start"),
    ],
)
def test_usage_that_can_t_be_read_is_one_error(tmp_path, capsys, text, expected):
    (tmp_path / "usage.json").write_text(text)
    period = ("--from", str(START), "--to", str(END))
    assert main(["costs", "prod", *period, "--usage", str(tmp_path / "usage.json")]) == 2
    assert expected in capsys.readouterr().err


def test_days_in_the_wrong_order_are_refused(tmp_path, capsys):
    arguments = ["--from", "2026-11-03", "--to", "2026-11-02", "--usage", "none"]
    assert main(["costs", "prod", *arguments]) == 2
    assert "name the earlier day first" in capsys.readouterr().err

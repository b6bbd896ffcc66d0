import datetime
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from ai_platform.cli import main as cli
from ai_platform.description import read
from ai_platform.finops import aws_prices, gcp_prices
from ai_platform.finops.price_file import Refreshed, RefreshError
from ai_platform.finops.spec import PriceSpec
from ai_platform.gpu.machines import MACHINES, Cloud

LOCAL = Path(__file__).parents[2] / "stacks" / "local.yaml"
ROWS = [
    PriceSpec(
        machine="g6e.12xlarge",
        region="us-east-1",
        usd_per_hour=Decimal("10.4926400000"),
        source="AWS Price List API, published 2026-11-19",
        date=datetime.date(2026, 11, 21),
    ),
    PriceSpec(
        machine="p5.48xlarge",
        region="us-east-1",
        option="spot",
        usd_per_hour=Decimal("24.75"),
        source="EC2 spot price history",
        date=datetime.date(2026, 11, 21),
        note="spot changes; 20 to 24.75 in 2 zones, the dearest counts",
    ),
]
REFRESH = ["prices", "refresh", "--cloud", "aws", "--region", "us-east-1"]


@pytest.fixture
def aws(monkeypatch):
    """AWS with two prices; what it was asked."""
    asked = []

    def answer(region, machines, now):
        asked.append((region, machines, now))
        return Refreshed(ROWS, {"p5e.48xlarge on_demand": "not listed", "p5e.48xlarge spot": "not listed"})

    monkeypatch.setattr(aws_prices, "refresh", answer)
    return asked


def test_the_file_on_standard_output_is_csv(aws, capsys):
    assert cli.main(REFRESH) == 0
    said = capsys.readouterr()
    note = '"spot changes; 20 to 24.75 in 2 zones, the dearest counts"'
    assert said.out.replace(note, "NOTE").splitlines() == [
        "machine,region,option,usd_per_hour,source,date,note",
        'g6e.12xlarge,us-east-1,on_demand,10.49264,"AWS Price List API, published 2026-11-19",2026-11-21,',
        "p5.48xlarge,us-east-1,spot,24.75,EC2 spot price history,2026-11-21,NOTE",
    ]
    assert "2 prices of 2 machines" in said.err
    assert "unknown: p5e.48xlarge on_demand, p5e.48xlarge spot: not listed" in said.err


def test_every_machine_of_the_cloud_is_asked_for(aws):
    cli.main(REFRESH)
    [(region, machines, _)] = aws
    assert region == "us-east-1"
    assert machines == {row.name for row in MACHINES.values() if row.cloud is Cloud.AWS}


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", ["aws.csv", "aws.yaml"])
def test_what_was_written_is_a_price_file_that_the_plan_reads(name, tmp_path, capsys):
    assert cli.main([*REFRESH, "--out", str(tmp_path / name)]) == 0
    assert f"review {tmp_path / name}" in capsys.readouterr().err
    shutil.copy(LOCAL, tmp_path / "local.yaml")
    with (tmp_path / "local.yaml").open("a") as file:
        file.write(f"price_files: [{name}]\n")
    environment, plan = read(tmp_path / "local.yaml")
    assert environment.prices == ROWS
    assert plan.pool_prices["l40s"].source == ROWS[0].source


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("out", ["prices.txt", "no/such/folder/prices.csv"])
def test_a_file_that_can_not_be_written_is_refused_before_anything_is_asked(out, aws, tmp_path, capsys):
    assert cli.main([*REFRESH, "--out", str(tmp_path / out)]) == 2
    assert not aws
    assert "--out" in capsys.readouterr().err


def test_a_cloud_that_does_not_answer_leaves_the_file_as_it_is(monkeypatch, tmp_path, capsys):
    def refuse(*_):
        raise RefreshError("AWS gave no prices")

    monkeypatch.setattr(aws_prices, "refresh", refuse)
    file = tmp_path / "aws.csv"
    file.write_text("kept")
    assert cli.main([*REFRESH, "--out", str(file)]) == 1
    assert file.read_text() == "kept"
    assert capsys.readouterr().err == "error: AWS gave no prices\n"


def test_a_region_without_any_price_is_an_error(monkeypatch, capsys):
    monkeypatch.setattr(aws_prices, "refresh", lambda *_: Refreshed([], {}))
    assert cli.main([*REFRESH[:-1], "us-central1"]) == 1
    assert "is that a region of aws?" in capsys.readouterr().err


def test_gcp_is_asked_with_what_each_machine_is_billed_for(monkeypatch):
    asked = []

    def answer(*arguments):
        asked.append(arguments)
        return Refreshed(ROWS, {})

    monkeypatch.setattr(gcp_prices, "refresh", answer)
    assert cli.main(["prices", "refresh", "--cloud", "gcp", "--region", "us-central1"]) == 0
    [(region, machines, _)] = asked
    mega = next(each for each in machines if each.name == "a3-megagpu-8g")
    assert region == "us-central1"
    assert (mega.gpu_count, mega.vcpu, mega.memory_gib, mega.local_disk_gib) == (8, 208, 1872, 6000)

import json
from decimal import Decimal

import pytest

from ai_platform.cli import main as cli
from ai_platform.cli import output
from ai_platform.finops.price_book import BUILT_IN
from ai_platform.gpu.machines import MACHINES, Cloud, Fabric
from ai_platform.machine_list import Wanted, listed, matching_gpus

LOCAL = """
name: local
cluster: {provider: simulated}
region: eu-west-1
node_pools: [{name: p, machine: p5.4xlarge}]
teams: [{name: t}]
machines: [{name: own.large, cloud: aws, gpu: H100-80GB, gpu_count: 2, vcpu: 32, memory_gib: 256}]
prices: [{machine: own.large, region: eu-west-1, usd_per_hour: 8, source: contract, date: 2026-11-01}]
"""


def names(**wanted):
    return [row.machine.name for row in listed(MACHINES, BUILT_IN, Wanted(**wanted))]


def run(capsys, *arguments):
    assert cli.main(["machines", *arguments]) == 0
    return capsys.readouterr().out


def test_the_cheapest_gpu_hour_comes_first_and_the_unknown_last():
    rows = listed(MACHINES, BUILT_IN, Wanted())
    assert len(rows) == len(MACHINES)
    hours = [row.usd_per_gpu_hour for row in rows]
    known = [hour for hour in hours if hour is not None]
    assert known == sorted(known)
    assert hours[len(known) :] == [None] * (len(hours) - len(known))


def test_filters_hold_together():
    found = listed(MACHINES, BUILT_IN, Wanted(gpu="h100", min_gpu_memory_gb=80, cloud=Cloud.AWS))
    assert [row.machine.name for row in found] == ["p5.48xlarge", "p5.4xlarge"]
    assert names(fabric=Fabric.TCPXO) == ["a3-megagpu-8g"]
    assert set(names(gpu="rtx pro 6000", max_usd_per_hour=Decimal(4))) == {"g7e.2xlarge", "g7e.4xlarge"}
    assert names(gpu="A30") == []


def test_a_limit_on_the_price_leaves_out_what_is_unknown():
    assert "p5e.48xlarge" in names(gpu="H200")
    assert "p5e.48xlarge" not in names(gpu="H200", max_usd_per_hour=Decimal(1000))


def test_an_option_lists_those_that_are_sold_that_way():
    blocks = listed(MACHINES, BUILT_IN, Wanted(option="capacity_block"))
    assert "p5e.48xlarge" in [row.machine.name for row in blocks]
    assert all(row.machine.cloud is Cloud.AWS for row in blocks)
    assert blocks[0].price.usd_per_hour == Decimal("5.191")


def test_another_region_has_only_its_own_prices():
    assert all(row.price is None for row in listed(MACHINES, BUILT_IN, Wanted(region="eu-west-1")))


def test_part_of_a_gpus_name_is_enough():
    assert matching_gpus("gb200") == ["GB200-186GB"]
    assert matching_gpus("a100-80") == ["A100-80GB"]


def test_the_table_marks_what_is_to_be_checked_and_cuts_no_number(capsys):
    said = run(capsys)
    assert "…" not in said
    assert max(map(len, said.splitlines())) <= 120
    assert "p6e-gb200.36xlarge" in said
    assert "third-party price page" in said
    assert "machines: 86, without a price: 9" in said


def test_a_narrow_terminal_gets_two_tables_that_cut_nothing_either(capsys, monkeypatch):
    monkeypatch.setattr(output, "PIPE_WIDTH", 80)
    said = run(capsys)
    assert "…" not in said
    assert max(map(len, said.splitlines())) <= 80
    lines = [line.split() for line in said.splitlines() if "p5en.48xlarge" in line]
    assert lines == [
        ["p5en.48xlarge", "8", "×", "H200-141GB⁸", "DSRB¹", "63.296", "7.912", "D"],
        ["p5en.48xlarge", "141", "192", "2048", "28312", "3200", "efa", "×", "16", "yes"],
    ]


def test_an_unknown_value_is_a_question_mark(capsys):
    [row] = [line for line in run(capsys, "--gpu", "GB300").splitlines() if "a4x-max" in line]
    assert row.count("?") == 3


def test_programs_get_exact_texts_and_null(capsys):
    rows = json.loads(run(capsys, "--gpu", "h200", "--cloud", "aws", "--json"))
    assert [row["machine"] for row in rows] == ["p5en.48xlarge", "p5e.48xlarge"]
    assert rows[0]["price"]["usd_per_hour"] == "63.296"
    assert rows[0]["price"]["usd_per_gpu_hour"] == "7.9120"
    assert rows[1]["price"]["usd_per_hour"] is None
    assert rows[1]["provisional"]


def test_a_description_brings_its_machines_prices_and_region(tmp_path, capsys):
    file = tmp_path / "local.yaml"
    file.write_text(LOCAL)
    rows = json.loads(run(capsys, "--env", str(file), "--gpu", "H100", "--json"))
    assert rows[0]["machine"] == "own.large"
    assert rows[0]["price"] == {
        "region": "eu-west-1",
        "option": "on_demand",
        "usd_per_hour": "8",
        "usd_per_gpu_hour": "4.0000",
        "source": "contract",
        "date": "2026-11-01",
        "provisional": None,
    }


def test_an_environment_is_named_as_for_other_commands(capsys):
    assert "p6-b200.48xlarge" in run(capsys, "--env", "prod", "--gpu", "B200")


def test_memory_is_a_number_of_gigabytes(capsys):
    with pytest.raises(SystemExit):
        cli.main(["machines", "--min-gpu-memory", "-1"])
    assert "no number of GB" in capsys.readouterr().err


def test_an_unknown_gpu_is_refused_with_those_that_there_are(capsys):
    assert cli.main(["machines", "--gpu", "zz"]) == 2
    assert "H100-80GB" in capsys.readouterr().err


def test_nothing_that_fits_is_said(capsys):
    assert "no machine" in run(capsys, "--gpu", "A30")


@pytest.mark.parametrize("price", ["x", "nan", "-1"])
def test_a_limit_that_is_no_amount_is_refused(price, capsys):
    with pytest.raises(SystemExit):
        cli.main(["machines", "--max-price", price])
    assert "amount of US dollars" in capsys.readouterr().err

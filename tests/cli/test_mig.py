import json
import re
from pathlib import Path

import pytest
import yaml

from ai_platform.cli import main as cli

FITS = "h100-80gb x8: 5x1g.10gb 3x3g.40gb 1xgpus"
TOO_MUCH = "h100-80gb x1: 2x7g.80gb"
DESCRIPTION = """\
name: test
cluster: {provider: simulated}
node_pools:
  - {name: pool, machine: p5.48xlarge, mig: auto}
teams:
  - name: team
    quota: {pool: {1g.10gb: {nominal: 10}, gpus: {nominal: 2}}}
"""
TPUS = """\
name: test
cluster: {provider: simulated}
node_pools: [{name: t, machine: ct5lp-hightpu-1t}]
teams: [{name: a}]
"""
WEIGHTS = """\
name: test
cluster: {provider: simulated}
node_pools:
  - {name: cut, machine: p5.48xlarge, mig: [{nodes: 1, gpus: [{count: 1, devices: {1g.10gb: 7}}]}]}
  - {name: shared, machine: g6.12xlarge, sharing: {strategy: time_slicing, replicas: 5}}
cohorts:
  - {name: labs, quota: {cut: {gpus: {nominal: 2}}}}
teams:
  - {name: a, weight: 2}
  - {name: b, weight: 1, cohort: labs}
"""


def out(capsys, *arguments, code=0):
    assert cli.main(["mig", *arguments]) == code
    return capsys.readouterr().out


def test_requests_are_packed_and_shown(capsys):
    text = out(capsys, FITS)
    assert "GPU 0-1" in text
    assert "3g.40gb" in text
    assert text.rstrip().endswith("4 GPUs used, proven fewest")


def test_different_node_layouts_come_with_how_many_are_needed(capsys):
    several = "h100-80gb x8 x3: 25x1g.10gb 7x2g.20gb 9x3g.40gb"
    assert "h100-80gb: 2 different node layouts, proven fewest" in out(capsys, several)
    data = json.loads(out(capsys, several, "--json"))
    assert data["node_layouts"] == [{"pool": "h100-80gb", "used": 2, "bound": 2}]


def test_what_is_not_served_is_said_and_the_command_fails(capsys):
    text = out(capsys, TOO_MUCH, code=1)
    assert "request 1: 1 not served: the GPU of h100-80gb is full; 2 would do" in text


def test_json_holds_slots_resources_and_the_bound(capsys):
    data = json.loads(out(capsys, FITS, "--json"))
    node = data["pools"][0]["nodes"][0]
    assert node["resources"] == {
        "nvidia.com/gpu": 5,
        "nvidia.com/mig-1g.10gb": 7,
        "nvidia.com/mig-3g.40gb": 4,
    }
    assert node["gpus"][0] == [
        {"profile": "3g.40gb", "start": 0, "size": 4},
        {"profile": "3g.40gb", "start": 4, "size": 4},
    ]
    assert (data["used_gpus"], data["bound"], data["unserved"]) == (4, 4, [])


def test_the_config_is_what_mig_parted_reads(capsys):
    document = yaml.load(out(capsys, FITS, "--config"), yaml.CSafeLoader)
    assert document["version"] == "v1"
    assert document["mig-configs"]["2x-3g.40gb-2-1x-1g.10gb-7-5x-whole"] == [
        {"devices": [0, 1], "mig-enabled": True, "mig-devices": {"3g.40gb": 2}},
        {"devices": [2], "mig-enabled": True, "mig-devices": {"1g.10gb": 7}},
        {"devices": [3, 4, 5, 6, 7], "mig-enabled": False},
    ]


def test_a_description_is_shown_with_what_its_teams_are_promised(capsys, tmp_path):
    file = tmp_path / "test.yaml"
    file.write_text(DESCRIPTION)
    devices = json.loads(out(capsys, str(file), "--json"))["pools"][0]["devices"]
    assert devices == {"gpus": {"made": 6, "promised": 2}, "1g.10gb": {"made": 14, "promised": 10}}
    assert "spare" in out(capsys, str(file))


def test_what_weights_and_cohorts_give_is_promised_too(capsys, tmp_path):
    file = tmp_path / "weights.yaml"
    file.write_text(WEIGHTS)
    cut, shared = json.loads(out(capsys, str(file), "--json"))["pools"]
    assert cut["devices"] == {"gpus": {"made": 7, "promised": 7}, "1g.10gb": {"made": 7, "promised": 7}}
    assert shared["devices"] == {"shared_gpus": {"made": 20, "promised": 20}}
    assert "│ shared GPUs │ 20    │ 20       │ 0     │" in out(capsys, str(file))


def test_a_description_without_gpus_says_so(capsys, tmp_path):
    file = tmp_path / "tpus.yaml"
    file.write_text(TPUS)
    assert out(capsys, str(file)) == "no pool has GPUs\n"


def test_the_picture_is_written_beside_any_output(capsys, tmp_path):
    file = tmp_path / "mig.svg"
    out(capsys, FITS, "--json", "--svg", str(file))
    assert file.read_text().startswith("<svg")


@pytest.mark.parametrize("arguments", [["h10: 1xgpus"], [FITS, "--svg", "no/such/folder/x.svg"], ["no.yaml"]])
def test_bad_input_is_one_error_and_not_a_traceback(capsys, arguments):
    assert cli.main(["mig", *arguments]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_a_layout_of_a_gpu_that_nobody_listed_is_shown_as_provisional(capsys):
    assert "provisional: MIG placements follow from" in out(capsys, "h200 x1: 1x1g.18gb")
    assert "provisional" not in out(capsys, "h100-80gb x1: 1x1g.10gb")


def test_the_picture_in_the_docs_is_the_one_of_the_command(capsys):
    docs = (Path(__file__).parents[2] / "docs" / "mig.md").read_text()
    command = re.search(r'^ai-platform mig "(.*)"$', docs, re.M).group(1)
    shown = [line.rstrip() for line in out(capsys, command).rstrip().splitlines()]
    assert "\n".join(shown) in docs


def test_the_example_in_the_docs_prints_what_they_say(capsys):
    docs = (Path(__file__).parents[2] / "docs" / "mig.md").read_text()
    code, printed = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", docs, re.S).groups()
    exec(code)  # noqa: S102
    assert capsys.readouterr().out == printed


def test_a_pool_of_requests_has_gpus_without_mig_too(capsys):
    assert "whole GPU" in out(capsys, "l4 x4: 2x20GiB")

import json
from pathlib import Path

import pytest

from ai_platform.cli import main as cli
from ai_platform.gpu.doctor.expectation import pool_expectation
from ai_platform.gpu.doctor.recording import load_recording
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.node_plan import plan_pool
from ai_platform.gpu.spec import NodePoolSpec

RECORDINGS = Path(__file__).parents[1] / "gpu" / "doctor" / "recordings"

ENVIRONMENT = """
name: local
cluster: {provider: simulated}
node_pools: [{name: big, machine: p5.48xlarge}, {name: small, machine: g6.12xlarge}]
teams: [{name: t}]
"""


@pytest.fixture
def description(tmp_path):
    file = tmp_path / "local.yaml"
    file.write_text(ENVIRONMENT)
    return str(file)


def replay(name):
    return ["--replay", str(RECORDINGS / f"{name}.json")]


def doctor(*arguments):
    return cli.main(["doctor", *arguments])


def test_a_node_that_is_as_planned_is_ok(capsys, description):
    assert doctor(description, "--pool", "big", *replay("p5.48xlarge")) == 0
    said = capsys.readouterr().out
    assert said.endswith("pool big: ok; layout all-disabled\n")
    assert "fabric: 32 EFA" in said
    assert "18/18" in said


def test_a_sick_node_fails_with_what_to_do(capsys, description):
    assert doctor(description, "--pool", "big", *replay("p5.48xlarge-sick")) == 1
    said = capsys.readouterr().out
    assert "pool big: 5 failures, 3 warnings" in said
    assert "remapped_rows" in said
    assert max(map(len, said.splitlines())) <= 120


def test_the_docs_show_what_it_prints(capsys, description):
    assert doctor(description, "--pool", "big", *replay("p5.48xlarge-mig")) == 1
    said = capsys.readouterr().out.replace("pool big", "pool h100")
    docs = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text()
    assert f"$ ai-platform doctor dev --pool h100\n{said}```" in docs


def test_warnings_alone_are_no_failure(capsys, tmp_path, description):
    recorded = json.loads((RECORDINGS / "g6.12xlarge.json").read_text())
    recorded["reading"]["gpus"][0]["ecc"] = False
    file = tmp_path / "recorded.json"
    file.write_text(json.dumps(recorded))
    assert doctor(description, "--pool", "small", "--replay", str(file)) == 0
    assert "1 warning" in capsys.readouterr().out


def test_programs_get_verdict_and_reading(capsys, description):
    assert doctor(description, "--pool", "small", "--json", *replay("p5.48xlarge")) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["verdict"]["grade"] == "failure"
    assert {finding["check"] for finding in said["verdict"]["findings"]} >= {"gpu_count", "gpu_model"}
    assert said["reading"]["gpus"][7]["pci_device"] == "2330"


def test_a_file_says_what_is_expected_where_there_is_no_checkout(capsys, tmp_path):
    plan = plan_pool(NodePoolSpec(name="l4", machine="g6.12xlarge"))
    file = tmp_path / "expected.json"
    file.write_text(pool_expectation(plan, MACHINES["g6.12xlarge"]).model_dump_json())
    assert doctor("--expect", str(file), *replay("g6.12xlarge")) == 0
    assert "pool l4: ok" in capsys.readouterr().out


def test_without_a_plan_only_faults_are_found(capsys):
    assert doctor(*replay("p4d.24xlarge-mig")) == 0
    assert "without a plan to compare with: ok" in capsys.readouterr().out
    assert doctor(*replay("p5.48xlarge-sick")) == 1


def test_no_driver_is_said_without_a_traceback(capsys):
    assert doctor(*replay("no-driver")) == 1
    said = capsys.readouterr().out
    assert "NVML Shared Library Not Found" in said
    assert "Traceback" not in said


def test_what_was_read_can_be_kept_and_judged_again(capsys, tmp_path):
    file = tmp_path / "kept.json"
    assert doctor(*replay("p5.48xlarge"), "--record", str(file)) == 0
    assert load_recording(file).reading == load_recording(RECORDINGS / "p5.48xlarge.json").reading
    assert "read from the machine" in load_recording(file).source


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["local"], "both, or none of them"),
        (["--pool", "big"], "both, or none of them"),
        (["local", "--pool", "p", "--expect", "f"], "one of them"),
        (["--expect", "/none.json"], "can't be read"),
        (["--replay", "/none.json"], "can't be used"),
        (["--serve", "127.0.0.1:0", "--json"], "--serve alone"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(capsys, arguments, said):
    assert doctor(*arguments) == 2
    assert said in capsys.readouterr().err


def test_a_pool_that_is_not_there_is_named_with_those_that_are(capsys, description):
    assert doctor(description, "--pool", "huge") == 2
    assert "one of big, small" in capsys.readouterr().err


def test_a_document_that_is_wrong_is_refused_with_every_problem(capsys, tmp_path):
    file = tmp_path / "wrong.json"
    file.write_text('{"pool": 1, "colour": "red"}')
    assert doctor("--expect", str(file)) == 2
    said = capsys.readouterr().err
    assert "colour" in said
    assert "gpu_product: got a missing key" in said
    file.write_text('{"source": "here", "reading": {"gpus": [{"index": "x"}]}}')
    assert doctor("--replay", str(file)) == 2
    assert "reading.gpus[0].index" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["9410", "host:x", ":1", "host:70000"])
def test_an_address_needs_host_and_port(capsys, value):
    with pytest.raises(SystemExit):
        doctor("--serve", value)
    assert "no HOST:PORT" in capsys.readouterr().err

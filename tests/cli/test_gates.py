import json
import shutil
from pathlib import Path

from ai_platform.cli import main as cli

STACKS = Path(__file__).resolve().parents[2] / "stacks"


def test_the_command_writes_the_configuration_and_says_how_to_use_it(tmp_path, monkeypatch, capsys):
    shutil.copytree(STACKS, tmp_path / "stacks")
    (tmp_path / "Pulumi.yaml").write_text("name: x\n")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["gates", "prod", "--output", "gates.json"]) == 0
    out = capsys.readouterr().out
    assert "gates.json: 0 levels and 7 exceptions of prod" in out
    pack = "--policy-pack .ai-platform/policy --policy-pack-config gates.json"
    assert f"pulumi preview --stack prod.cluster {pack}" in out
    assert "pulumi policy analyze --stack prod.teams" in out
    config = json.loads((tmp_path / "gates.json").read_text())
    assert config["budget"] == {
        "environment": str(tmp_path / "stacks" / "prod.yaml"),
        "enforcementLevel": "mandatory",
    }
    assert len(config["exceptions"]["exceptions"]) == 7


def test_an_environment_that_is_not_there_is_bad_input(tmp_path, monkeypatch):
    (tmp_path / "Pulumi.yaml").write_text("name: x\n")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["gates", "none"]) == 2

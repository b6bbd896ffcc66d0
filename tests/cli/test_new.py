"""The command that makes a project."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ai_platform.cli import main as cli
from ai_platform.cli import new


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files_below(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def test_new_lists_every_file_that_it_writes_and_says_what_comes_next(here, capsys):
    assert cli.main(["new", "ours"]) == 0
    listed, steps = capsys.readouterr().out.split("\n\nnext:\n")
    written = files_below(here / "ours")
    assert listed.splitlines() == [f"ours/{path}" for path in written]
    assert {"Pulumi.yaml", "stacks/__main__.py", "stacks/local.yaml", ".gitignore"} <= written.keys()
    assert "name: ours\n" in written["Pulumi.yaml"]
    assert steps.splitlines() == [
        "  cd ours",
        "  python3 -m venv .venv && .venv/bin/python -m pip install --requirement requirements.txt",
        "  .venv/bin/ai-platform up local",
    ]


@pytest.mark.parametrize("cloud", ["aws", "gcp", "existing"])
def test_the_project_has_environments_that_can_be_planned_at_once(here, cloud, capsys, monkeypatch):
    assert cli.main(["new", "ours", "--cloud", cloud]) == 0
    out = capsys.readouterr().out
    assert "yours to fill in, marked `# yours`:\n" in out
    assert re.search(r"^  ours/stacks/prod\.yaml: lines \d", out, re.M)
    assert out.endswith("ai-platform plan dev\n")
    monkeypatch.chdir("ours")
    for name in ("local", "dev", "staging", "prod"):
        assert cli.main(["plan", name]) == 0
    assert not capsys.readouterr().err


@pytest.mark.parametrize("folder", ["", " "])
def test_a_folder_without_a_name_is_not_here(here, folder, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["new", folder])
    assert stopped.value.code == 2
    assert "is no folder: name it, or write . for here" in capsys.readouterr().err
    assert not files_below(here)


def test_here_is_a_place_for_a_project_too_and_its_own_python_is_taken_as_it_is(here, monkeypatch, capsys):
    monkeypatch.setattr(sys, "prefix", str(here / ".venv"))
    (here / ".venv").mkdir()
    assert cli.main(["new", ".", "--name", "ours"]) == 0
    assert capsys.readouterr().out.endswith("\n\nnext:\n  .venv/bin/ai-platform up local\n")


@pytest.mark.parametrize(
    "in_the_way",
    [
        pytest.param(lambda here: (here / "ours" / "Pulumi.yaml").write_text("name: theirs\n"), id="a file"),
        pytest.param(lambda here: (here / "ours" / "Pulumi.yaml").mkdir(), id="a folder"),
        pytest.param(lambda here: (here / "ours" / "Pulumi.yaml").symlink_to("nowhere"), id="a link"),
        pytest.param(lambda here: (here / "ours" / "stacks").write_text("x"), id="a file for a folder"),
        pytest.param(lambda here: (here / "ours" / "stacks").symlink_to("nowhere"), id="a link for a folder"),
    ],
)
def test_what_is_there_is_never_written_over_and_then_nothing_is_written(here, in_the_way, capsys):
    (here / "ours").mkdir()
    in_the_way(here)
    before = files_below(here)
    assert cli.main(["new", "ours"]) == 2
    assert re.search(r"ours/(Pulumi\.yaml|stacks): got ", capsys.readouterr().err)
    assert files_below(here) == before


def test_every_file_that_is_in_the_way_is_named_at_once(here, capsys):
    cli.main(["new", "ours", "--cloud", "aws"])
    assert cli.main(["new", "ours", "--cloud", "gcp"]) == 2
    err = capsys.readouterr().err
    assert [f"stacks/{name}.yaml: got" in err for name in ("dev", "staging", "prod")] == [True] * 3
    assert "stacks/local.yaml" not in err


def test_a_run_that_was_interrupted_is_finished_by_the_next(here):
    cli.main(["new", "ours"])
    whole = files_below(here)
    (here / "ours" / "Pulumi.yaml").unlink()
    shutil.rmtree(here / "ours" / "stacks")
    assert cli.main(["new", "ours"]) == 0
    assert files_below(here) == whole


def test_a_dry_run_writes_nothing(here, capsys):
    assert cli.main(["new", "ours", "--cloud", "aws", "--dry-run"]) == 0
    assert "ours/stacks/prod.yaml: would be written" in capsys.readouterr().out
    assert not (here / "ours").exists()


@pytest.mark.parametrize(
    "arguments", [["Our_Platform"], ["ours", "--name", "a.b"], ["ours", "--name", "n" * 41]]
)
def test_a_name_that_pulumi_or_kubernetes_would_refuse_is_refused_first(here, arguments, capsys):
    assert cli.main(["new", *arguments]) == 2
    assert "--name: got " in capsys.readouterr().err
    assert not list(here.iterdir())


def test_a_folder_that_is_a_file_is_bad_input(here, capsys):
    (here / "ours").write_text("x")
    assert cli.main(["new", "ours"]) == 2
    assert "ours: got a file; expected a folder" in capsys.readouterr().err


def test_where_the_wheel_came_from_a_file_the_install_finds_it_there_again(here, monkeypatch, capsys):
    class Installed:
        def read_text(self, _):
            return json.dumps({"url": (here / "a b" / "x.whl").as_uri(), "archive_info": {}})

    (here / "a b").mkdir()
    monkeypatch.setattr(new, "distribution", lambda _: Installed())
    cli.main(["new", "ours"])
    assert f"requirements.txt --find-links '{here}/a b'\n" in capsys.readouterr().out


def test_git_sees_neither_state_nor_kubeconfigs(here):
    cli.main(["new", "ours"])
    git = str(shutil.which("git"))
    subprocess.run([git, "init", "--quiet", "ours"], check=True)
    hidden = [".ai-platform/passphrase", ".venv/x", "kubeconfigs/dev", "stacks/__pycache__/x.pyc"]
    command = [git, "check-ignore", *hidden, "stacks/local.yaml", "requirements.txt"]
    done = subprocess.run(command, cwd=here / "ours", capture_output=True, text=True)
    assert done.stdout.splitlines() == hidden


def test_a_change_is_reported_by_the_commands_of_the_pipeline(here, monkeypatch, capsys):
    cli.main(["new", "ours", "--cloud", "aws"])
    monkeypatch.chdir("ours")
    git = [str(shutil.which("git")), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "first"]):
        subprocess.run([*git, *words], check=True)
    dev = Path("stacks", "dev.yaml")
    dev.write_text(dev.read_text().replace("max_nodes: 3", "max_nodes: 4"))
    capsys.readouterr()
    assert cli.main(["changed", "--base", "HEAD"]) == 0
    assert capsys.readouterr().out == "dev\n"
    how = ["--format", "json", "--output", "report.json", "--fail-on", "critical"]
    assert cli.main(["report", "--before", "HEAD:dev", "--after", "dev", *how]) == 0
    assert cli.main(["render", "report.json", "--output", "report.md", "--output", "report.html"]) == 0
    assert "**GPUs 3 → 4**" in Path("report.md").read_text()


def test_the_docs_show_what_the_command_prints(capsys):
    docs = (Path(__file__).parents[2] / "docs" / "new-project.md").read_text(encoding="utf-8")
    ((command, shown),) = re.findall(r"^```console\n\$ ai-platform (.*?)\n(.*?)```$", docs, re.S | re.M)
    assert cli.main(command.split()) == 0
    assert capsys.readouterr().out == shown


def test_outside_of_a_project_the_commands_name_the_one_that_makes_it(capsys):
    assert cli.main(["gates", "prod"]) == 2
    assert "ai-platform new DIR" in capsys.readouterr().err

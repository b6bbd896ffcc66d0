"""The command line: what it refuses, what it runs, and what it leaves behind."""

from __future__ import annotations

import errno
import fcntl
import json
import stat
import subprocess
from pathlib import Path

import pytest

from ai_platform.cli import main as cli
from ai_platform.cli import project
from ai_platform.cli.workplace import EngineError, Workplace, forget, held, marked, settings
from ai_platform.components.errors import InvalidInput, Problem
from ai_platform.local.errors import ClusterError
from ai_platform.local.tools import ToolError


@pytest.fixture
def no_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails the test when a tool is asked for."""
    monkeypatch.setattr(project, "ensure", lambda *_: pytest.fail("a tool was asked for"))


def test_settings_lead_pulumi_to_the_project_alone(place, tmp_path):
    tools = {tool: tmp_path / "tools" / tool / tool for tool in ("pulumi", "pulumi-resource-kubernetes")}
    first = settings(place, tools)
    assert first["PATH"].startswith(f"{tmp_path}/tools/pulumi:")
    assert first["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/.ai-platform/state"
    assert stat.S_IMODE(place.passphrase.stat().st_mode) == 0o600
    secret = place.passphrase.read_text()
    assert len(secret) >= 32
    assert settings(place, tools) == first
    assert place.passphrase.read_text() == secret
    (folder,) = Path(first["PULUMI_HOME"]).glob("plugins/resource-kubernetes-v*")
    assert (folder / "pulumi-resource-kubernetes").readlink() == tools["pulumi-resource-kubernetes"]


@pytest.mark.parametrize(
    "command",
    [
        ["plan", "no.yaml"],
        ["machines", "--gpu", "zz"],
        ["fit", "nothing-like-it"],
        ["mig", "h10: 1xgpus"],
        ["mig", "no.yaml", "--from", "no.yaml"],
    ],
)
def test_with_json_what_is_wrong_is_json_too(capsys, command):
    assert cli.main([*command, "--json"]) == 2
    said = capsys.readouterr()
    problems = json.loads(said.out)["problems"]
    assert problems
    assert all(set(problem) == {"path", "line", "got", "expected", "fix"} for problem in problems)
    assert all(problem["fix"] in said.err for problem in problems)


def test_a_plugin_that_is_found_through_its_own_link_stays_what_it_is(place, tmp_path):
    program = tmp_path / "tools" / "pulumi-resource-kubernetes"
    program.parent.mkdir()
    program.touch()
    settings(place, {program.name: program})
    (link,) = place.home.glob("pulumi-home/plugins/*/pulumi-resource-kubernetes")
    settings(place, {program.name: link})
    assert link.resolve() == program


def test_a_marker_tells_of_a_killed_run_and_refuses_a_second_one(tmp_path):
    path = tmp_path / "running"
    with marked(path) as marker:
        assert not marker.unclean
        with pytest.raises(EngineError, match="another run"), marked(path):
            pass
        marker.write(session=4711)
    with marked(path) as marker:
        assert marker.unclean
        assert marker.session == 4711


def test_down_waits_for_no_run_that_goes_on(place, monkeypatch):
    place.home.mkdir()
    monkeypatch.setattr(
        "ai_platform.local.cluster.down", lambda *_, **__: pytest.fail("the cluster was taken down")
    )
    with place.marker("local").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert cli.main(["down"]) == 1


def stored(place: Workplace, stack: str) -> list[Path]:
    folder = place.state / ".pulumi"
    files = [
        folder / f"stacks/ai-platform/{stack}.json",
        folder / f"history/ai-platform/{stack}/1.history.json",
        place.config / f"Pulumi.{stack}.yaml",
    ]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    return files


def test_forgetting_a_stack_leaves_the_others(place):
    (place.clusters / "local-2").mkdir(parents=True)
    gone, kept = stored(place, "local"), stored(place, "local-2")
    forget(place, "local")
    assert not any(file.exists() for file in gone)
    assert all(file.exists() for file in kept)


def test_down_of_the_last_cluster_leaves_nothing(place, capsys):
    stored(place, "local")
    place.clusters.mkdir()
    place.passphrase.write_text("x")
    assert cli.main(["down"]) == 0
    assert not place.home.exists()
    assert cli.main(["down"]) == 0
    assert "nothing to remove" in capsys.readouterr().out
    assert not place.home.exists()


def test_held_makes_no_folder(place):
    with held(place, "local"):
        pass
    assert not place.home.exists()


def test_outside_a_project_the_command_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["up"]) == 2
    assert "Pulumi.yaml" in capsys.readouterr().err


@pytest.mark.usefixtures("place", "no_tools")
@pytest.mark.parametrize("command", ["up", "preview", "plan"])
def test_an_unknown_environment_is_refused_before_any_tool_is_built(command, capsys):
    Path("dev.yaml").write_text("")
    assert cli.main([command, "prod"]) == 2
    assert "one of: dev" in capsys.readouterr().err


@pytest.mark.usefixtures("place", "no_tools")
def test_a_bad_description_is_refused_before_any_tool_is_built(capsys):
    Path("local.yaml").write_text("name: local\nnode_pool: []\n")
    assert cli.main(["up"]) == 2
    said = capsys.readouterr().err
    assert "node_pool" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInput("x.yaml", [Problem("a", 1, "2", "write 2")]), 2),
        (ToolError("no etcd", "why", "fix"), 1),
        (ClusterError("no cluster"), 1),
        (EngineError("failed"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_every_error_is_told_without_a_traceback(error, code, monkeypatch, capsys):
    def fail():
        raise error

    monkeypatch.setattr(project, "workplace", fail)
    assert cli.main(["destroy"]) == code
    said = capsys.readouterr().err
    assert said.startswith("interrupted" if code == 130 else "error: ")
    assert "Traceback" not in said


@pytest.mark.usefixtures("place")
def test_env_prints_what_a_shell_can_read(monkeypatch, capsys):
    monkeypatch.setattr(project, "variables", lambda *_: {"A": "it's $HOME"})
    assert cli.main(["env"]) == 0
    script = f'{capsys.readouterr().out}\nprintf %s "$A"'
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "it's $HOME"


@pytest.mark.usefixtures("no_tools")
@pytest.mark.parametrize("command", ["preview", "destroy"])
def test_what_needs_a_cluster_says_how_to_get_one(command, place, monkeypatch, capsys):
    monkeypatch.setattr(project, "described", lambda *_: (None, None))
    description = Path(__file__).parents[2] / "stacks" / "local.yaml"
    (place.root / "stacks" / "local.yaml").write_text(description.read_text())
    assert cli.main([command]) == 1
    assert "ai-platform up local" in capsys.readouterr().err


@pytest.mark.usefixtures("place")
def test_local_status_without_a_cluster(capsys):
    assert cli.main(["local", "status"]) == 1
    assert "there is no cluster local" in capsys.readouterr().out


def test_a_file_that_can_not_be_made_is_an_error_and_no_traceback(place, monkeypatch, capsys):
    def refused(*_):
        raise OSError(errno.EROFS, "Read-only file system", "/checkout/.ai-platform")

    monkeypatch.setattr(project, "described", refused)
    assert cli.main(["plan", "local"]) == 1
    assert "error: /checkout/.ai-platform: Read-only file system" in capsys.readouterr().err

"""The program that users start, from its first line on."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
# What a script of an installed package does, with Ctrl-C at the moment at which a module is looked for.
SCRIPT = """
import importlib, os, signal, sys
signal.signal(signal.SIGINT, {handler})
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {loading!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
sys.argv = ["ai-platform", "tools", "--help"]
sys.exit(getattr(importlib.import_module({module!r}), {function!r})())
"""


def started(loading: str, handler: str = "signal.default_int_handler") -> subprocess.CompletedProcess[str]:
    module, _, function = PROJECT["project"]["scripts"]["ai-platform"].partition(":")
    script = SCRIPT.format(loading=loading, handler=handler, module=module, function=function)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)


@pytest.mark.parametrize("loading", ["ai_platform.cli.main", "ai_platform.components.errors"])
def test_an_interrupt_while_the_program_loads_ends_it_with_one_line(loading: str) -> None:
    done = started(loading)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "interrupted; run the same command again to go on\n"


def test_an_interrupt_that_was_to_be_ignored_is_ignored() -> None:
    done = started("ai_platform.cli.main", handler="signal.SIG_IGN")
    assert done.returncode == 0, done.stderr
    assert "programs that the other commands need" in done.stdout


def test_an_interrupt_while_the_command_line_is_read_is_told_like_any_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ai_platform.cli import main as cli

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_parser", interrupted)
    assert cli.main(["plan"]) == 130
    assert capsys.readouterr().err == "interrupted; run the same command again to go on\n"

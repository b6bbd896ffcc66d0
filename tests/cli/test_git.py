"""What is known of the checkout where git does not say it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ai_platform.cli.changed import changed_files
from ai_platform.cli.git import git
from ai_platform.components.errors import InvalidInput


def test_what_git_refuses_or_can_not_say_is_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert git(tmp_path, "cat-file", "-e", "none") is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git(tmp_path, "status") is None
    with pytest.raises(InvalidInput, match="install git"):
        changed_files(tmp_path, "main")


def test_a_git_that_does_not_answer_is_told_and_not_taken_for_a_revision_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(command: list[str], **_: object) -> None:
        raise subprocess.TimeoutExpired(command, 60)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(InvalidInput) as caught:
        changed_files(tmp_path, "main")
    [problem] = caught.value.problems
    assert (caught.value.subject, problem.got) == ("git diff", "no answer in 60 s")
    assert "git -C" in problem.fix

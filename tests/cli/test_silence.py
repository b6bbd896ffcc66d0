"""When a program that says nothing is ended, and when not."""

from __future__ import annotations

import subprocess
from itertools import chain, count, repeat
from types import SimpleNamespace

import pytest

from ai_platform.cli import silence
from ai_platform.cli.silence import watched

WORDS = 5


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "_CHECK_INTERVAL_S", 0.01)


def sleeping(seconds: int) -> subprocess.Popen[str]:
    return subprocess.Popen(["/bin/sleep", str(seconds)], text=True, start_new_session=True)


def test_a_program_is_ended_only_once_it_says_nothing_new(monkeypatch: pytest.MonkeyPatch) -> None:
    # A second goes by with each look at the clock.
    monkeypatch.setattr(silence, "time", SimpleNamespace(monotonic=count().__next__))
    asked = count()
    words = chain(range(WORDS), repeat(WORDS))

    def said() -> int:
        next(asked)
        return next(words)

    with sleeping(1000) as child, watched(child, said, limit_s=3) as watch:
        assert child.wait() < 0
    assert watch.silent
    assert next(asked) > WORDS


def test_a_program_that_ends_by_itself_is_left_alone() -> None:
    with sleeping(0) as child, watched(child, lambda: None, limit_s=1000) as watch:
        assert child.wait() == 0
    assert not watch.silent

"""What tests of the command line share."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_platform.cli.workplace import Workplace


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """An empty project, and the current folder inside it."""
    (tmp_path / "Pulumi.yaml").write_text("name: ai-platform\n")
    (tmp_path / "stacks").mkdir()
    monkeypatch.chdir(tmp_path / "stacks")
    return Workplace(tmp_path)

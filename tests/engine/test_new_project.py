"""A project made, brought up and previewed by who has the wheel alone, under a name of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ai_platform.local.guard import down_afterwards
from tests.test_packaging import ROOT

pytestmark = pytest.mark.engine
LIMIT_S = 1200.0


@pytest.fixture
def command(tmp_path: Path) -> Path:
    """The command in a virtual environment with the wheel, and with what it needs from the one that tests."""
    build = [sys.executable, str(ROOT / "scripts" / "build_wheel.py"), str(tmp_path / "wheel")]
    wheel = run(build, tmp_path).stdout.strip()
    folder = tmp_path / "ours" / ".venv"
    run([sys.executable, "-m", "venv", "--without-pip", str(folder)], tmp_path)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps"]
    run([*pip, "--no-index", "--no-compile", wheel], tmp_path)
    (packages,) = folder.glob("lib/python*/site-packages")
    # Of a folder that a .pth file names, its own .pth files are not read: the checkout stays unseen.
    places = [place for place in sys.path if Path(place, "pulumi").is_dir() or Path(place, "yaml").is_dir()]
    (packages / "needed.pth").write_text("\n".join(places) + "\n")
    where = run([str(python), "-c", "import ai_platform; print(ai_platform.__file__)"], tmp_path).stdout
    assert Path(where.strip()).is_relative_to(packages)
    return folder / "bin" / "ai-platform"


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(words, cwd=folder, env=kept, capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_three_commands_lead_from_the_wheel_to_a_platform_whose_preview_passes_the_gates(command, tmp_path):
    project = tmp_path / "ours"
    said = run([str(command), "new", "."], project).stdout
    assert said.endswith("next:\n  .venv/bin/ai-platform up local\n")
    with down_afterwards("local", project / ".ai-platform" / "clusters"):
        up = run([str(command), "up", "local"], project).stdout
        assert "created" in up
        assert "then: .venv/bin/ai-platform up local" in up
        preview = run([str(command), "preview", "local"], project).stdout
    assert "preview: nothing would change" in preview
    assert "dangers: none; gates: none fails" in preview

"""Two processes share the tests of the engine, and the closing line is about all of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = """\
[pytest]
markers =
    engine: as in the project
"""
MEETS = """\
import os, sys, time
from pathlib import Path
import pytest

FOLDER = Path(__file__).parent
SECOND = any(part.startswith("--second") for part in sys.argv)

@pytest.mark.engine
def test_each_waits_for_the_other():
    (FOLDER / Path(__file__).stem).write_text(str(os.getpid()))
    for _ in range(600):
        if (FOLDER / "test_a").exists() and (FOLDER / "test_b").exists():
            break
        time.sleep(0.05)
    else:
        raise AssertionError("alone")
"""
AFTERWARDS = """
@pytest.mark.engine
def test_goes_on():
    {}
"""


def run(folder: Path, a: str, b: str) -> tuple[int, str]:
    """Ends of two files that meet, and one test without the engine; exit status and output."""
    folder.mkdir()
    (folder / "pytest.ini").write_text(SETTINGS)
    (folder / "test_quick.py").write_text("def test_quick(): pass\n")
    (folder / "test_a.py").write_text(MEETS + AFTERWARDS.format(a))
    (folder / "test_b.py").write_text(MEETS + AFTERWARDS.format(b))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.side_by_side",
        "--side-by-side",
        "-p",
        "no:randomly",
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "-p tests.side_by_side"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def test_both_run_at_once_and_all_is_counted(tmp_path: Path) -> None:
    code, output = run(tmp_path / "both", "pass", "pass")
    assert (code, " 5 passed in " in output.splitlines()[-1]) == (0, True), output
    assert (tmp_path / "both" / "test_a").read_text() != (tmp_path / "both" / "test_b").read_text()


def test_a_failure_of_either_fails_the_run(tmp_path: Path) -> None:
    code, output = run(tmp_path / "first", "assert SECOND", "assert SECOND")
    assert (code, " 1 failed, 4 passed in " in output.splitlines()[-1]) == (1, True), output
    code, output = run(tmp_path / "second", "assert not SECOND", "assert not SECOND")
    assert (code, " 1 failed, 4 passed in " in output.splitlines()[-1]) == (1, True), output
    assert "assert not SECOND" in output


def test_what_the_second_never_ended_has_failed(tmp_path: Path) -> None:
    ends = "print('a last word', file=sys.__stderr__, flush=True); SECOND and os._exit(0)"
    code, output = run(tmp_path / "both", ends, ends)
    assert (code, " 1 failed, 4 passed in " in output.splitlines()[-1]) == (1, True), output
    assert "the second process ended before this test did" in output

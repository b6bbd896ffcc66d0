"""Build the wheel into a folder and leave nothing in the checkout.

Usage: ``python scripts/build_wheel.py FOLDER``; prints the path of the wheel.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def build_wheel(folder: Path) -> Path:
    """The wheel that was built into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        # A build folder in the checkout would bring modules that were deleted since into the next wheel.
        settings = Path(scratch, "setup.cfg")
        settings.write_text(f"[build]\nbuild_base = {scratch}/build\n[egg_info]\negg_base = {scratch}\n")
        # The lock pins what a build needs; to ask for it again is a process more.
        flags = ["--wheel", "--no-isolation", "--skip-dependency-check", "--outdir", str(folder)]
        build = [sys.executable, "-m", "build", *flags]
        environment = {**os.environ, "DIST_EXTRA_CONFIG": str(settings)}
        done = subprocess.run([*build, str(ROOT)], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"the wheel does not build:\n{done.stdout}{done.stderr}")
    return max(folder.glob("*.whl"), key=lambda wheel: wheel.stat().st_mtime)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python scripts/build_wheel.py FOLDER")
    print(build_wheel(Path(sys.argv[1])))

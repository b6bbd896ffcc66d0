"""Format, lint and types. Types are checked in what a user installs: the wheel, not the checkout."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from build_wheel import ROOT, build_wheel

INSTALLED = ROOT / ".ai-platform" / "typecheck"
PROGRAMS = ("stacks", "tests", "benchmarks")
LONG_FILE_LINES = 300


def main() -> int:
    """Run every check, so that one run shows everything that is wrong."""
    names = {"format": ["format", "--check", "--quiet"], "lint": ["check", "--quiet"]}
    codes = [_tool(name, ["ruff", *arguments, "."]) for name, arguments in names.items()]
    codes.append(_types())
    _long_files()
    return max(codes)


def _tool(name: str, arguments: list[str]) -> int:
    code = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT).returncode
    print(f"{name}: {'failed' if code else 'ok'}", flush=True)
    return code


def _types() -> int:
    places = _places()
    _install(places)
    programs = [name for name in PROGRAMS if any((ROOT / name).rglob("*.py"))]
    # Editable installs work by import hooks, which type checkers don't follow: the path leads to the wheel.
    environment = {**os.environ, "MYPYPATH": str(INSTALLED)}
    shown = str(INSTALLED.relative_to(ROOT) / "ai_platform")
    command = [sys.executable, "-m", "mypy", "--explicit-package-bases", shown, *programs]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    print(_as_in_the_checkout(done.stdout, places), end="")
    print(f"types: {'failed' if done.returncode else 'ok'}", flush=True)
    return done.returncode


def _places() -> dict[str, str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    places: dict[str, str] = settings["tool"]["setuptools"]["package-dir"]
    return places


def _install(places: dict[str, str]) -> None:
    files = sorted(file for place in places.values() for file in (ROOT / place).rglob("*.py"))
    digest = hashlib.sha256((ROOT / "pyproject.toml").read_bytes())
    for file in files:
        digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    stamp = INSTALLED / "sources.sha256"
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return
    shutil.rmtree(INSTALLED, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
        wheel = build_wheel(Path(scratch))
        subprocess.run([*pip, "--target", str(INSTALLED), str(wheel)], check=True)
    stamp.write_text(digest.hexdigest())


def _as_in_the_checkout(output: str, places: dict[str, str]) -> str:
    for package in sorted(places, key=len, reverse=True):
        installed = INSTALLED.relative_to(ROOT) / package.replace(".", "/")
        output = output.replace(f"{installed}/", f"{places[package]}/")
    return output


def _long_files() -> None:
    for place in _places().values():
        for file in sorted((ROOT / place).rglob("*.py")):
            lines = len(file.read_text().splitlines())
            if lines > LONG_FILE_LINES:
                print(f"note: {file.relative_to(ROOT)} has {lines} lines; two nouns may live in it")


if __name__ == "__main__":
    sys.exit(main())

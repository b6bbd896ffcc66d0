"""One Go build: sources copied away, progress while it runs, nothing left behind when it doesn't end well."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from .toolchain import RECIPES, Copy, Modules, Tool, Version, family

Tick = Callable[[], None]
"""Called every ``TICK_SECONDS`` while something takes long."""

TICK_SECONDS = 15.0
GO_AT_LEAST: Version = (1, 26, 0)
_LAST_LINES = 20
_QUICKER = ("-gcflags=all=-dwarf=false",)
"""What the compiler would write for debuggers is dropped by the linker anyway: no part of a tool's key."""
_GOGC = "400"
"""The compiler looks for garbage less often than it would: less work for more memory."""
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


class ToolError(Exception):
    """A tool can't be had. Says what, why and what to do, ready to print."""

    def __init__(self, what: str, why: str, fix: str) -> None:
        self.what, self.why, self.fix = what, why, fix
        super().__init__(f"{what}\n  why: {why.strip()}\n  fix: {fix}")


def version_in(text: str) -> Version | None:
    """The first version in a program's answer."""
    match = _VERSION.search(text)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else None


def go_program() -> str:
    """Path of ``go``. Raises ToolError where there is none."""
    go = shutil.which("go")
    if go is None:
        raise ToolError(
            "building the tools needs Go",
            "there is no go on PATH",
            f"install Go {GO_AT_LEAST[0]}.{GO_AT_LEAST[1]} or newer, or put the tools themselves on PATH",
        )
    return go


def build(tool: Tool, modules: Modules, source: Path, output: Path, tick: Tick) -> None:
    """Build one tool, and what lies within its folder, into the empty folder ``output``.

    Works on a copy of its module, made in the empty folder ``source``: ours may be read-only.

    Raises ToolError when Go is missing, too old or fails. An interrupt ends the compiler first.
    """
    go, environment = go_program(), _environment()
    for path, content in modules.sources(RECIPES[tool].folder).items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_bytes(content)
    _check_go(go, source, environment)
    for member in family(tool):
        recipe = RECIPES[member]
        for wanted in recipe.inputs:
            _copy(member, wanted, source, go, source, environment, tick)
        command = [go, "build", *recipe.flags(), *_QUICKER, "-o", str(output / member), recipe.package]
        _run(f"building {member} {recipe.version} failed", command, source, environment, tick)
        for wanted in recipe.beside:
            _copy(member, wanted, output, go, source, environment, tick)


def _environment() -> dict[str, str]:
    """The user's own, less what would let a build leave the pinned versions."""
    environment = dict(os.environ)
    flags = environment.get("GOFLAGS", "").split()
    leaving = ("mod=", "modfile=")
    environment["GOFLAGS"] = " ".join(flag for flag in flags if not flag.lstrip("-").startswith(leaving))
    environment["GOWORK"] = "off"
    environment.setdefault("GOGC", _GOGC)
    return environment


def _check_go(go: str, folder: Path, environment: Mapping[str, str]) -> None:
    # In the module's folder, because there Go may switch to the toolchain that go.mod asks for.
    answer = subprocess.run(
        [go, "env", "GOVERSION"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    found = version_in(answer.stdout)
    if answer.returncode or found is None or found < GO_AT_LEAST:
        wanted = f"{GO_AT_LEAST[0]}.{GO_AT_LEAST[1]}"
        raise ToolError(
            f"building the tools needs Go {wanted} or newer",
            f"{go} says {(answer.stdout + answer.stderr).strip() or 'nothing'}",
            f"install Go {wanted} or newer, or let this one fetch it with GOTOOLCHAIN=auto",
        )


def _copy(
    tool: Tool,
    wanted: Copy,
    target: Path,
    go: str,
    module: Path,
    environment: Mapping[str, str],
    tick: Tick,
) -> None:
    what = f"{tool} needs {wanted.source} of {wanted.module}"
    answer = _run(what, [go, "mod", "download", "-json", wanted.module], module, environment, tick)
    source, goal = Path(json.loads(answer)["Dir"]) / wanted.source, target / wanted.target
    # The module cache is read-only; copies must not be, or nobody could remove them.
    goal.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        for file in sorted(path for path in source.rglob("*") if path.is_file()):
            place = goal / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
    elif wanted.stamp:
        goal.write_text(json.dumps(json.loads(source.read_bytes()) | {"version": wanted.stamp}))
    elif wanted.change:
        text, (old, new) = source.read_text(), wanted.change
        if text.count(old) != 1:
            raise ToolError(what, f"it holds {old!r} {text.count(old)} times, not once", "report this")
        goal.write_text(text.replace(old, new))
    else:
        shutil.copyfile(source, goal)
        goal.chmod(0o755 if wanted.executable else 0o644)


def _run(what: str, command: list[str], cwd: Path, environment: Mapping[str, str], tick: Tick) -> str:
    """Standard output of a command that may take minutes. Raises ToolError with its last lines."""
    # A group of its own: the terminal's interrupt reaches us alone, and we end go with its compilers.
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            while True:
                try:
                    output, errors = process.communicate(timeout=TICK_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    tick()
        except BaseException:
            _end(process)
            raise
    if process.returncode:
        raise ToolError(what, _tail(output + errors), _fix(output + errors, command))
    return output


def _end(process: subprocess.Popen[str]) -> None:
    for number, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, number)
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            process.wait()
        return


def clock(seconds: float) -> str:
    """Minutes and seconds, as ``12:05``."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _tail(output: str) -> str:
    lines = output.rstrip().splitlines()[-_LAST_LINES:]
    return "\n    ".join(lines) or "it printed nothing"


def _fix(output: str, command: list[str]) -> str:
    if "no space left" in output:
        return "free some disk; the Go build cache (go clean -cache) is the largest that can be made again"
    if "checksum mismatch" in output or "SECURITY ERROR" in output:
        return "the download isn't what go.sum pins: check GOPROXY, then go clean -modcache"
    if "dial tcp" in output or "proxyconnect" in output or "403 Forbidden" in output:
        return "check the network and GOPROXY; what was downloaded and compiled so far is kept"
    if "signal: killed" in output:
        return "the machine ran out of memory: try again with GOFLAGS=-p=1, or close other programs"
    return f"read the message above; to see it again: {command[0]} {command[1]} … {command[-1]}"

"""Programs for the simulated cluster and the engine: from PATH where they fit, else built into a cache."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from . import gobuild
from .gobuild import ToolError, clock, version_in
from .toolchain import RECIPES, Modules, Tool, owner

__all__ = ["Tool", "ToolError", "build", "cache_root", "ensure", "find", "manifests"]

Report = Callable[[str], None]
"""Takes one line of progress."""

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""

_FREE_BYTES = 4 * 2**30
_ASK_SECONDS = 60.0
_LOCK_SECONDS = 0.5


def say(line: str) -> None:
    """Progress goes to standard error at once, so that a pipe shows it live and results stay clean."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def cache_root() -> Path:
    """``$AI_PLATFORM_CACHE``, else ``$XDG_CACHE_HOME/ai-platform``, else ``~/.cache/ai-platform``."""
    if own := os.environ.get("AI_PLATFORM_CACHE"):
        return Path(own).expanduser().absolute()
    shared = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says that a relative path there must be ignored.
    return (Path(shared) if Path(shared).is_absolute() else Path.home() / ".cache") / "ai-platform"


def ensure(names: Iterable[Tool], report: Report = say, modules: Modules | None = None) -> dict[Tool, Path]:
    """The path of each tool, built first where neither PATH nor the cache has it. Minutes, the first time.

    Raises ToolError when one can't be had, and KeyboardInterrupt (after one line of report) on Ctrl-C.
    """
    modules = modules or Modules()
    wanted = set(names)
    order = [tool for tool in Tool if tool in wanted]
    paths = {tool: find(tool, modules) for tool in order}
    missing = {owner(tool) for tool in order if paths[tool] is None}
    _build_all([tool for tool in Tool if tool in missing], modules, report)
    return {tool: path or _binary(tool, modules) for tool, path in paths.items()}


def find(tool: Tool, modules: Modules | None = None) -> Path | None:
    """The tool as PATH or the cache has it now, at a version that fits, or ``None``. Builds nothing."""
    cached = _binary(tool, modules or Modules())
    return _on_path(tool) or (cached if cached.is_file() else None)


def manifests(tool: Tool, report: Report = say, modules: Modules | None = None) -> Path:
    """The folder with the YAML of kueue, kserve-manager or kwok; paths inside it as in their modules.

    Built with the tool, if need be. Raises ToolError like ``ensure``.
    """
    modules = modules or Modules()
    if not any(copy.target.startswith("manifests/") for copy in RECIPES[tool].beside):
        raise ToolError(f"{tool} has no manifests", "nothing of its module is kept", "ask for another tool")
    folder = _binary(tool, modules).parent / "manifests"
    if not folder.is_dir():
        _build_all([tool], modules, report)
    return folder


def build(names: Iterable[str] = (), report: Report = say) -> int:
    """Command line: make the named tools ready (all, if none is named) and report where each is.

    Returns 0, or 130 after Ctrl-C. Raises ToolError, ready to print.
    """
    chosen = list(names) or [str(tool) for tool in Tool]
    if unknown := sorted(set(chosen) - set(Tool)):
        raise ToolError(f"unknown: {', '.join(unknown)}", "no such tool", f"choose from {', '.join(Tool)}")
    try:
        for tool, path in ensure([Tool(name) for name in chosen], report).items():
            report(f"{tool}: {path}")
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


@dataclass(slots=True)
class _Progress:
    """What the lines say while several tools are built."""

    tools: list[Tool]
    report: Report
    began: float = field(default_factory=lambda: time.monotonic())
    step_began: float = 0.0
    took: dict[Tool, float] = field(default_factory=dict)

    def start(self, tool: Tool) -> None:
        number, recipe = self.tools.index(tool) + 1, RECIPES[tool]
        warm = any(RECIPES[done].folder == recipe.folder for done in self.took)
        minutes = max(1, round(recipe.minutes_after if warm else recipe.minutes))
        self.step_began = time.monotonic()
        self.report(
            f"building {tool} {recipe.version} ({number} of {len(self.tools)}, about {minutes} min; "
            f"{clock(self.step_began - self.began)} so far)"
        )

    def tick(self, tool: Tool, doing: str) -> None:
        now = time.monotonic()
        self.report(f"  {doing} {tool}: {clock(now - self.step_began)} ({clock(now - self.began)} so far)")

    def done(self, tool: Tool) -> None:
        self.took[tool] = time.monotonic() - self.step_began

    def close(self) -> None:
        each = ", ".join(f"{tool} {clock(seconds)}" for tool, seconds in self.took.items())
        self.report(f"ready after {clock(time.monotonic() - self.began)}: {each}")


def _build_all(tools: list[Tool], modules: Modules, report: Report) -> None:
    if not tools:
        return
    progress = _Progress(tools, report)
    try:
        for tool in tools:
            _build_one(tool, modules, progress)
    except KeyboardInterrupt:
        report("stopped; what was compiled is kept, the same command goes on from there")
        raise
    except OSError as error:
        raise ToolError(
            f"the tools can't be written to {cache_root()}",
            str(error),
            "free some disk there, or name another folder in AI_PLATFORM_CACHE",
        ) from error
    progress.close()


def _build_one(tool: Tool, modules: Modules, progress: _Progress) -> None:
    binary = _binary(tool, modules)
    root, key = binary.parent.parent, binary.parent.name
    root.mkdir(parents=True, exist_ok=True)
    progress.start(tool)
    with _locked(root / f".{key}.lock", lambda: progress.tick(tool, "another process is building")):
        if not binary.is_file():
            _check_disk(root)
            _build_into(binary.parent, tool, modules, lambda: progress.tick(tool, "building"))
    progress.done(tool)


def _build_into(folder: Path, tool: Tool, modules: Modules, tick: Callable[[], None]) -> None:
    """Make the folder appear whole or not at all. Needs the tool's lock."""
    part = f".{folder.name}.part-"
    work = Path(tempfile.mkdtemp(prefix=part, dir=folder.parent))
    try:
        (work / "source").mkdir()
        (work / "output").mkdir()
        gobuild.build(tool, modules, work / "source", work / "output", tick)
        shutil.rmtree(folder, ignore_errors=True)
        (work / "output").replace(folder)
    finally:
        # Holding the lock, we also clear what a killed build left. Not before ours: its compiler goes on
        # for a moment and would write there again.
        for left in folder.parent.glob(f"{part}*"):
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _locked(path: Path, tick: Callable[[], None]) -> Iterator[None]:
    """Hold the lock file; it stays behind, since removing it would let two processes hold one lock."""
    with path.open("w") as file:
        waited = 0.0
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if waited % gobuild.TICK_SECONDS == 0:
                    tick()
                time.sleep(_LOCK_SECONDS)
                waited += _LOCK_SECONDS
        yield


def _check_disk(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < _FREE_BYTES:
        raise ToolError(
            f"not enough disk to build in {folder}",
            f"{free / 2**30:.1f} GiB free; a build takes up to {_FREE_BYTES / 2**30:.0f} GiB",
            "free some disk, or name another folder in AI_PLATFORM_CACHE",
        )


def _binary(tool: Tool, modules: Modules) -> Path:
    return cache_root() / "tools" / modules.key(tool) / tool


def _on_path(tool: Tool) -> Path | None:
    match tool:
        case Tool.PULUMI | Tool.PULUMI_PYTHON:
            # A language host belongs to its engine: take both from PATH or neither.
            engine, host = _that_fits(Tool.PULUMI), shutil.which(Tool.PULUMI_PYTHON)
            if engine is None or host is None:
                return None
            return engine if tool is Tool.PULUMI else Path(host)
        case Tool.PULUMI_KUBERNETES:
            return _installed_provider()
        case _:
            return _that_fits(tool)


def _that_fits(tool: Tool) -> Path | None:
    question, found = RECIPES[tool].question, shutil.which(tool)
    if question is None or found is None:
        return None
    quiet = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run(
            [found, *question.arguments],
            env=quiet,
            capture_output=True,
            text=True,
            timeout=_ASK_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = version_in(answer.stdout + answer.stderr)
    return Path(found) if answer.returncode == 0 and version and question.accepts(version) else None


def _installed_provider() -> Path | None:
    """A provider can't be asked for its version, but the folder that Pulumi installs it into says it."""
    folder = f"resource-kubernetes-v{RECIPES[Tool.PULUMI_KUBERNETES].version}"
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    found = shutil.which(Tool.PULUMI_KUBERNETES)
    places = [home / "plugins" / folder / Tool.PULUMI_KUBERNETES, *([Path(found).resolve()] if found else [])]
    return next((path for path in places if path.parent.name == folder and path.is_file()), None)

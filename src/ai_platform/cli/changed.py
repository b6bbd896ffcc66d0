"""The command ``ai-platform changed``: the environments that a change may touch, for a pipeline."""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from ..components.errors import InvalidInput, Problem
from ..components.names import NAME_PATTERN
from . import project
from .command import Add
from .git import git
from .output import write
from .state import is_simulated

TEXT = "name the environments that differ from a git revision, one a line; simulated ones are left out"
_STACKS = "stacks"
_PROSE = (".md", ".rst", ".txt")


def register(add: Add) -> None:
    """Adds the command to the command line."""
    parser = add("changed", run, TEXT)
    parser.add_argument("--base", metavar="REV", required=True, help="git revision to compare with")


def run(options: argparse.Namespace) -> int:
    """Prints their names. Raises ``InvalidInput``."""
    root = project.workplace().root
    # A name that is none could be an option to who reads this list.
    names = sorted(path.stem for path in (root / _STACKS).glob("*.yaml"))
    files = changed_files(root, options.base)
    gone = [
        path.stem
        for path in map(PurePosixPath, files)
        if path.parent.as_posix() == _STACKS and path.suffix == ".yaml" and not (root / path).exists()
    ]
    there = [name for name in sorted({*names, *gone}) if re.fullmatch(NAME_PATTERN, name)]
    for name in touched_by(files, there):
        simulated = _was_simulated(root, options.base, name) if name in gone else is_simulated(root, name)
        if not simulated:
            write(name)
    return 0


def _was_simulated(root: Path, base: str, name: str) -> bool:
    from .sides import at_revision

    try:
        side = at_revision(root, base, name)
    except InvalidInput:
        return False
    return side is None or side.environment.cluster.provider == "simulated"


def touched_by(files: Iterable[str], environments: Iterable[str]) -> list[str]:
    """Environments that a change of these files may touch: a description its own, all else but prose all.

    What lies beside descriptions is never prose: prompts are texts.
    """
    there = list(environments)
    found: set[str] = set()
    for file in map(PurePosixPath, files):
        if file.parent.as_posix() == _STACKS and file.suffix == ".yaml":
            # Beside descriptions lies what Pulumi keeps of stacks: Pulumi.dev.yaml, Pulumi.prod.cluster.yaml.
            found.add(file.stem.removeprefix("Pulumi.").partition(".")[0])
        elif file.suffix not in _PROSE or file.parts[0] == _STACKS:
            return there
    return [name for name in there if name in found]


def changed_files(root: Path, base: str) -> list[str]:
    """Files of the checkout that differ from the revision, relative to ``root``. Raises ``InvalidInput``."""
    if shutil.which("git") is None:
        raise InvalidInput("changed", [Problem("git", "no program", "git on PATH", "install git")])
    found = git(
        root, "diff", "--name-only", "-z", "--no-renames", "--relative", "--end-of-options", base, "--"
    )
    if found is None:
        fix = "fetch it: git fetch origin REV, or check out with the whole history"
        raise InvalidInput("changed", [Problem("--base", base, "a revision that is in this clone", fix)])
    return [name for name in found.decode(errors="surrogateescape").split("\0") if name]

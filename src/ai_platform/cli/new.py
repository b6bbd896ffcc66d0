"""``ai-platform new``: a project for who has installed the wheel and has no checkout."""

from __future__ import annotations

import argparse
import datetime
import json
import re
import shlex
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..components.errors import InvalidInput, Problem
from ..components.names import NAME_PATTERN
from ..starter.files import YOURS, Choice, Forge, Place, lines_to_fill, project_files
from .command import Add
from .output import write

_DISTRIBUTION = "ai-platform"
_LONGEST_NAME = 40


def register(add: Add) -> None:
    """Adds the command."""
    parser = add("new", _new, "make a project: program, descriptions, requirements, review pipeline")
    parser.add_argument("folder", type=_folder, metavar="DIR", help="where; `.` for here")
    parser.add_argument(
        "--cloud",
        choices=[place.value for place in Place],
        default=Place.SIMULATED.value,
        help="where dev, staging and prod run; default: simulated, which leaves them out",
    )
    parser.add_argument("--name", help="of the Pulumi project; default: that of the folder")
    parser.add_argument(
        "--pipeline",
        choices=[forge.value for forge in Forge],
        default=Forge.GITHUB.value,
        help="where changes are reviewed; default: github",
    )
    parser.add_argument("--dry-run", action="store_true", help="write nothing; list the files")


def _folder(text: str) -> Path:
    # A script with a variable that is not set would make the project wherever it is.
    if not text.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is no folder: name it, or write . for here")
    return Path(text)


def _new(options: argparse.Namespace) -> int:
    folder: Path = options.folder
    today = datetime.datetime.now().astimezone().date()
    made_by = version(_DISTRIBUTION)
    name = _name(options)
    files = project_files(Choice(name, Place(options.cloud), Forge(options.pipeline), made_by, today))
    _require_free(folder, files)
    if not options.dry_run:
        _write_all(folder, files)
    write("\n".join(_said(folder, files, Place(options.cloud), dry_run=options.dry_run)))
    return 0


def _name(options: argparse.Namespace) -> str:
    name: str = options.folder.absolute().resolve().name if options.name is None else options.name
    if re.fullmatch(NAME_PATTERN, name) and len(name) <= _LONGEST_NAME:
        return name
    expected = f"at most {_LONGEST_NAME} lower-case letters, digits and dashes, starting with a letter"
    raise InvalidInput("new", [Problem("--name", name, expected, "name it, for example: --name ai-platform")])


def _require_free(folder: Path, files: Mapping[str, str]) -> None:
    """Raises ``InvalidInput`` with everything that is in the way, before anything is written."""
    fix = "take another folder, or move it away"
    problems = [
        Problem(str(place), "a file", "a folder", fix)
        for place in (folder, *(folder / parent for parent in _parents(files)))
        if (place.exists() or place.is_symlink()) and not place.is_dir()
    ]
    if not problems:
        problems = [
            Problem(str(folder / path), "a file that says something else", "no such file", fix)
            for path, text in files.items()
            if not _is_free(folder / path, text)
        ]
    if problems:
        raise InvalidInput("new writes over nothing", problems)


def _parents(files: Mapping[str, str]) -> list[Path]:
    return sorted({parent for path in files for parent in Path(path).parents if parent != Path()})


def _is_free(path: Path, text: str) -> bool:
    """Also where a run that was interrupted has left the same text."""
    if path.is_symlink():
        return False
    return not path.exists() or (path.is_file() and path.read_bytes() == text.encode())


def _write_all(folder: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="\n")


def _said(folder: Path, files: Mapping[str, str], place: Place, *, dry_run: bool) -> list[str]:
    lines = [f"{folder / path}{': would be written' if dry_run else ''}" for path in files]
    to_fill = [
        f"  {folder / path}: line{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}"
        for path, numbers in lines_to_fill(files)
    ]
    if to_fill:
        lines += ["", f"yours to fill in, marked `{YOURS}`:", *to_fill]
    return lines if dry_run else [*lines, "", "next:", *_next_steps(folder, place)]


def _next_steps(folder: Path, place: Place) -> list[str]:
    steps = []
    if folder.resolve() != Path.cwd().resolve():
        steps.append(f"cd {shlex.quote(str(folder))}")
    if Path(sys.prefix).resolve() != (folder / ".venv").resolve():
        links = f" --find-links {shlex.quote(found)}" if (found := _wheels()) else ""
        install = f".venv/bin/python -m pip install --requirement requirements.txt{links}"
        steps.append(f"python3 -m venv .venv && {install}")
    steps.append(".venv/bin/ai-platform up local")
    if place is not Place.SIMULATED:
        steps.append(".venv/bin/ai-platform plan dev")
    return [f"  {step}" for step in steps]


def _wheels() -> str | None:
    """The folder of the wheel that was installed from a file: no index need have it."""
    try:
        said = json.loads(distribution(_DISTRIBUTION).read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return None
    url = urlsplit(said.get("url", ""))
    if url.scheme != "file" or "archive_info" not in said:
        return None
    folder = Path(unquote(url.path)).parent
    return str(folder) if folder.is_dir() else None

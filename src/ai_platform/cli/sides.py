"""The two sides of a change: descriptions as files, and as they are in a revision of git."""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from ..components.errors import InvalidInput, Problem
from ..description import read_marked
from ..layers import environment_of
from ..marks import read_yaml
from ..report.side import Side
from .git import git

_STACKS = "stacks"
_DEFAULT_BRANCHES = ("origin/main", "origin/master", "main", "master")
_BASES = ("CI_MERGE_REQUEST_DIFF_BASE_SHA",)
_TARGETS = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")


@dataclass(slots=True)
class Sides:
    """Sides by environment, and why one is missing."""

    before: list[Side] = field(default_factory=list)
    after: list[Side] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What is not right with descriptions that should be, a line for each problem."""
    unknown: set[str] = field(default_factory=set)
    """Environments of which a side can't be known: the other one is compared with nothing."""


def side_of(path: Path, shown: str) -> Side:
    """The side that a file describes. Raises ``InvalidInput``."""
    environment, plan, marks = read_marked(path)
    return Side(environment, plan, shown, marks)


def sides_of(
    root: Path,
    environments: Iterable[str],
    *,
    base: str | None = None,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
) -> Sides:
    """Both sides of these environments: of named files and revisions, else of the checkout and ``base``.

    ``before`` and ``after`` are paths, environments of the checkout or ``REV:ENV``. What can't be read
    becomes a note, or what is wrong.
    """
    sides = Sides()
    names = set(environments)
    _named(root, after, sides.after, sides, must_be_right=True)
    _named(root, before, sides.before, sides, must_be_right=False)
    there = {side.environment.name for side in sides.after} | sides.unknown
    if not after:
        names |= {side.environment.name for side in sides.before}
    for name in sorted(names - there):
        path = root / _STACKS / f"{name}.yaml"
        if path.is_file():
            _add(sides, sides.after, partial(_of_checkout, root, path), name, must_be_right=True)
    if not before:
        _of_base(root, sorted(names | there), base, sides)
    return sides


def _named(
    root: Path, targets: Iterable[str], into: list[Side], sides: Sides, *, must_be_right: bool
) -> None:
    for target in targets:
        path = Path(target)
        if path.is_file() or path.suffix in (".yaml", ".yml"):
            _add(sides, into, partial(side_of, path, target), path.stem, must_be_right=must_be_right)
            continue
        described = root / _STACKS / f"{target}.yaml"
        if PurePosixPath(target).name == target and described.is_file():
            _add(sides, into, partial(_of_checkout, root, described), target, must_be_right=must_be_right)
            continue
        revision, colon, name = target.rpartition(":")
        if not colon or not revision or not name:
            expected = "a file, an environment or REV:ENV"
            fix = "name a file that ends in .yaml, an environment of stacks/, or for example: main:prod"
            raise InvalidInput(target, [Problem("", target, expected, fix)])
        _require(root, revision)
        _add_revision(root, revision, name, into, sides, must_be_right=must_be_right)


def _add_revision(
    root: Path, revision: str, stack: str, into: list[Side], sides: Sides, *, must_be_right: bool
) -> None:
    name = environment_of(stack)
    if name in {side.environment.name for side in into}:
        return
    if not _is_there(root, revision, name):
        sides.notes.append(f"{name}: there is no description of it in {revision[:12]}")
        return
    _add(sides, into, partial(_of_revision, root, revision, name), name, must_be_right=must_be_right)


def _add(sides: Sides, into: list[Side], make: Callable[[], Side], name: str, *, must_be_right: bool) -> None:
    try:
        into.append(make())
    except InvalidInput as error:
        sides.unknown.add(name)
        if must_be_right:
            sides.wrong += [f"{error.subject}: {problem}" for problem in error.problems]
        else:
            sides.notes.append(f"the description before is not right, so its plan is not here: {error}")


def _of_base(root: Path, names: Iterable[str], base: str | None, sides: Sides) -> None:
    revision = base or default_base(root)
    described = {side.environment.name for side in sides.after} | sides.unknown
    if revision is None and not described:
        return
    if revision is None:
        sides.notes.append(
            "what the descriptions said before is not known, so nothing is compared with it: no revision of "
            "git can be told; give --base REV (a shallow clone needs its history: fetch-depth 0)"
        )
        sides.unknown |= set(names)
        return
    _require(root, revision)
    for name in names:
        if name in described or _is_there(root, revision, name):
            _add_revision(root, revision, name, sides.before, sides, must_be_right=False)


def default_base(root: Path) -> str | None:
    """Where the change branched off: of the pipeline's variables, else off the default branch."""
    for variable in _BASES:
        if (value := os.environ.get(variable)) and git(
            root, "cat-file", "-e", f"{value}^{{commit}}"
        ) is not None:
            return value
    targets = [f"origin/{os.environ[name]}" for name in _TARGETS if os.environ.get(name)]
    head = git(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    named = [head.decode().strip()] if head else []
    for branch in [*targets, *named, *_DEFAULT_BRANCHES]:
        found = git(root, "merge-base", "HEAD", branch, "--")
        if found:
            return found.decode().strip()
    return None


def _require(root: Path, revision: str) -> None:
    """Raises ``InvalidInput`` unless the repository has that revision."""
    if revision.startswith("-") or git(root, "cat-file", "-e", f"{revision}^{{commit}}") is None:
        fix = "name a commit, branch or tag of this repository; a shallow clone needs its history"
        raise InvalidInput(revision, [Problem("", revision, "a revision of git", fix)])


def at_revision(root: Path, revision: str, name: str) -> Side | None:
    """The description of an environment in a revision, with the files it names; ``None`` where it has none.

    Raises ``InvalidInput`` for a description that is not right.
    """
    return _of_revision(root, revision, name) if _is_there(root, revision, name) else None


def _is_there(root: Path, revision: str, name: str) -> bool:
    whole = PurePosixPath(name).name == name
    return whole and git(root, "cat-file", "-e", f"{revision}:./{_STACKS}/{name}.yaml") is not None


def _of_checkout(root: Path, path: Path) -> Side:
    shown = _shown(root, path)
    try:
        side = side_of(path, shown)
    except InvalidInput as error:
        raise InvalidInput(shown, error.problems) from None
    if side.environment.name != path.stem:
        fix = "let the file, the environment and its stack have one name"
        raise InvalidInput(shown, [Problem("name", side.environment.name, path.stem, fix)])
    return side


def _of_revision(root: Path, revision: str, name: str) -> Side:
    packed = git(root, "archive", "--format=tar", revision, "--", _STACKS) or b""
    shown = f"{_STACKS}/{name}.yaml"
    subject = f"{revision[:12]}:{shown}"
    with tempfile.TemporaryDirectory(prefix="ai-platform-") as folder:
        path = Path(folder) / shown
        try:
            with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                archive.extractall(folder, filter="data")
            _bring_files(root, revision, path, Path(folder))
            return side_of(path, shown)
        except InvalidInput as error:
            raise InvalidInput(subject, error.problems) from None
        except (tarfile.TarError, OSError) as error:
            got = f"a folder that git can't give whole: {type(error).__name__}"
            fix = "fetch the revision, and keep links inside the folder"
            raise InvalidInput(subject, [Problem("", got, "the files of the revision", fix)]) from None


def _bring_files(root: Path, revision: str, description: Path, folder: Path) -> None:
    """Puts price files that lie outside ``stacks`` where the description looks for them."""
    data = read_yaml(description).data
    named = data.get("price_files") if isinstance(data, dict) else None
    for file in named if isinstance(named, list) else []:
        path = os.path.normpath(f"{_STACKS}/{file}")
        if path.startswith((_STACKS + os.sep, "..", os.sep)):
            continue
        content = git(root, "show", f"{revision}:./{path}")
        if content is not None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)


def _shown(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()

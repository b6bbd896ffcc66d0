"""A danger on its way: what it is about, and of what that is a part, so that one cause is told once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .danger_rules import RULES
from .model import Danger, Grade
from .preview import SECRET, UNKNOWN, ResourceChange
from .side import Side

_WORST_FIRST = tuple(Grade)
_MOST_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """A danger and its root."""

    danger: Danger
    root: str
    """What it is about: ``pool dev/l4``, ``team prod/research``, or a URN."""
    within: tuple[str, ...] = ()
    """Roots that this one is a part of."""


def finding(
    rule: str,
    root: str,
    what: str,
    why: str,
    *,
    grade: Grade | None = None,
    within: Iterable[str] = (),
    stack: str | None = None,
    change: ResourceChange | None = None,
    place: tuple[str | None, int | None] = (None, None),
    blast_radius: Sequence[str] = (),
    safer: str | None = None,
) -> Finding:
    """A finding of a rule of the table, with its grade and its advice unless others are given.

    ``place``: file and line of the description; a resource says its own where there is none.
    """
    file, line = place
    if file is None and change is not None:
        file, line = change.file, change.line
    return Finding(
        Danger(
            grade=grade or RULES[rule].grade,
            rule=rule,
            what=what,
            why=why,
            stack=stack,
            urn=change.urn if change else None,
            file=file,
            line=line,
            blast_radius=tuple(blast_radius),
            safer=safer or RULES[rule].safer,
        ),
        root,
        tuple(part for part in within if part != root),
    )


def place(side: Side | None, *location: str | int) -> tuple[str | None, int | None]:
    """Where a description says something; nothing without a side, or without its file."""
    if side is None or not side.file:
        return None, None
    return side.file, side.marks.line(location) if side.marks else None


def worst(*grades: Grade) -> Grade:
    """The gravest of them."""
    return min(grades, key=_WORST_FIRST.index)


def lower(grade: Grade) -> Grade:
    """The next better grade."""
    return _WORST_FIRST[min(_WORST_FIRST.index(grade) + 1, len(_WORST_FIRST) - 1)]


def gravity(grade: Grade) -> int:
    """For sorting: the gravest first."""
    return _WORST_FIRST.index(grade)


def said(value: object) -> str:
    """A value of a resource on one line, cut where it is long."""
    if value is None:
        return "nothing"
    if value in (SECRET, UNKNOWN):
        return str(value)
    text = " ".join(str(value).split())
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"


def named(names: Iterable[str]) -> tuple[str, ...]:
    """The first three names, and how many more there are."""
    found = list(dict.fromkeys(names))
    more = len(found) - 3
    return (*found[:3], f"and {more} more") if more > 0 else tuple(found)

"""The report as Markdown, for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..components.counted import counted
from .escape import marker
from .markdown_changes import Shown, component
from .markdown_page import Detail
from .markdown_parts import title_line, verdict_line, whole
from .model import Report
from .model_changes import ComponentChange

COMMENT_LIMIT = 65_536
"""Bytes. GitHub's message says so many characters, and it was measured to take four times as many bytes
(dead-claudia/github-limits#13, 2025-10-28): counted as bytes it holds either way."""

_LEAST = 2_000
_RESERVE = 500
"""Bytes kept for the sentence on what was left out."""
_ROWS = (
    (None, 300, 8_000),
    (200, 300, 2_000),
    (50, 300, 0),
    (20, 200, 0),
    (8, 120, 0),
    (3, 80, 0),
    (1, 40, 0),
)
"""Rows of each list, characters of each text, and characters of all differences of prompts: less from step to
step until the rest fits."""
_COMPONENTS = 20
"""For fewer of them than that other rows make room."""
_LEAST_OF_A_RESOURCE = 30
"""Bytes that the line of a resource has at least."""


@dataclass(frozen=True, slots=True)
class _Changes:
    """The list of components as far as it fits."""

    blocks: list[str]
    shown: Shown


def markdown(report: Report, limit: int = COMMENT_LIMIT) -> str:
    """The report in at most ``limit`` bytes of UTF-8, at least 2,000.

    What matters least is left out first, and the report says so: differences of updates, all differences,
    lines of resources, components, then rows of the other lists. The gravest keeps each longest.
    """
    if limit < _LEAST:
        raise ValueError(f"a report needs {_LEAST} bytes, got a limit of {limit}")
    for rows, longest, of_prompts in _ROWS:
        detail = Detail(rows=rows, longest=longest, of_prompts=of_prompts)
        # A block, so that what stands around the list is counted too.
        room = limit - _size(_document(report, detail, _Changes([""], Shown()))) - _RESERVE
        changes = _fitted(report.changes, detail, room)
        if room >= 0 and len(changes.blocks) >= min(rows or _COMPONENTS, _COMPONENTS, len(report.changes)):
            return _document(report, detail, changes)
    return _joined([*_head(report, 40), f"Nothing more of it fits here. {_WHERE}"])


def _fitted(changes: Sequence[ComponentChange], detail: Detail, room: int) -> _Changes:
    """First every component in one line, then, from the gravest on, more of each as long as there is room."""
    blocks: list[str] = []
    counts: list[Shown] = []
    for change in changes:
        block, shown = component(change, replace(detail, resources=False))
        if _size(block) + 1 > room:
            return _Changes(blocks, sum(counts, Shown()))
        room -= _size(block) + 1
        blocks.append(block)
        counts.append(shown)
    levels: tuple[Literal["none", "replacing", "all"], ...] = ("none", "replacing", "all")
    for level in levels:
        for index, change in enumerate(changes):
            if room < len(change.resources) * _LEAST_OF_A_RESOURCE and level == "none":
                continue
            block, shown = component(change, replace(detail, differences=level))
            more = _size(block) - _size(blocks[index])
            # Not more of one that is not there as far as the level below.
            if 0 < more <= room and (level == "none" or counts[index].resources):
                room -= more
                blocks[index], counts[index] = block, shown
    return _Changes(blocks, sum(counts, Shown()))


def _document(report: Report, detail: Detail, changes: _Changes) -> str:
    parts, rows_left_out = whole(report, detail, changes.blocks)
    left_out = _left_out(report, changes.shown, rows_left_out)
    return _joined([*_head(report, 120), *([left_out] if left_out else []), *parts])


def _head(report: Report, longest: int) -> Iterator[str]:
    yield marker(report.title)
    yield title_line(report, longest)
    yield verdict_line(report)


_WHERE = "The whole report is in the artefacts of this pipeline run, as HTML and as JSON."


def _left_out(report: Report, shown: Shown, rows: int) -> str | None:
    lines = [line for change in report.changes for line in change.resources]
    missing = [
        (sum(len(line.differences) for line in lines) - shown.differences, "difference"),
        (len(lines) - shown.resources, "resource"),
        (len(report.changes) - shown.components, "component"),
        (rows, "other row"),
    ]
    said = [counted(count, name) for count, name in missing if count]
    return f"Left out to fit here: {', '.join(said)}. {_WHERE}" if said else None


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _size(document: str) -> int:
    return len(document.encode())

"""Tables as text, for thousands of rows."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from operator import gt
from typing import IO

from .output import PIPE_WIDTH

_NARROWEST = 4


@dataclass(frozen=True, slots=True)
class TextTable:
    """Rows below a title and a head. A cell may hold several lines."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add_row(self, *cells: str) -> None:
        """Adds a row with a cell for each column."""
        if len(cells) != len(self.columns):
            raise ValueError(f"{self.title}: {len(cells)} cells for {len(self.columns)} columns")
        self.rows.append(cells)


def text_of(parts: Iterable[TextTable | str], width: int, *, bold: bool = False) -> str:
    """Tables and lines one below the other, folded where a row is wider than ``width`` characters."""
    lines: list[str] = []
    for part in parts:
        lines.extend([part] if isinstance(part, str) else _lines(part, width, bold))
    return "\n".join(lines)


def text_for(stream: IO[str], parts: Iterable[TextTable | str]) -> str:
    """The text as wide as the terminal, or of a fixed width for a pipe."""
    terminal = stream.isatty()
    width = shutil.get_terminal_size().columns if terminal else PIPE_WIDTH
    return text_of(parts, width, bold=terminal)


def _lines(table: TextTable, width: int, bold: bool) -> Iterable[str]:
    widths = _widths(table, width)
    strong = "\x1b[1m{}\x1b[0m" if bold else "{}"
    yield strong.format(table.title)
    yield "┏" + "┳".join("━" * (size + 2) for size in widths) + "┓"
    for cells in _folded(table.columns, widths):
        yield "┃ " + " ┃ ".join(strong.format(f"{c:<{w}}") for c, w in zip(cells, widths, strict=True)) + " ┃"
    yield "┡" + "╇".join("━" * (size + 2) for size in widths) + "┩"
    row_format = "│ " + " │ ".join(f"{{:<{size}}}" for size in widths) + " │"
    for row in table.rows:
        for cells in _folded(row, widths):
            yield row_format.format(*cells)
    yield "└" + "┴".join("─" * (size + 2) for size in widths) + "┘"


def _widths(table: TextTable, width: int) -> list[int]:
    widths = [
        max(map(len, "\n".join(column).split("\n")))
        for column in zip(table.columns, *table.rows, strict=True)
    ]
    room = width - 3 * len(widths) - 1
    while sum(widths) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _folded(row: Sequence[str], widths: Sequence[int]) -> Iterable[Sequence[str]]:
    if True not in map(gt, map(len, row), widths) and "\n" not in "".join(row):
        return [row]
    folded = [
        [line for text in cell.split("\n") for line in textwrap.wrap(text, size) or [""]]
        for cell, size in zip(row, widths, strict=True)
    ]
    return zip_longest(*folded, fillvalue="")

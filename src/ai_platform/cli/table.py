"""Tables as text, for thousands of rows."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from operator import gt
from typing import IO

from .output import PIPE_WIDTH

_NARROWEST = 4
_BREAK = re.compile(r"(?<=/)(?=.)|(?<=[a-z]{2}-)(?=\w)")
"""Where a word may go on in the next line: behind a slash, and behind a dash after letters."""
_AMOUNT = re.compile(r"[-+(]?\d[\d,.]*[%)*]*")


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
    widths, pad = _widths(table, width)
    strong = "\x1b[1m{}\x1b[0m" if bold else "{}"
    wide = [size + 2 * len(pad) for size in widths]
    yield strong.format(table.title)
    yield "┏" + "┳".join("━" * size for size in wide) + "┓"
    for cells in _folded(table.columns, widths):
        heads = [strong.format(f"{cell:<{size}}") for cell, size in zip(cells, widths, strict=True)]
        yield f"┃{pad}" + f"{pad}┃{pad}".join(heads) + f"{pad}┃"
    yield "┡" + "╇".join("━" * size for size in wide) + "┩"
    row_format = f"│{pad}" + f"{pad}│{pad}".join(f"{{:<{size}}}" for size in widths) + f"{pad}│"
    for row in table.rows:
        for cells in _folded(row, widths):
            yield row_format.format(*cells)
    yield "└" + "┴".join("─" * size for size in wide) + "┘"


def _widths(table: TextTable, width: int) -> tuple[list[int], str]:
    """Width of each column, and the blank beside each cell, which goes before a word is broken."""
    columns: list[tuple[str, ...]] = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    widths = [
        max(map(len, "\n".join([head, *cells]).split("\n")))
        for head, cells in zip(table.columns, columns, strict=True)
    ]
    padded, tight = width - 3 * len(widths) - 1, width - len(widths) - 1
    if sum(widths) <= padded:
        return widths, " "
    cells_alone = [_longest(cells) for cells in columns]
    whole = [max(_longest([head]), least) for head, least in zip(table.columns, cells_alone, strict=True)]
    amounts = [_longest(cells, amounts=True) for cells in columns]
    ways = ((padded, " ", whole), (tight, "", whole), (tight, "", cells_alone), (tight, "", amounts))
    for room, pad, least in ways:
        found = _shrunk(widths, room, [max(_NARROWEST, size) for size in least])
        if sum(found) <= room:
            return found, pad
    return _shrunk(found, tight, [_NARROWEST] * len(widths)), ""


def _shrunk(widths: Sequence[int], room: int, least: Sequence[int]) -> list[int]:
    """The widths with the widest columns made smaller until all fit, or none may become any smaller."""
    found = list(widths)
    while sum(found) > room:
        at = max(range(len(found)), key=lambda index: (found[index] > least[index], found[index]))
        if found[at] <= least[at]:
            break
        found[at] -= 1
    return found


def _longest(cells: Sequence[str], *, amounts: bool = False) -> int:
    """Length of the longest piece that no line is broken in, or of the longest amount."""
    words = set(" ".join(cells).split())
    if amounts:
        return max((len(word) for word in words if _AMOUNT.fullmatch(word)), default=0)
    return max((len(piece) for word in words for piece in _BREAK.split(word)), default=0)


def _folded(row: Sequence[str], widths: Sequence[int]) -> Iterable[Sequence[str]]:
    if True not in map(gt, map(len, row), widths) and "\n" not in "".join(row):
        return [row]
    folded = [
        [line for text in cell.split("\n") for line in _wrapped(text, size)]
        for cell, size in zip(row, widths, strict=True)
    ]
    return zip_longest(*folded, fillvalue="")


def _wrapped(text: str, size: int) -> list[str]:
    if len(text) <= size:
        return [text]
    lines = [text[: len(text) - len(text.lstrip())]]
    for word in text.split():
        glue = " " if lines[-1].strip() else ""
        for piece in _BREAK.split(word):
            if len(lines[-1]) + len(glue) + len(piece) <= size:
                lines[-1] += glue + piece
            else:
                # What is longer than a line is cut.
                cut = [piece[at : at + size] for at in range(0, len(piece), size)]
                lines[-1:] = [lines[-1], *cut] if lines[-1].strip() else cut
            glue = ""
    return lines

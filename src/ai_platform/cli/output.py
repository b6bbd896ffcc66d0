"""What the commands print on standard output."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..components.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from rich.console import RenderableType

PIPE_WIDTH = 120
"""Columns of what goes into a pipe or a file."""


def write(text: str) -> None:
    """One text and a line end, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def write_file(path: Path, text: str) -> None:
    """A text into a file, in place of what it held. Raises ``InvalidInput`` where that can't be."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        got = f"a file that can't be written: {error.strerror or error}"
        raise InvalidInput(str(path), [Problem("", got, "a path to write to", "take another")]) from None


def show(table: RenderableType) -> None:
    """A table as wide as the terminal, or 120 columns wide where there is none."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else PIPE_WIDTH
    Console(file=sys.stdout, width=width, soft_wrap=False).print(table)

"""What the commands print on standard output."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

_WIDTH_OF_A_PIPE = 120


def write(text: str) -> None:
    """One text and a line end, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def show(table: RenderableType) -> None:
    """A table as wide as the terminal, or 120 columns wide where there is none."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else _WIDTH_OF_A_PIPE
    Console(file=sys.stdout, width=width, soft_wrap=False).print(table)

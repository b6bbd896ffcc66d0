"""Parts in Markdown one below the other, as long as a comment may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from .escape import code, text

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is said."""

    differences: Literal["all", "replacing", "none"] = "all"
    resources: bool = True
    rows: int | None = None
    """Rows of each list; ``None`` for all."""
    longest: int = 300
    """Characters of each text from outside."""
    of_prompts: int = 8_000
    """Characters of all differences of prompts together."""


class Page:
    """Parts one below the other, and how many rows of them were left out."""

    def __init__(self, detail: Detail) -> None:
        self.detail = detail
        self.parts: list[str] = []
        self.left_out = 0

    def text(self, value: str) -> str:
        """A text from outside, escaped and cut."""
        return text(value, self.detail.longest)

    def code(self, value: str) -> str:
        """The same as code."""
        return code(value, self.detail.longest)

    def first(self, rows: Sequence[Row]) -> Sequence[Row]:
        """As many rows as there is room for; the others are counted."""
        kept = rows if self.detail.rows is None else rows[: self.detail.rows]
        self.left_out += len(rows) - len(kept)
        return kept

    def items(self, rows: Sequence[Row], item: Callable[[Row], str]) -> str:
        """A list, an item a row."""
        return "\n".join(f"- {item(row)}" for row in self.first(rows))

    def table(self, head: Sequence[str], rows: Sequence[Row], cells: Callable[[Row], Sequence[str]]) -> str:
        """A column whose head begins with ``>`` holds numbers and is aligned to the right."""
        rule = ["---:" if name.startswith(">") else "---" for name in head]
        lines = [[name.lstrip(">") for name in head], rule, *(cells(row) for row in self.first(rows))]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def section(self, heading: str, *parts: str) -> None:
        """Adds parts below a heading."""
        self.parts += [f"### {heading}", *parts]

    def folded(self, summary: str, *parts: str) -> None:
        """Adds parts that a click opens."""
        # Markdown inside needs an empty line behind the tag.
        self.parts += [f"<details><summary>{summary}</summary>", *parts, "</details>"]

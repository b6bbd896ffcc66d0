"""Prompts of a plan as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from ..plan import Plan
from ..planning.prompts import SHOWN_DIGEST
from .table import TextTable


def prompt_lines(plan: Plan) -> Iterator[TextTable]:
    """The table; nothing where there are no prompts."""
    if plan.prompts:
        columns = ("prompt", "version", "sha256", "bytes", "for", "evaluated")
        table = TextTable("Prompts", columns)
        for prompt in plan.prompts:
            table.add_row(
                f"{prompt.team}/{prompt.name}",
                prompt.version,
                prompt.sha256[:SHOWN_DIGEST],
                f"{prompt.size_bytes:,}",
                prompt.endpoint or "-",
                prompt.evaluation.result if prompt.evaluation else "no",
            )
        yield table

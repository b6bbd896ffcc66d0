"""The rules as a table for docs/dangers.md."""

from __future__ import annotations

from .danger_finding import gravity
from .danger_rules import RULES

HEAD = "| rule | gravest | when | safer |\n|---|---|---|---|\n"


def danger_table() -> str:
    """Every rule, the gravest first, as Markdown."""
    rows = sorted(RULES.values(), key=lambda rule: (gravity(rule.grade), rule.name))
    return HEAD + "".join(
        f"| `{rule.name}` | {rule.grade.value} | {rule.when} | {rule.safer} |\n" for rule in rows
    )

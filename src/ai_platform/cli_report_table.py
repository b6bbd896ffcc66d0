"""A report in the terminal: what changes, what could go wrong, what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from .cli_table import TextTable
from .report.model import Money, Report

_ROWS = 30
_COUNTS = ("create", "update", "replace", "delete", "rename", "same")


def report_table(report: Report) -> Iterable[TextTable | str]:
    """Tables and lines. What has too many rows says how many are left out."""
    yield from _stacks(report)
    yield from _changes(report)
    yield from _gates(report)
    yield from _dangers(report)
    yield from _money(report)
    yield from (_plain(f"note: {note}") for note in report.notes)


def _stacks(report: Report) -> Iterator[TextTable | str]:
    table = TextTable("Stacks", ("stack", *_COUNTS, "preview"))
    for part in report.stacks:
        counts = [str(getattr(part.counts, name)) for name in _COUNTS]
        table.add_row(_plain(part.stack), *counts, "whole" if part.complete else "failed")
    if table.rows:
        yield table
    for part in report.stacks:
        yield from (_plain(f"error: {part.stack}: {error}") for error in part.errors)


def _changes(report: Report) -> Iterator[TextTable | str]:
    table = TextTable("Changes", ("component", "what", "cause", "where"))
    for change in report.changes[:_ROWS]:
        first = next((item for line in change.resources for item in line.differences), None)
        cause = f"{first.path}: {first.before} → {first.after}" if first else ""
        ops = Counter(line.op.value for line in change.resources)
        resources = ", ".join(f"{count} {op}" for op, count in ops.items())
        table.add_row(
            _plain(change.component), resources, _plain(cause), _plain(change.description_line or "")
        )
    yield from _with_rest(table, len(report.changes))


def _gates(report: Report) -> Iterator[TextTable | str]:
    table = TextTable("Policies", ("level", "rule", "what"))
    for line in report.gates[:_ROWS]:
        table.add_row(_plain(line.level), _plain(line.rule), _plain(line.message))
    yield from _with_rest(table, len(report.gates))


def _dangers(report: Report) -> Iterator[TextTable | str]:
    table = TextTable("Dangers", ("grade", "what", "why", "safer"))
    for danger in report.dangers[:_ROWS]:
        table.add_row(danger.grade, *map(_plain, (danger.what, danger.why, danger.safer)))
    yield from _with_rest(table, len(report.dangers))


def _money(report: Report) -> Iterator[str]:
    total = report.money.total
    if total is not None:
        yield f"cost a month, minimum to maximum: {_range(total.before)} → {_range(total.after)}"


def _range(money: Money | None) -> str:
    if money is None:
        return "none"
    more = " and what has no price" if money.unknown else ""
    return f"{_usd(money.minimum)} to {_usd(money.maximum)}{more}"


def _usd(amount: Decimal) -> str:
    return f"${amount:,.2f}"


def _with_rest(table: TextTable, count: int) -> Iterator[TextTable | str]:
    if table.rows:
        yield table
    if count > len(table.rows):
        yield f"… and {count - len(table.rows)} more: --format json shows all"


def _plain(text: str) -> str:
    """The text without what would steer the terminal."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "�" for sign in text)

"""The report for a terminal: short tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ..cli.table import TextTable
from ..components.counted import counted
from .gate_words import said_once
from .model import Danger, Report
from .model_changes import ComponentChange
from .model_money import MoneyReport
from .plain import plain
from .words import (
    amount,
    budget,
    changes_text,
    cost_text,
    dangers_text,
    difference,
    done,
    failures,
    gates_text,
    money_text,
    nodes,
    place,
    rests_on_expected,
    sums,
    usd,
    verdict,
    which,
)

_MOST_CHARACTERS = 40
"""Letters of a value that is named as a cause."""
_MOST_CHANGES = 20
"""Components that are listed: more of them push what matters off the screen."""


def terminal(report: Report) -> Sequence[TextTable | str]:
    """What a change does, for ``cli.table.text_for``: the verdict last, where the reader's eyes are."""
    return [part for make in _PARTS for part in make(report)]


def _changes(report: Report) -> Iterator[TextTable | str]:
    if report.changes:
        table = TextTable("Change by component", ("component", "stack", "what", "cause", "description"))
        for change in report.changes[:_MOST_CHANGES]:
            counts = Counter(done(line.op, [line]) for line in change.resources)
            what = ", ".join(f"{count:,} {op}" for op, count in counts.items())
            where = plain(change.description_line or "")
            table.add_row(plain(change.component), plain(change.stack), what, _cause(change), where)
        yield table
        if (more := len(report.changes) - _MOST_CHANGES) > 0:
            yield f"and {counted(more, 'component')} more: --format json or html has them all"


def _cause(change: ComponentChange) -> str:
    first = next((item for line in change.resources for item in line.differences), None)
    if first is None:
        return ""
    sides = " → ".join(plain(side or "nothing", _MOST_CHARACTERS) for side in (first.before, first.after))
    return f"{plain(first.path)}: {sides}"


def _capacity(report: Report) -> Iterator[TextTable | str]:
    capacity = report.capacity
    if capacity.pools:
        table = TextTable("GPUs by pool", ("pool", "accelerator", "nodes", "GPUs", "devices"))
        for pool in capacity.pools:
            devices = "\n".join(f"{plain(name)} {amount(count)}" for name, count in pool.devices.items())
            table.add_row(plain(pool.pool), plain(pool.accelerator), nodes(pool), amount(pool.gpus), devices)
        yield table
    if capacity.teams:
        table = TextTable("Quotas", ("team", "pool", "resource", "guaranteed", "borrowable", "loses"))
        for team in capacity.teams:
            names = (plain(team.team), plain(team.pool), plain(team.resource))
            loses = "yes" if team.loses else "no"
            table.add_row(*names, amount(team.guaranteed), amount(team.borrowable), loses)
        yield table


def _cost(report: Report) -> Iterator[TextTable | str]:
    money: MoneyReport = report.money
    lines = [*money.pools, *sums(money)]
    if not lines:
        return
    expected = rests_on_expected(money)
    head = ("", "before", "after", f"difference, {which(expected)}", "budget")
    table = TextTable(f"Cost a month, {plain(money.currency)}", head)
    for line in lines:
        # Narrow: the table has two ranges, and a terminal may have but 120 columns.
        sides = [
            money_text(side).replace(" to ", " to\n").replace(", ", ",\n")
            for side in (line.before, line.after)
        ]
        limit = budget(line).replace(", ", ",\n") if line.budget_usd is not None else ""
        table.add_row(plain(line.name), *sides, difference(line, expected), limit)
    yield table
    if money.unknown:
        yield f"without a price: {', '.join(map(plain, money.unknown))}"
    for saving in money.savings:
        yield f"saves {usd(saving.monthly_usd)} a month: {plain(saving.what)}"


def _dangers(report: Report) -> Iterator[TextTable | str]:
    if report.dangers:
        table = TextTable("Dangers", ("grade", "rule", "what", "safer"))
        for danger in report.dangers:
            table.add_row(danger.grade.value, plain(danger.rule), _what(danger), plain(danger.safer))
        yield table


def _what(danger: Danger) -> str:
    at = place(danger.file, danger.line)
    return f"{plain(danger.what)}\n{plain(danger.why)}" + (f" ({plain(at)})" if at else "")


def _gates(report: Report) -> Iterator[TextTable | str]:
    if report.gates:
        table = TextTable("Gates", ("level", "rule", "of", "what is wrong"))
        for gate in said_once(report):
            about = plain(", ".join(gate.about))
            table.add_row(plain(gate.level), plain(gate.rule), about, plain(gate.what, 1_000))
        yield table


def _notes(report: Report) -> Iterator[TextTable | str]:
    for note in report.notes:
        yield f"note: {plain(note)}"


def _verdict(report: Report) -> Iterator[TextTable | str]:
    for line in report.wrong:
        yield f"not right: {plain(line, 1_000)}"
    for stacks, lines in failures(report):
        first, *more = (plain(line, 1_000) for line in lines)
        names = ", ".join(map(plain, stacks))
        yield "\n  ".join([f"the preview of {names} is incomplete: {first}", *more])
    if report.capacity.losers:
        yield f"less than before: {', '.join(map(plain, report.capacity.losers))}"
    yield f"change: {changes_text(report)}"
    yield f"cost: {cost_text(report) or 'not known'}"
    yield f"GPUs: {dict(verdict(report))['GPUs']}"
    yield f"dangers: {dangers_text(report)}; gates: {gates_text(report)}"


_PARTS = (_changes, _capacity, _cost, _gates, _dangers, _notes, _verdict)

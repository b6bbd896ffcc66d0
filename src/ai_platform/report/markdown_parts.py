"""The parts of the report in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from .escape import code, fenced, text
from .gate_words import Said, said_once
from .model import Danger, Grade, MoneyLine, PoolCapacity, PromptText, Report
from .plain import verbatim
from .words import (
    NOTHING,
    amount,
    budget,
    difference,
    failures,
    lines_left_out,
    money_text,
    nodes,
    place,
    plural,
    rests_on_expected,
    sums,
    usd,
    verdict,
    which,
)

Row = TypeVar("Row")

_SIGNS = {Grade.CRITICAL: "🔴", Grade.HIGH: "🟠", Grade.MEDIUM: "🟡", Grade.LOW: "⚪"}
_OPEN = (Grade.CRITICAL, Grade.HIGH)
"""Grades that are not folded."""
_FLOORS = "Without a price, so that the amounts are floors:"


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


class _Page:
    """Parts one below the other, and how many rows of them were left out."""

    def __init__(self, detail: Detail) -> None:
        self.detail = detail
        self.parts: list[str] = []
        self.left_out = 0

    def text(self, value: str) -> str:
        return text(value, self.detail.longest)

    def code(self, value: str) -> str:
        return code(value, self.detail.longest)

    def first(self, rows: Sequence[Row]) -> Sequence[Row]:
        kept = rows if self.detail.rows is None else rows[: self.detail.rows]
        self.left_out += len(rows) - len(kept)
        return kept

    def items(self, rows: Sequence[Row], item: Callable[[Row], str]) -> str:
        return "\n".join(f"- {item(row)}" for row in self.first(rows))

    def table(self, head: Sequence[str], rows: Sequence[Row], cells: Callable[[Row], Sequence[str]]) -> str:
        """A column whose head begins with ``>`` holds numbers and is aligned to the right."""
        rule = ["---:" if name.startswith(">") else "---" for name in head]
        lines = [[name.lstrip(">") for name in head], rule, *(cells(row) for row in self.first(rows))]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def section(self, heading: str, *parts: str) -> None:
        self.parts += [f"### {heading}", *parts]

    def folded(self, summary: str, *parts: str) -> None:
        # Markdown inside needs an empty line behind the tag.
        self.parts += [f"<details><summary>{summary}</summary>", *parts, "</details>"]


def title_line(report: Report, longest: int) -> str:
    """The heading."""
    return f"## AI platform: {text(report.title, longest)}"


def verdict_line(report: Report) -> str:
    """The whole change in one line."""
    said = dict(verdict(report))
    parts = [said["change"], said["cost"], f"GPUs {said['GPUs']}"]
    if said["cost"] == "not known":
        parts[1] = "cost not known"
    parts += [f"dangers: {said['dangers']}", f"gates: {said['gates']}"]
    return f"{_sign(report)} **{'** · **'.join(parts)}**"


def _sign(report: Report) -> str:
    if report.wrong or any(line.level == "mandatory" for line in report.gates):
        return "⛔"
    if any(danger.grade in _OPEN for danger in report.dangers):
        return "⚠️"
    return "✅" if report.stacks and all(part.complete for part in report.stacks) else "❔"


def whole(report: Report, detail: Detail, changes: Sequence[str]) -> tuple[list[str], int]:
    """All parts below the verdict, and how many rows were left out of them."""
    page = _Page(detail)
    _failures(page, report)
    _dangers(page, report.dangers)
    _gates(page, said_once(report))
    _losers(page, report)
    _pools(page, report)
    _money(page, report)
    if changes:
        counts = plural(len(report.changes), "component")
        page.folded(f"<b>Change by component</b>: {counts}", "\n".join(changes))
    _versions(page, report)
    _prompts(page, report.prompts)
    if report.notes:
        page.folded(
            f"<b>Notes</b>: {len(report.notes)}",
            page.items(report.notes, page.text),
        )
    return page.parts, page.left_out


def _failures(page: _Page, report: Report) -> None:
    if report.wrong:
        page.section(
            "A description is not right",
            "It can't be applied, and what it changes is not known.",
            page.items(report.wrong, lambda line: text(line, 3 * page.detail.longest)),
        )
    if broken := failures(report):
        page.section(
            "The preview is incomplete",
            "What follows is what could be read of it. What is missing here is not known.",
            page.items(broken, lambda failed: _failure(page, *failed)),
        )


def _failure(page: _Page, stacks: Sequence[str], lines: Sequence[str]) -> str:
    first, *more = (text(line, 3 * page.detail.longest) for line in page.first(lines))
    return "\n".join([f"{', '.join(map(page.code, stacks))}: {first}", *(f"  - {line}" for line in more)])


def _dangers(page: _Page, dangers: Sequence[Danger]) -> None:
    grave = [danger for danger in dangers if danger.grade in _OPEN]
    rest = [danger for danger in dangers if danger.grade not in _OPEN]
    if grave:
        page.section("Dangers", page.items(grave, lambda danger: _danger(page, danger)))
    if rest:
        counts = ", ".join(
            f"{sum(danger.grade is grade for danger in rest)} {grade}"
            for grade in Grade
            if any(danger.grade is grade for danger in rest)
        )
        page.folded(
            f"<b>{'More dangers' if grave else 'Dangers'}</b>: {counts}",
            page.items(rest, lambda danger: _danger(page, danger)),
        )


def _danger(page: _Page, danger: Danger) -> str:
    at = place(danger.file, danger.line)
    where = f" ({page.code(at)})" if at else ""
    grade = f"{_SIGNS[danger.grade]} **{danger.grade}**"
    lines = [
        f"{grade} {page.code(danger.rule)}: {page.text(danger.what)}{where}",
        f"  - Why: {page.text(danger.why)}",
        f"  - Safer: {page.text(danger.safer)}",
    ]
    if danger.blast_radius:
        lines.insert(2, f"  - Depends on it: {', '.join(map(page.code, page.first(danger.blast_radius)))}")
    return "\n".join(lines)


def _gates(page: _Page, gates: Sequence[Said]) -> None:
    stop = [gate for gate in gates if gate.level == "mandatory"]
    rest = [gate for gate in gates if gate.level != "mandatory"]
    if stop:
        page.section("Gates", page.items(stop, lambda gate: _gate(page, gate)))
    if rest:
        counts = f"<b>Gates that stop nothing</b>: {len(rest)}"
        page.folded(counts, page.items(rest, lambda gate: _gate(page, gate)))


def _gate(page: _Page, gate: Said) -> str:
    about = f" ({', '.join(map(page.code, gate.about))})" if gate.about else ""
    what = text(gate.what, 3 * page.detail.longest)
    lines = [f"**{page.text(gate.level)}** {page.code(gate.rule)}: {what}{about}"]
    return "\n".join([*lines, *([f"  - Remedy: {page.text(gate.remedy)}"] if gate.remedy else [])])


def _losers(page: _Page, report: Report) -> None:
    teams = report.capacity.teams
    if not teams:
        return
    names = ", ".join(f"**{page.text(name)}**" for name in page.first(report.capacity.losers))
    page.section(
        "Quotas",
        f"Less than before has {names}." if names else "No team loses.",
        page.table(
            ["team", "pool", "resource", ">guaranteed", ">borrowable", "loses"],
            teams,
            lambda row: [
                page.text(row.team),
                page.text(row.pool),
                page.code(row.resource),
                amount(row.guaranteed),
                amount(row.borrowable),
                "**yes**" if row.loses else "no",
            ],
        ),
    )


def _pools(page: _Page, report: Report) -> None:
    pools = report.capacity.pools
    if not pools:
        return

    cut = any(row.layout for row in pools)
    head = ["pool", "accelerator", ">nodes", ">GPUs", "devices", *(["MIG layouts"] * cut)]
    page.section("GPUs by pool", page.table(head, pools, lambda row: _pool(page, row, cut)))


def _pool(page: _Page, row: PoolCapacity, cut: bool) -> list[str]:
    devices = (f"{page.code(name)} {amount(count)}" for name, count in row.devices.items())
    layout = " → ".join(map(page.code, row.layout)) if row.layout else "unchanged"
    return [
        page.text(row.pool),
        page.text(row.accelerator),
        nodes(row),
        amount(row.gpus),
        ", ".join(devices) or NOTHING,
        *([layout] * cut),
    ]


def _money(page: _Page, report: Report) -> None:
    money = report.money
    expected = rests_on_expected(money)
    unknown = [_FLOORS, page.items(money.unknown, page.text)] if money.unknown else []
    if pools := [*money.pools, *sums(money)]:
        title = f"Cost a month by pool, {page.text(money.currency)}"
        parts = (_money_table(page, pools, expected), *unknown)
        if _differs(pools):
            page.section(title, *parts)
        else:
            page.folded(f"<b>{title}</b>: unchanged", *parts)
    for title, rows in (("team", money.teams), ("cost centre", money.cost_centers)):
        if rows:
            same = "" if _differs(rows) else ": unchanged"
            page.folded(f"<b>Cost a month by {title}</b>{same}", _money_table(page, rows, expected))
    if money.savings:
        most = usd(max(row.monthly_usd for row in money.savings))
        page.folded(
            f"<b>The same for less</b>: {plural(len(money.savings), 'way')}, up to {most} a month",
            page.items(
                money.savings,
                lambda row: (
                    f"{page.text(row.what)} Saves {usd(row.monthly_usd)} a month: {page.text(row.why)}"
                ),
            ),
        )


def _differs(lines: Sequence[MoneyLine]) -> bool:
    return any(line.before != line.after for line in lines)


def _money_table(page: _Page, rows: Sequence[MoneyLine], expected: bool) -> str:
    return page.table(
        ["", ">before", ">after", f">difference, {which(expected)}", ">budget"],
        rows,
        lambda row: [
            page.text(row.name),
            money_text(row.before),
            money_text(row.after),
            difference(row, expected),
            f"**{said}**" if "over" in (said := budget(row)) else said,
        ],
    )


def _versions(page: _Page, report: Report) -> None:
    if not report.versions:
        return
    page.folded(
        f"<b>Versions</b>: {plural(len(report.versions), 'change')}",
        page.table(
            ["what", "kind", "before", "after", "known good"],
            report.versions,
            lambda row: [
                page.text(row.name),
                page.text(row.kind),
                page.code(row.before) if row.before is not None else NOTHING,
                page.code(row.after) if row.after is not None else NOTHING,
                page.text(row.known_good) if row.known_good is not None else "not known",
            ],
        ),
    )


def _prompts(page: _Page, prompts: Sequence[PromptText]) -> None:
    if not prompts:
        return
    parts, room = [], page.detail.of_prompts
    for prompt in page.first(prompts):
        sides = (page.code(side) if side is not None else NOTHING for side in (prompt.before, prompt.after))
        parts.append(f"{page.code(prompt.name)}, version {' → '.join(sides)}:")
        kept = []
        for line in map(verbatim, prompt.lines):
            room -= len(line) + 1
            if room < 0:
                break
            kept.append(line if line[:1] in {" ", "+", "-", "@"} else f" {line}")
        missing = len(prompt.lines) - len(kept)
        page.left_out += missing
        if kept:
            parts.append(fenced(kept, "diff"))
        if said := lines_left_out(prompt, missing):
            parts.append(said)
    page.folded(f"<b>Texts of prompts</b>: {plural(len(prompts), 'change')}", *parts)

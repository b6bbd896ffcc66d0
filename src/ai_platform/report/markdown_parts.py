"""The parts of the report in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from ..components.counted import counted
from .escape import fenced, text
from .gate_words import Said, said_once
from .markdown_capacity import losers_part, pools_part
from .markdown_money import money_part
from .markdown_page import Detail, Page
from .model import Danger, Grade, PromptText, Report
from .plain import verbatim
from .words import INCOMPLETE, NOTHING, WRONG, failures, lines_left_out, place, verdict

_SIGNS = {Grade.CRITICAL: "🔴", Grade.HIGH: "🟠", Grade.MEDIUM: "🟡", Grade.LOW: "⚪"}
_OPEN = (Grade.CRITICAL, Grade.HIGH)
"""Grades that are not folded."""


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
    page = Page(detail)
    _failures(page, report)
    _dangers(page, report.dangers)
    _gates(page, said_once(report))
    losers_part(page, report)
    pools_part(page, report)
    money_part(page, report)
    if changes:
        counts = counted(len(report.changes), "component")
        page.folded(f"<b>Change by component</b>: {counts}", "\n".join(changes))
    _versions(page, report)
    _prompts(page, report.prompts)
    if report.notes:
        page.folded(
            f"<b>Notes</b>: {len(report.notes)}",
            page.items(report.notes, page.text),
        )
    return page.parts, page.left_out


def _failures(page: Page, report: Report) -> None:
    if report.wrong:
        page.section(
            *WRONG,
            page.items(report.wrong, lambda line: text(line, 3 * page.detail.longest)),
        )
    if broken := failures(report):
        page.section(
            *INCOMPLETE,
            page.items(broken, lambda failed: _failure(page, *failed)),
        )


def _failure(page: Page, stacks: Sequence[str], lines: Sequence[str]) -> str:
    first, *more = (text(line, 3 * page.detail.longest) for line in page.first(lines))
    return "\n".join([f"{', '.join(map(page.code, stacks))}: {first}", *(f"  - {line}" for line in more)])


def _dangers(page: Page, dangers: Sequence[Danger]) -> None:
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


def _danger(page: Page, danger: Danger) -> str:
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


def _gates(page: Page, gates: Sequence[Said]) -> None:
    stop = [gate for gate in gates if gate.level == "mandatory"]
    rest = [gate for gate in gates if gate.level != "mandatory"]
    if stop:
        page.section("Gates", page.items(stop, lambda gate: _gate(page, gate)))
    if rest:
        counts = f"<b>Gates that stop nothing</b>: {len(rest)}"
        page.folded(counts, page.items(rest, lambda gate: _gate(page, gate)))


def _gate(page: Page, gate: Said) -> str:
    about = f" ({', '.join(map(page.code, gate.about))})" if gate.about else ""
    what = text(gate.what, 3 * page.detail.longest)
    lines = [f"**{page.text(gate.level)}** {page.code(gate.rule)}: {what}{about}"]
    return "\n".join([*lines, *([f"  - Remedy: {page.text(gate.remedy)}"] if gate.remedy else [])])


def _versions(page: Page, report: Report) -> None:
    if not report.versions:
        return
    page.folded(
        f"<b>Versions</b>: {counted(len(report.versions), 'change')}",
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


def _prompts(page: Page, prompts: Sequence[PromptText]) -> None:
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
    page.folded(f"<b>Texts of prompts</b>: {counted(len(prompts), 'change')}", *parts)

"""The report as one page of HTML, with charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..page.elements import Child, Html, code, element, folded, items, joined, table
from ..page.frame import Section, page, tiles
from .gate_words import said_once
from .html_capacity import capacity_part
from .html_changes import changes_part
from .html_money import money_part
from .model import Danger, PromptText, Report
from .plain import plain, verbatim
from .words import (
    INCOMPLETE,
    NOTHING,
    SAFE,
    WRONG,
    changes_text,
    dangers_text,
    decisive,
    failures,
    gates_text,
    limits_text,
    lines_left_out,
    place,
    rests_on_expected,
    share,
    signed,
    unpriced,
    usd,
    verdict,
    which,
    worst,
)


def html(report: Report) -> str:
    """The whole report as a document that needs no other file, no script and no request."""
    sections = [section for part in _PARTS for section in part(report)]
    about = " ".join(
        f"Plan {side}: {plain(digest)}."
        for side, digest in zip(("before", "after"), report.digests, strict=True)
        if digest
    )
    return page(f"AI platform: {plain(report.title)}", sections, lead=[_tiles(report)], about=about)


def _tiles(report: Report) -> Html:
    total = report.money.total
    danger = dangers_text(report)
    looks = _look(worst(report)) if report.dangers or danger == SAFE else None
    stopped = any(line.level == "mandatory" for line in report.gates)
    cost: Child = "not known"
    if total and (total.before or total.after):
        expected = rests_on_expected(report.money)
        before, after = decisive(total, expected)
        moved = (
            ["difference not known"] if unpriced(total) else [signed(after - before), share(before, after)]
        )
        parts = [*moved, which(expected)]
        if expected and (most := limits_text(total, expected)):
            parts.append(most)
        change = _kept(", ".join(part for part in parts if part))
        old, new = ("at least " if side and side.unknown else "" for side in (total.before, total.after))
        same = before == after and not unpriced(total)
        both = f"{new}{usd(after)}" if same else f"{old}{usd(before)} → {new}{usd(after)}"
        cost = joined([both, element("small", change)])
    return tiles(
        [
            ("Resources", _kept(changes_text(report))),
            (f"Cost a month, {plain(report.money.currency)}", cost),
            ("GPUs at most", dict(verdict(report))["GPUs"]),
            ("Dangers", element("span", _kept(danger), class_=looks)),
            (
                "Gates",
                element("span", _kept(gates_text(report)), class_="grade critical" if stopped else None),
            ),
        ]
    )


def _kept(text: str) -> Html:
    """A list in which no item is broken over two lines."""
    *head, last = text.split(", ")
    parts = [element("span", part, class_="kept") for part in (*(f"{part}," for part in head), last)]
    return joined([piece for part in parts for piece in (" ", part)][1:])


def _look(grave: Danger | None) -> str:
    return f"grade {grave.grade if grave else 'good'}"


def _failures(report: Report) -> Iterator[Section]:
    if report.wrong:
        rows: list[Child] = [plain(line, 1_000) for line in report.wrong]
        title, note = WRONG
        yield Section("wrong", title, (element("p", note), items(rows)))
    if broken := failures(report):
        rows = [_failure(*failed) for failed in broken]
        title, note = INCOMPLETE
        yield Section("incomplete", title, (element("p", note), items(rows)))


def _failure(stacks: Sequence[str], lines: Sequence[str]) -> Html:
    first, *more = (plain(line, 1_000) for line in lines)
    names = [piece for stack in stacks for piece in (", ", code(plain(stack)))][1:]
    return joined([*names, f": {first}", *([items(more)] if more else [])])


def _dangers(report: Report) -> Iterator[Section]:
    if report.dangers:
        yield Section("dangers", "Dangers", tuple(map(_danger, report.dangers)))


def _danger(danger: Danger) -> Html:
    at = place(danger.file, danger.line)
    grade = element("span", str(danger.grade).capitalize(), class_="grade")
    origin: list[Child] = [code(plain(danger.rule)), *([" in ", code(plain(at))] if at else [])]
    parts = [
        element("h3", grade, ": ", plain(danger.what, 1_000)),
        element("p", element("strong", "Why: "), plain(danger.why, 1_000)),
    ]
    if danger.blast_radius:
        depends = ", ".join(map(plain, danger.blast_radius))
        parts.append(element("p", element("strong", "Depends on it: "), depends))
    parts.append(element("p", element("strong", "Safer: "), plain(danger.safer, 1_000)))
    return element("div", *parts, element("p", *origin, class_="quiet"), class_=f"card {danger.grade.value}")


def _gates(report: Report) -> Iterator[Section]:
    if report.gates:
        rows = [
            [
                plain(gate.level),
                code(plain(gate.rule)),
                plain(", ".join(gate.about)),
                joined([plain(gate.what, 1_000), element("small", plain(gate.remedy, 1_000))]),
            ]
            for gate in said_once(report)
        ]
        yield Section("gates", "Gates", (table("What the policies say", _GATES, rows),))


_GATES = ("level", "rule", "of", "what is wrong, and how to fix it")


def _versions(report: Report) -> Iterator[Section]:
    if report.versions:
        rows = [
            [
                plain(row.name),
                plain(row.kind),
                NOTHING if row.before is None else code(plain(row.before)),
                NOTHING if row.after is None else code(plain(row.after)),
                "not known" if row.known_good is None else plain(row.known_good),
            ]
            for row in report.versions
        ]
        head = ("what", "kind", "before", "after", "known good")
        yield Section("versions", "Versions", (table("What gets another version", head, rows),))


def _notes(report: Report) -> Iterator[Section]:
    if report.notes:
        body = items([plain(note, 1_000) for note in report.notes])
        yield Section("notes", "Notes", (body,))


def _prompts(report: Report) -> Iterator[Section]:
    if report.prompts:
        yield Section("prompts", "Texts of prompts", tuple(map(_prompt, report.prompts)))


def _prompt(prompt: PromptText) -> Html:
    sides: list[Child] = [
        NOTHING if side is None else code(plain(side)) for side in (prompt.before, prompt.after)
    ]
    head = joined([code(plain(prompt.name)), ", version ", sides[0], " → ", sides[1]])
    lines = [element("span", verbatim(line), "\n", class_=_LINES.get(line[:1])) for line in prompt.lines]
    said = lines_left_out(prompt)
    body = [element("pre", *lines, tabindex="0"), *([element("p", said)] if said else [])]
    return folded(head, *body)


_LINES = {"+": "added", "-": "removed"}
_PARTS = (_failures, _dangers, _gates, capacity_part, money_part, changes_part, _versions, _prompts, _notes)

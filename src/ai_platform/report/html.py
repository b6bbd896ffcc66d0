"""The report as one page of HTML, with charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from ..page.charts import Bar, Number, Pair, difference_bars, paired_bars
from ..page.elements import Child, Html, code, element, folded, items, joined, table
from ..page.frame import Section, page, tiles
from .gate_words import said_once
from .html_changes import changes_part
from .model import Danger, Money, MoneyLine, MoneyReport, PromptText, Report
from .plain import plain, verbatim
from .words import (
    NOTHING,
    SAFE,
    amount,
    budget,
    changes_text,
    cost_text,
    dangers_text,
    decisive,
    difference,
    failures,
    gates_text,
    is_floor,
    limits_text,
    lines_left_out,
    money_text,
    nodes,
    place,
    rests_on_expected,
    share,
    signed,
    sums,
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
        note = "It can't be applied, and what it changes is not known."
        rows: list[Child] = [plain(line, 1_000) for line in report.wrong]
        yield Section("wrong", "A description is not right", (element("p", note), items(rows)))
    if broken := failures(report):
        rows = [_failure(*failed) for failed in broken]
        note = "What follows is what could be read of it. What is missing here is not known."
        yield Section("incomplete", "The preview is incomplete", (element("p", note), items(rows)))


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


def _capacity(report: Report) -> Iterator[Section]:
    capacity = report.capacity
    body: list[Child] = []
    if capacity.losers:
        names = ", ".join(map(plain, capacity.losers))
        body.append(element("p", "Less than before has ", element("strong", names), "."))
    if capacity.pools:
        pairs = [Pair(plain(row.pool), row.gpus.before, row.gpus.after) for row in capacity.pools]
        body.append(paired_bars("gpus-by-pool", "GPUs by pool, at most", pairs, _count))
        rows = [
            [
                plain(row.pool),
                plain(row.accelerator),
                nodes(row),
                amount(row.gpus),
                items([f"{plain(name)} {amount(count)}" for name, count in row.devices.items()]),
                " → ".join(map(plain, row.layout)) if row.layout else "unchanged",
            ]
            for row in capacity.pools
        ]
        head = ("pool", "accelerator", ">nodes", ">GPUs", "devices", "MIG layouts")
        body.append(table("Pools that change", head, rows))
    if capacity.teams:
        rows = [
            [
                plain(row.team),
                plain(row.pool),
                code(plain(row.resource)),
                amount(row.guaranteed),
                amount(row.borrowable),
                element("strong", "yes") if row.loses else "no",
            ]
            for row in capacity.teams
        ]
        head = ("team", "pool", "resource", ">guaranteed", ">borrowable", "loses")
        body.append(table("Quotas that change", head, rows))
    if body:
        yield Section("capacity", "Capacity", tuple(body))


def _count(value: Number) -> str:
    return f"{value:,}"


def _money(report: Report) -> Iterator[Section]:
    money = report.money
    if not money.pools and not sums(money):
        return
    expected = rests_on_expected(money)
    body: list[Child] = [element("p", f"{text}.")] if (text := cost_text(report)) else []
    body.append(element("div", *_charts(money, expected), class_="charts"))
    lists = (
        ("Pools", money.pools),
        ("Teams by what is guaranteed to them", money.teams),
        ("Cost centres", money.cost_centers),
    )
    total = sums(money)
    body += [
        _money_table(f"{name}, {which(expected)}", [*rows, *total], expected) for name, rows in lists if rows
    ]
    if money.unknown:
        body.append(element("p", "Without a price, so that the amounts are floors:"))
        body.append(items([plain(name) for name in money.unknown]))
    if money.savings:
        rows = [[plain(row.what), usd(row.monthly_usd), plain(row.why, 1_000)] for row in money.savings]
        body.append(table("The same for less", ("what", ">saves a month", "why"), rows))
    yield Section("cost", f"Cost a month, {plain(money.currency)}", tuple(body))


def _charts(money: MoneyReport, expected: bool) -> Iterator[Html]:
    if money.pools:
        yield paired_bars(
            "cost-by-pool", f"Cost a month by pool, {which(expected)}", _pairs(money.pools, expected), _whole
        )
        changes = [
            Bar(plain(line.name), _change(line, expected)) for line in money.pools if not unpriced(line)
        ]
        if any(bar.value for bar in changes):
            yield difference_bars(
                "difference-by-pool", f"Difference a month by pool, {which(expected)}", changes, _signed
            )
    if money.teams:
        yield paired_bars(
            "cost-by-team", f"Cost a month by team, {which(expected)}", _pairs(money.teams, expected), _whole
        )


def _pairs(lines: Sequence[MoneyLine], expected: bool) -> list[Pair]:
    pairs = []
    for line in lines:
        before, after = decisive(line, expected)
        # A bar of what has no price would read as free.
        name = plain(line.name) + (", at least" if is_floor(line) else "")
        pairs.append(Pair(name, before if line.before else None, after if line.after else None))
    return pairs


def _change(line: MoneyLine, expected: bool) -> Decimal:
    before, after = decisive(line, expected)
    return after - before


def _whole(value: Number) -> str:
    return f"{value:,.0f}"


def _signed(value: Number) -> str:
    return f"{value:+,.0f}" if value else "±0"


def _money_table(caption: str, lines: Sequence[MoneyLine], expected: bool) -> Html:
    rows = [
        [
            plain(line.name),
            _sum(line.before, before),
            _sum(line.after, after),
            difference(line, expected),
            budget(line),
        ]
        for line in lines
        for before, after in (decisive(line, expected),)
    ]
    return table(caption, ("name", ">before", ">after", ">difference", ">budget"), rows)


def _sum(money: Money | None, decisive_usd: Decimal) -> Child:
    """The amount that decides, and below it from where to where it may go."""
    if money is None or (money.minimum == money.maximum and not money.unknown):
        return money_text(money)
    floor = "at least " if money.unknown else ""
    span = f"{usd(money.minimum)} to {usd(money.maximum)}"
    return joined([f"{floor}{usd(decisive_usd)}", element("small", span)])


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
_PARTS = (_failures, _dangers, _gates, _capacity, _money, changes_part, _versions, _prompts, _notes)

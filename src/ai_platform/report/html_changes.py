"""The list of changes on the page: components, their resources, and what differs in each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..components.counted import counted
from ..page.elements import Child, Html, code, element, folded, items, joined, table
from ..page.frame import Section
from .model import Report
from .model_changes import ComponentChange, Difference, ResourceLine
from .plain import plain
from .preview import Op
from .words import NOTHING, done, former, place, renamed, total_counts


def changes_part(report: Report) -> Iterator[Section]:
    """What happens to what: how much of it by stack, then component by component."""
    body: list[Child] = []
    if report.stacks:
        names = list(type(report.stacks[0].counts).model_fields)
        rows = [
            [code(plain(part.stack)), *(f"{getattr(part.counts, name):,}" for name in names)]
            for part in report.stacks
        ]
        if len(report.stacks) > 1:
            counts = total_counts(report)
            rows.append([element("strong", "all"), *(f"{getattr(counts, name):,}" for name in names)])
        body.append(table("Resources by stack", ("stack", *(f">{name}" for name in names)), rows))
    body += map(_component, report.changes)
    if body:
        yield Section("changes", "Change by component", tuple(body))


def _component(change: ComponentChange) -> Html:
    head: list[Child] = [_op(change.op, change.resources), f" {plain(change.component)} in "]
    head += [code(plain(change.stack)), f", {counted(len(change.resources), 'resource')}"]
    if change.description_line:
        head += [", ", code(plain(change.description_line))]
    return folded(
        joined(head),
        items([_resource(line, told=change.description_line is not None) for line in change.resources]),
    )


def _resource(line: ResourceLine, *, told: bool) -> Html:
    said: list[Child] = [_op(line.op, [line]), " ", code(plain(line.name)), " "]
    said.append(element("span", code(plain(line.type)), class_="quiet"))
    if not told and (at := place(line.file, line.line)):
        said += [", made in ", code(plain(at))]
    if line.renamed_from:
        said += [f", {renamed(line)} ", code(plain(former(line)))]
    if line.noise:
        said.append(f", {counted(line.noise, 'difference')} without meaning folded")
    if line.differences:
        said.append(items([_difference(entry) for entry in line.differences]))
    return joined(said)


def _op(op: Op, lines: Sequence[ResourceLine]) -> Html:
    return element("span", done(op, lines), class_=f"op {op.value}")


def _difference(entry: Difference) -> Html:
    before, after = (NOTHING if side is None else code(plain(side)) for side in (entry.before, entry.after))
    said: list[Child] = [code(plain(entry.path)), ": ", before, " → ", after]
    if entry.replaces:
        said += [", ", element("strong", "which is why it is replaced")]
    return joined(said)

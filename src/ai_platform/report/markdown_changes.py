"""The list of changes in Markdown: a component, its resources, and what differs in each."""

from __future__ import annotations

from dataclasses import dataclass

from ..components.counted import counted
from .escape import code, text
from .markdown_page import Detail
from .model_changes import ComponentChange, Difference, ResourceLine
from .words import NOTHING, done, former, place, renamed


@dataclass(frozen=True, slots=True)
class Shown:
    """How much of the list is there."""

    components: int = 0
    resources: int = 0
    differences: int = 0

    def __add__(self, other: Shown) -> Shown:
        return Shown(
            self.components + other.components,
            self.resources + other.resources,
            self.differences + other.differences,
        )


def component(change: ComponentChange, detail: Detail) -> tuple[str, Shown]:
    """A list item for the component with those of its resources below it, and how much that is."""
    long = detail.longest
    where = f" ({at})" if (at := _place(change.description_line, None, long)) else ""
    op = done(change.op, change.resources)
    lines = [f"- **{op}** {text(change.component, long)} in {code(change.stack, long)}{where}"]
    if not detail.resources:
        lines[0] += f": {counted(len(change.resources), 'resource')}"
        return lines[0], Shown(1)
    differences = 0
    for resource in change.resources:
        lines.append(_resource(resource, detail, told=change.description_line is not None))
        shown = [entry for entry in resource.differences if _is_shown(entry, detail)]
        differences += len(shown)
        lines += [_difference(entry, long) for entry in shown]
    return "\n".join(lines), Shown(1, len(change.resources), differences)


def _is_shown(entry: Difference, detail: Detail) -> bool:
    return detail.differences == "all" or (detail.differences == "replacing" and entry.replaces)


def _resource(line: ResourceLine, detail: Detail, *, told: bool) -> str:
    long = detail.longest
    said = [f"  - **{done(line.op, [line])}** {code(line.name, long)}, {code(line.type, long)}"]
    # The program makes all that is described in one line, which says nothing beside that of the description.
    if not told and (at := _place(line.file, line.line, long)):
        said.append(f"made in {at}")
    if line.renamed_from:
        said.append(f"{renamed(line)} {code(former(line), long)}")
    if line.noise:
        said.append(f"{counted(line.noise, 'difference')} without meaning folded")
    return ", ".join(said)


def _difference(entry: Difference, longest: int) -> str:
    before, after = (NOTHING if side is None else code(side, longest) for side in (entry.before, entry.after))
    forces = ", **which is why it is replaced**" if entry.replaces else ""
    return f"    - {code(entry.path, longest)}: {before} → {after}{forces}"


def _place(file: str | None, line: int | None, longest: int) -> str | None:
    at = place(file, line)
    return code(at, longest) if at else None

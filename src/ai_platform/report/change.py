"""The section *Change*: what each component goes through, and why."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from ..components.counted import counted
from ..layers import environment_of
from .components import STACK, Component, components_of, description_lines
from .differences import inside
from .model_changes import ComponentChange, Counts, Difference, ResourceLine, StackPart
from .noise import Sifted, sifted
from .preview import GRAVEST, Op, Preview, PropertyChange, ResourceChange
from .renames import Rename, possible_renames
from .side import Side
from .urns import name_of, type_of

_RANK = {op: rank for rank, op in enumerate(GRAVEST)}
_COUNTED = {
    Op.CREATE: "create",
    Op.IMPORT: "create",
    Op.UPDATE: "update",
    Op.REFRESH: "update",
    Op.REPLACE: "replace",
    Op.DELETE: "delete",
    Op.SAME: "same",
}
_MOST_CHARACTERS = 200
_KEPT_CHARACTERS = 60
"""Characters of a long text that stay before the first that differs."""
_MOST_DIFFERENCES = 100
_SHOWN_NAMES = 5


def changes(
    previews: Sequence[Preview], before: Sequence[Side] = (), after: Sequence[Side] = ()
) -> tuple[ComponentChange, ...]:
    """What changes, by component, gravest first. The sides tell where a description says it."""
    old = {side.environment.name: side for side in before}
    new = {side.environment.name: side for side in after}
    lines = {name: description_lines(old.get(name), side) for name, side in new.items()}
    found = [
        change
        for preview in previews
        for change in _of_stack(preview, lines.get(environment_of(preview.stack), {}))
    ]
    return tuple(sorted(found, key=lambda change: (_RANK[change.op], change.stack, change.component)))


def stack_parts(previews: Sequence[Preview]) -> tuple[StackPart, ...]:
    """How many resources of each stack change and how, by stack."""
    return tuple(
        StackPart(
            stack=preview.stack,
            counts=_counts(preview),
            complete=preview.complete,
            gated=preview.gated or bool(preview.violations),
            errors=preview.errors,
        )
        for preview in sorted(previews, key=lambda preview: preview.stack)
    )


def change_notes(previews: Sequence[Preview]) -> Iterator[str]:
    """What the section leaves out or can't know."""
    for preview in previews:
        noisy = [change.name for change in preview.resources if _is_noise(change, sifted(change))]
        if noisy:
            count = sum(sifted(change).noise for change in preview.resources if change.changes)
            yield (
                f"{preview.stack}: only order, digests or computed fields differ in "
                f"{counted(len(noisy), 'resource')}, which {'count' if noisy[1:] else 'counts'} as the same: "
                f"{_listed(noisy)} ({counted(count, 'difference')} folded in all)"
            )
        for rename in possible_renames(preview):
            yield (
                f"{preview.stack}: {name_of(rename.old)} is deleted and {name_of(rename.new)} of the same "
                "type is created: if that is meant as a new name or parent, an alias keeps what is there"
            )


def _of_stack(preview: Preview, lines: Mapping[tuple[str, str], str]) -> Iterator[ComponentChange]:
    owners = components_of(preview)
    renames = {rename.new: rename for rename in possible_renames(preview)}
    groups: dict[Component, list[tuple[ResourceChange, ResourceLine]]] = defaultdict(list)
    for change in preview.resources:
        result = sifted(change) if change.changes else Sifted((), 0)
        if change.type == STACK or not _is_shown(change, result):
            continue
        line = _line(preview.stack, change, result, renames.get(change.urn))
        groups[owners[change.urn]].append((change, line))
    for component, members in groups.items():
        # Of a component itself nothing shows but its parts, where it has any.
        resources = [line for change, line in members if change.custom] or [line for _, line in members]
        resources.sort(key=lambda line: (_RANK[line.op], line.urn))
        yield ComponentChange(
            stack=preview.stack,
            component=component.shown,
            op=min((line.op for line in resources), key=_RANK.__getitem__),
            resources=tuple(resources),
            description_line=lines.get((type_of(component.urn), name_of(component.urn))),
        )


def _is_shown(change: ResourceChange, result: Sifted) -> bool:
    if change.op is Op.SAME:
        return change.renamed_from is not None or bool(result.matter)
    return not _is_noise(change, result)


def _is_noise(change: ResourceChange, result: Sifted) -> bool:
    return change.op in (Op.UPDATE, Op.REFRESH) and not result.matter and result.noise > 0


def _counts(preview: Preview) -> Counts:
    counts: dict[str, int] = defaultdict(int)
    for change in preview.resources:
        if change.op is Op.SAME and change.renamed_from:
            counts["rename"] += 1
        elif change.changes and _is_noise(change, sifted(change)):
            counts["same"] += 1
        else:
            counts[_COUNTED[change.op]] += 1
    return Counts(**counts)


def _line(stack: str, change: ResourceChange, result: Sifted, rename: Rename | None) -> ResourceLine:
    # What replaces a resource comes first; the sort keeps the order otherwise.
    differences = [
        _difference(part)
        for found in sorted(result.matter, key=lambda found: not found.replaces)
        for part in inside(found)
    ]
    if len(differences) > _MOST_DIFFERENCES:
        left = f"… and {len(differences) - _MOST_DIFFERENCES} more"
        differences = [*differences[:_MOST_DIFFERENCES], Difference(path=left, before=None, after=None)]
    return ResourceLine(
        stack=stack,
        urn=change.urn,
        type=change.type,
        name=change.name,
        op=change.op,
        differences=tuple(differences),
        noise=result.noise,
        renamed_from=change.renamed_from or (rename.old if rename else None),
        file=change.file,
        line=change.line,
    )


def _difference(change: PropertyChange) -> Difference:
    before, after = _around(_written(change.before), _written(change.after))
    return Difference(path=_cut(change.path), before=before, after=after, replaces=change.replaces)


def _written(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _around(before: str | None, after: str | None) -> tuple[str | None, str | None]:
    """Both texts, cut to where they differ: of what is the same little is kept."""
    if before is None or after is None or max(len(before), len(after)) <= _MOST_CHARACTERS:
        return None if before is None else _cut(before), None if after is None else _cut(after)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    start = max(0, same - _KEPT_CHARACTERS)
    lead = "…" if start else ""
    return _cut(f"{lead}{before[start:]}"), _cut(f"{lead}{after[start:]}")


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _SHOWN_NAMES} more" if len(listed) > _SHOWN_NAMES else ""
    return f"{', '.join(listed[:_SHOWN_NAMES])}{more}"

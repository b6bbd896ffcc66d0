"""One step of a preview, from the JSON document or from an event: the two write it nearly alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from .differences import Sides, compared, detailed
from .preview import EXPOSED, GRAVEST, SECRET, Op, PropertyChange, ResourceChange
from .urns import name_of, type_of
from .values import cleaned, mapping, masked, text, texts

_OPS = {
    "same": Op.SAME,
    "read": Op.SAME,
    "create": Op.CREATE,
    "update": Op.UPDATE,
    "delete": Op.DELETE,
    "discard": Op.DELETE,
    "replace": Op.REPLACE,
    "create-replacement": Op.REPLACE,
    "delete-replaced": Op.REPLACE,
    "read-replacement": Op.REPLACE,
    "discard-replaced": Op.REPLACE,
    "remove-pending-replace": Op.REPLACE,
    "import": Op.IMPORT,
    "import-replacement": Op.REPLACE,
    "refresh": Op.REFRESH,
}
"""pulumi/pulumi pkg/resource/deploy/step.go (2026-08-21). A resource that is only read stays as it is."""
_FORGOTTEN = "discard"
"""Leaves the stack and stays in the cloud."""
_PROJECT = "project:///"
_NOT_THE_PROGRAM = ("../", "/", ".venv/", "venv/", "env/", "node_modules/", "vendor/")


class UnreadableError(ValueError):
    """A step that can't be read, and why."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step with the fields that both forms have."""

    op: str
    urn: str
    old: Mapping[str, object]
    new: Mapping[str, object]
    diff: Mapping[str, object]
    changed: tuple[str, ...]
    """Top-level properties that differ."""
    replacing: tuple[str, ...]
    """Top-level properties that replace it."""
    provider: str
    raw_type: str = ""


def step_of(said: Mapping[str, object], *, old: str, new: str, changed: str, replacing: str) -> Step:
    """The step that a mapping holds, with the names that its form has for what they call differently."""
    return Step(
        op=text(said.get("op")),
        urn=text(said.get("urn")),
        old=mapping(said.get(old)),
        new=mapping(said.get(new)),
        diff=mapping(said.get("detailedDiff")),
        changed=tuple(texts(said.get(changed))),
        replacing=tuple(texts(said.get(replacing))),
        provider=text(said.get("provider")),
    )


def change_of(step: Step) -> ResourceChange:
    """What happens to the step's resource. Raises ``UnreadableError``."""
    if not step.urn.startswith("urn:pulumi:") or step.urn.count("::") < 3:
        raise UnreadableError(f"a step without a URN: {step.urn[:100]!r}")
    op = _OPS.get(step.op)
    if op is None:
        raise UnreadableError(f"an operation that is not known, {step.op[:100]!r}, on {step.urn[:300]}")
    old, new = step.old, step.new
    side = new or old
    sides = _sides(old, new)
    changes = tuple(_changes(op, step, sides))
    if op is Op.REFRESH and new and not changes:
        op = Op.SAME
    urn_type, name = type_of(step.urn), name_of(step.urn)
    known_as = text(old.get("urn"))
    file, line = _position(side)
    return ResourceChange(
        urn=step.urn,
        op=op,
        type=text(side.get("type")) or step.raw_type or urn_type,
        name=name,
        parent=text(side.get("parent")) or None,
        changes=changes,
        before=dict(sides.old_inputs),
        after=dict(sides.new_inputs),
        protected=old.get("protect") is True,
        will_be_protected=new.get("protect") is True,
        retained=side.get("retainOnDelete") is True or step.op == _FORGOTTEN,
        custom=side.get("custom") is True,
        provider=(step.provider or text(side.get("provider"))).rpartition("::")[0] or None,
        dependencies=_dependencies(side),
        file=file,
        line=line,
        renamed_from=known_as if known_as and new and known_as != step.urn else None,
    )


def is_left_over(step: Step) -> bool:
    """Whether it deletes what a replacement of an earlier run has left: the resource itself is another."""
    return step.op in ("delete", "delete-replaced") and step.old.get("delete") is True


def one_each(found: Iterable[tuple[ResourceChange, bool]]) -> dict[str, ResourceChange]:
    """One change for each URN: a replacement comes as three steps, what is left over beside the resource."""
    merged: dict[str, ResourceChange] = {}
    aside: dict[str, ResourceChange] = {}
    for change, left_over in found:
        if left_over:
            aside[change.urn] = change
        elif change.urn in merged:
            merged[change.urn] = _together(merged[change.urn], change)
        else:
            merged[change.urn] = change
    return aside | merged


def _together(first: ResourceChange, second: ResourceChange) -> ResourceChange:
    ops = {first.op, second.op}
    op = Op.REPLACE if ops == {Op.CREATE, Op.DELETE} else min(ops, key=GRAVEST.index)
    fuller, other = sorted((first, second), key=lambda change: (not change.after, not change.before))
    return replace(
        fuller,
        op=op,
        changes=max(fuller.changes, other.changes, key=len),
        before=fuller.before or other.before,
        protected=fuller.protected or other.protected,
        renamed_from=fuller.renamed_from or other.renamed_from,
    )


def _sides(old: Mapping[str, object], new: Mapping[str, object]) -> Sides:
    secret = {*texts(old.get("additionalSecretOutputs")), *texts(new.get("additionalSecretOutputs"))}
    raw_before, raw_after = mapping(old.get("inputs")), mapping(new.get("inputs"))
    before = _without(cleaned(raw_before), secret)
    try:
        after = before if raw_before == raw_after else _without(cleaned(raw_after), secret)
    except RecursionError:
        after = _without(cleaned(raw_after), secret)
    if before is not after:
        before, after = map(mapping, masked(before, after))
    return Sides(before, mapping(old.get("outputs")), after)


def _changes(op: Op, step: Step, sides: Sides) -> Iterable[PropertyChange]:
    if op is Op.SAME and sides.old_inputs is not sides.new_inputs:
        # To the engine a secret that becomes plain, or the reverse, is no change.
        masks = compared(None, sides, frozenset())
        return [change for change in masks if EXPOSED in (change.before, change.after)]
    if op not in (Op.UPDATE, Op.REPLACE, Op.REFRESH, Op.IMPORT) or not step.old or not step.new:
        return ()
    replacing = frozenset(step.replacing)
    secret = {*texts(step.old.get("additionalSecretOutputs"))}
    outputs = _without(cleaned(sides.old_outputs), secret) if step.diff or op is Op.REFRESH else {}
    if op is Op.REFRESH:
        found = _without(cleaned(mapping(step.new.get("outputs"))), secret)
        held, there = map(mapping, masked(outputs, found))
        return compared(None, Sides(held, {}, there), replacing)
    if step.diff:
        held, asked = map(mapping, masked(outputs, sides.new_inputs))
        return detailed(step.diff, Sides(sides.old_inputs, held, asked), replacing)
    keys = tuple(dict.fromkeys([*step.changed, *step.replacing]))
    return compared(keys or None, sides, replacing)


def _without(value: object, secret: set[str]) -> dict[str, object]:
    said = mapping(value)
    return {key: SECRET if key in secret else item for key, item in said.items()} if secret else said


def _dependencies(side: Mapping[str, object]) -> tuple[str, ...]:
    by_property = mapping(side.get("propertyDependencies"))
    listed = [urn for key in sorted(by_property) for urn in texts(by_property[key])]
    after = [text(side.get("deletedWith"))] if side.get("deletedWith") else []
    return tuple(dict.fromkeys([*texts(side.get("dependencies")), *listed, *after]))


def _position(side: Mapping[str, object]) -> tuple[str | None, int | None]:
    """The nearest place in the project's own files; those of libraries and interpreters are elsewhere."""
    stack = side.get("stackTrace")
    frames = stack if isinstance(stack, list) else []
    for held in chain([side], frames):
        place = text(mapping(held).get("sourcePosition"))
        if not place.startswith(_PROJECT):
            continue
        file, _, rest = place.removeprefix(_PROJECT).partition("#")
        if file and not file.startswith(_NOT_THE_PROGRAM) and "site-packages" not in file:
            line = rest.partition(",")[0]
            return file, int(line) if line.isdecimal() and len(line) < 10 else None
    return None, None

"""Which properties of a resource differ, from what the engine says of it and else from its inputs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import islice

from .preview import EXPOSED, SECRET, UNKNOWN, PropertyChange
from .property_path import MISSING, Part, found_at, or_none, parsed, written
from .values import MOST_JSON_CHARACTERS, mapping, text

_MOST_DIFFERENCES = 10_000
"""More differences of one resource than anyone reads."""
_MOST_INSIDE = 10
"""With more differences than these inside a value, it is shown as a whole."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Inputs and outputs of a resource on both sides, without secrets."""

    old_inputs: Mapping[str, object]
    old_outputs: Mapping[str, object]
    new_inputs: Mapping[str, object]


def detailed(diff: Mapping[str, object], sides: Sides, replacing: Set[str]) -> Iterator[PropertyChange]:
    """The paths that a provider names. ``inputDiff`` says that it compared inputs, else what the state holds.

    ``replacing`` are top-level properties that replace the resource.
    """
    entries = [(path, mapping(entry)) for path, entry in list(diff.items())[:_MOST_DIFFERENCES]]
    # Called `kind` in the JSON document and `diffKind` in events.
    kinds = [text(said.get("kind")) or text(said.get("diffKind")) for _, said in entries]
    told = any(kind.endswith("-replace") for kind in kinds)
    for (path, said), kind in zip(entries, kinds, strict=True):
        parts = parsed(path)
        held = (sides.old_inputs, sides.old_outputs)
        before = (
            None if kind.startswith("add") else _first(held if said.get("inputDiff") else held[::-1], parts)
        )
        after = None if kind.startswith("delete") else _first([sides.new_inputs], parts)
        if after is None and kind.startswith("update"):
            # The cloud computes it: that it has no input does not mean that it goes.
            after = UNKNOWN
        if before == SECRET or after == SECRET:
            before, after = _hidden(before), _hidden(after)
        replaces = kind.endswith("-replace") if told else bool(parts) and str(parts[0]) in replacing
        yield PropertyChange(text(path), before, after, replaces)


def inside(change: PropertyChange) -> list[PropertyChange]:
    """What differs inside two values or two JSON texts, such as policies; else the change itself."""
    old, new = _opened(change.before), _opened(change.after)
    if type(old) is not type(new) or not isinstance(old, dict | list):
        return [change]
    found = list(islice(_walk((), old, new), _MOST_INSIDE + 1))
    if not 0 < len(found) <= _MOST_INSIDE:
        return [change]
    return [
        PropertyChange(written(parts, change.path), or_none(was), or_none(now), change.replaces)
        for parts, was, now in found
    ]


def _opened(value: object) -> object:
    if not isinstance(value, str) or value[:1] not in ("{", "[") or len(value) > MOST_JSON_CHARACTERS:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def compared(keys: Sequence[str] | None, sides: Sides, replacing: Set[str]) -> Iterator[PropertyChange]:
    """Differences between the inputs, of these top-level properties or of all."""
    chosen = [*sides.old_inputs, *(key for key in sides.new_inputs if key not in sides.old_inputs)]
    left = _MOST_DIFFERENCES
    for key in chosen if keys is None else dict.fromkeys(keys):
        before, after = sides.old_inputs.get(key, MISSING), sides.new_inputs.get(key, MISSING)
        found = False
        for parts, old, new in _walk((key,), before, after):
            found, left = True, left - 1
            if left < 0:
                return
            yield PropertyChange(written(parts), or_none(old), or_none(new), key in replacing)
        if not found and keys is not None and key not in (".", ""):
            # The provider sees a difference that the inputs do not show, such as one between two secrets.
            old, new = or_none(before), or_none(after)
            yield PropertyChange(written(tuple(parsed(key))), old, new, key in replacing)


def _walk(
    parts: tuple[Part, ...], old: object, new: object
) -> Iterator[tuple[tuple[Part, ...], object, object]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _walk((*parts, key), old.get(key, MISSING), new.get(key, MISSING))
    elif isinstance(old, list) and isinstance(new, list):
        for at in range(max(len(old), len(new))):
            yield from _walk((*parts, at), *(side[at] if at < len(side) else MISSING for side in (old, new)))
    elif type(old) is not type(new) or old != new:
        yield parts, old, new


def _first(holders: Sequence[Mapping[str, object]], parts: Sequence[Part]) -> object:
    for holder in holders:
        if (found := found_at(holder, parts)) is not MISSING:
            return found
    return None


def _hidden(value: object) -> object:
    return value if value in (None, SECRET, UNKNOWN) else EXPOSED

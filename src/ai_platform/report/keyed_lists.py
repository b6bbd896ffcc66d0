"""Lists of which the members are known by a name or by themselves: one more shifts no other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from .preview import PropertyChange
from .property_path import MISSING, Part, found_at, or_none, quoted, written

_NAME = "name"
_PLAIN = (str, int)


def place_of(
    parts: Sequence[Part], before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[Part, ...]:
    """The outermost such list around a place; nothing where there is none on both sides."""
    for at, part in enumerate(parts):
        if isinstance(part, int):
            place = tuple(parts[:at])
            old, new = found_at(before, place), found_at(after, place)
            if isinstance(old, list) and isinstance(new, list) and old and new and _known(old, new):
                return place
    return ()


def differences(path: str, old: object, new: object) -> Iterator[PropertyChange]:
    """What differs, each member beside the one of its name. Another order is told as one difference."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from differences(written([key], path), old.get(key, MISSING), new.get(key, MISSING))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_lists(path, old, new)
    elif type(old) is not type(new) or old != new:
        yield PropertyChange(path, or_none(old), or_none(new))


def _of_lists(path: str, old: list[object], new: list[object]) -> Iterator[PropertyChange]:
    if not _known(old, new):
        for at in range(max(len(old), len(new))):
            was, now = (side[at] if at < len(side) else MISSING for side in (old, new))
            yield from differences(f"{path}[{at}]", was, now)
        return
    first, second = ({_key(item): item for item in items} for items in (old, new))
    if [key for key in first if key in second] != [key for key in second if key in first]:
        yield PropertyChange(path, json.dumps([*first]), json.dumps([*second]))
    for key in dict.fromkeys([*first, *second]):
        was, now = first.get(key, MISSING), second.get(key, MISSING)
        place = f"{path}{quoted(str(key)[:100])}" if isinstance((was, now)[was is MISSING], dict) else path
        yield from differences(place, was, now)


def _known(old: list[object], new: list[object]) -> bool:
    """Whether each member of both has a name of its own, or is a text or a number that is there once."""
    keys = [[_key(item) for item in items] for items in (old, new)]
    kinds = {isinstance(item, dict) for item in (*old, *new)}
    return len(kinds) < 2 and all(None not in side and len(set(side)) == len(side) for side in keys)


def _key(item: object) -> str | int | None:
    found = item.get(_NAME) if isinstance(item, dict) else item
    return found if isinstance(found, _PLAIN) and not isinstance(found, bool) else None

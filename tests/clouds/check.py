"""Whether inputs fit the SDK's own types: every wrong one with its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from .sdk_types import Fields, Kind, object_fields
from .values import UNKNOWN, Path, shown

INTERNAL = {"__defaults"}
_PYTHON = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}


@dataclass(frozen=True)
class Wrong:
    """One property that does not fit."""

    path: str
    reason: str


@dataclass(frozen=True)
class Verdict:
    """What a look at the inputs found."""

    wrong: list[Wrong]
    deprecated: list[Wrong]


def check(properties: Mapping[str, Any], fields: Fields) -> Verdict:
    """Compares a resource's inputs with its type."""
    found = [*_object(properties, fields, ())]
    return Verdict(
        [wrong for wrong, is_old in found if not is_old], [wrong for wrong, is_old in found if is_old]
    )


def _object(value: Mapping[str, Any], fields: Fields, path: Path) -> Iterator[tuple[Wrong, bool]]:
    for name, part in value.items():
        here = (*path, name)
        if name in INTERNAL or part is None:
            continue
        if name not in fields:
            near = get_close_matches(name, fields, 1)
            hint = f"; did you mean {near[0]}?" if near else f"; it has {', '.join(sorted(fields))}"
            yield Wrong(shown(here), f"the SDK has no such property{hint}"), False
            continue
        if fields[name].deprecated:
            yield Wrong(shown(here), fields[name].deprecated), True
        yield from _value(part, fields[name].kind, here)
    for name, field in fields.items():
        if field.required and value.get(name) is None:
            yield Wrong(shown((*path, name)), "it is required and missing"), False


def _value(value: Any, kind: Kind, path: Path) -> Iterator[tuple[Wrong, bool]]:
    if value is UNKNOWN or kind.name == "any":
        return
    if kind.name == "list" and isinstance(value, list):
        assert kind.of
        for number, part in enumerate(value):
            yield from _value(part, kind.of, (*path, number))
    elif kind.name == "map" and isinstance(value, dict):
        assert kind.of
        for name, part in value.items():
            yield from _value(part, kind.of, (*path, name))
    elif kind.name == "object" and isinstance(value, dict):
        yield from _object(value, object_fields(kind.folder, kind.cls), path)
    elif not _fits(value, kind.name):
        yield Wrong(shown(path), f"{_name(value)} {_short(value)} where {_article(kind.name)} belongs"), False


def _fits(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _PYTHON.get(name, ()))


def _article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _name(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "list", dict: "object"}
    return _article(names.get(type(value), type(value).__name__))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."

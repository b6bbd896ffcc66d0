"""Paths of properties as Pulumi writes them: ``spec.template["a.b/c"][0]``.

Grammar: pulumi/pulumi sdk/go/common/resource/property_path.go ``ParsePropertyPath`` (2026-08-21).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .preview import EXPOSED, SECRET, UNKNOWN

Part = str | int

_PART = re.compile(
    r"""
    \.?\["(?P<quoted>(?:[^"\\]|\\.)*)"\]   # ["a.b/c"]
    | \[(?P<index>\d{1,9}|\*)\]            # [0], [*]
    | \.?(?P<plain>[^.\[\]"]+)             # a name
    """,
    re.VERBOSE | re.DOTALL,
)
_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Missing:
    """Nothing stands at a path."""


MISSING = Missing()
STAND_INS = (SECRET, EXPOSED, UNKNOWN)
"""What stands in place of values."""


def or_none(value: object) -> object:
    """The value, ``None`` where there is none."""
    return None if value is MISSING else value


def parsed(path: str) -> tuple[Part, ...]:
    """The parts of a path. A text that is none is one key."""
    parts: list[Part] = []
    at = 0
    while at < len(path):
        found = _PART.match(path, at)
        if found is None:
            return (path,)
        if found["quoted"] is not None:
            parts.append(_ESCAPED.sub(r"\1", found["quoted"]))
        elif found["index"] is not None:
            parts.append("*" if found["index"] == "*" else int(found["index"]))
        else:
            parts.append(found["plain"])
        at = found.end()
    return tuple(parts)


def written(parts: Sequence[Part], within: str = "") -> str:
    """The path of these parts below another; a key that is not a plain name is quoted."""
    text = within
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += quoted(part)
    return text


def quoted(key: str) -> str:
    """A key as the member of a list or object that it names: ``["a.b/c"]``."""
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'["{escaped}"]'


def found_at(value: object, parts: Sequence[Part]) -> object:
    """What stands there, or ``MISSING``."""
    for part in parts:
        if isinstance(value, dict):
            value = value.get(str(part), MISSING)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        elif value in STAND_INS:
            # A secret whole is a secret in each of its parts.
            return value
        else:
            return MISSING
        if value is MISSING:
            return MISSING
    return value

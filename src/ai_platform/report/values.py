"""Values of a preview as a report may hold them: no secret, no machine's path, nothing without end."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeGuard

from .preview import EXPOSED, SECRET, UNKNOWN

# sdk/go/common/resource/{properties,plugin/rpc}.go, asset/asset.go and archive/archive.go of pulumi/pulumi
# (2026-08-21).
SIGNATURE = "4dabf18193072939515e22adb298388d"
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SHORTEST = len(UNKNOWN_TEXT)
_ASSET = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
_REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

MOST_JSON_CHARACTERS = 200_000
"""Of a text that is looked into as JSON."""
_DEEPEST = 100
TOO_DEEP = "[too deep]"
"""What stands in place of what lies deeper than any real property, and would end the reader's stack."""
_OTHER_UNKNOWNS = (
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
)
"""A boolean, number, array, asset, archive and object that is unknown."""


def is_mapping(value: object) -> TypeGuard[Mapping[str, object]]:
    """Whether it is a JSON object."""
    return isinstance(value, dict)


def mapping(value: object) -> dict[str, object]:
    """A JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str:
    """A string that can be written as UTF-8, or an empty one."""
    return _string(value) if isinstance(value, str) else ""


def texts(value: object) -> list[str]:
    """The strings of a list, or nothing."""
    return [_string(item) for item in value if isinstance(item, str)] if isinstance(value, list) else []


def cleaned(value: object, depth: int = 0) -> object:
    """The value with stand-ins for secrets and for what only an apply tells."""
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, dict):
        if SIGNATURE in value:
            return _signed(value, depth)
        if depth == _DEEPEST:
            return TOO_DEEP
        below = depth + 1
        # Most of a preview are short texts, which need no call of their own.
        return {
            _key(key): item
            if type(item) is str and len(item) < _SHORTEST and item.isascii()
            else cleaned(item, below)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return TOO_DEEP if depth == _DEEPEST else [cleaned(item, depth + 1) for item in value]
    return value


def masked(before: object, after: object) -> tuple[object, object]:
    """Both sides, with ``EXPOSED`` in place of what is a secret on the other side only."""
    if before == SECRET:
        return before, after if after in (None, SECRET, UNKNOWN) else EXPOSED
    if after == SECRET:
        return before if before in (None, UNKNOWN) else EXPOSED, after
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = {key: masked(before[key], after[key]) for key in before.keys() & after.keys()}
        return (
            {key: pairs[key][0] if key in pairs else value for key, value in before.items()},
            {key: pairs[key][1] if key in pairs else value for key, value in after.items()},
        )
    if isinstance(before, list) and isinstance(after, list):
        return _masked_lists(before, after)
    return before, after


def _masked_lists(before: list[object], after: list[object]) -> tuple[object, object]:
    # Lists of named things are compared by name: one more at the head shifts no secret beside another thing.
    old, new = _by_name(before), _by_name(after)
    pairs = {key: masked(old[key], new[key]) for key in old.keys() & new.keys()}
    return (
        [pairs[key][0] if key in pairs else value for key, value in old.items()],
        [pairs[key][1] if key in pairs else value for key, value in new.items()],
    )


def _by_name(items: list[object]) -> dict[object, object]:
    names = [item.get("name") if isinstance(item, dict) else None for item in items]
    if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
        return dict(zip(names, items, strict=True))
    return dict(enumerate(items))


def _string(value: str) -> str:
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode("utf-8")
    if len(value) < _SHORTEST:
        return value
    if UNKNOWN_TEXT in value:
        return value.replace(UNKNOWN_TEXT, UNKNOWN)
    return UNKNOWN if value in _OTHER_UNKNOWNS else value


# Few names are said thousands of times.
_key = lru_cache(maxsize=1024)(_string)


def _signed(value: Mapping[str, object], depth: int) -> object:
    signature = value[SIGNATURE]
    if signature in (_ASSET, _ARCHIVE):
        # Of the file its hash: where it lies is the machine's business.
        kind = "asset" if signature == _ASSET else "archive"
        return f"[{kind} {text(value.get('hash'))[:12]}]"
    if signature == _REFERENCE:
        return text(value.get("urn"))
    if signature == _OUTPUT and value.get("secret") is not True:
        return cleaned(value["value"], depth + 1) if "value" in value and depth < _DEEPEST else UNKNOWN
    return SECRET

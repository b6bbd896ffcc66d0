"""What a change of inputs does: nothing, an update, or a replacement, and by which property."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .check import INTERNAL
from .force_new import replaced_by, replaces_now
from .sdk_types import ResourceType
from .values import Path, leaves, shown

NAMES = ("name", "nodeGroupName", "bucket")
"""Inputs that hold the name a resource is known by, which no two may share."""


@dataclass(frozen=True)
class Difference:
    """What changes."""

    changed: dict[str, str]
    """Path of each property that changes, to ``add``, ``delete`` or ``update``."""
    replacing: set[str]
    """Those that can't change in place."""
    delete_first: bool
    """Whether the new one can only come when the old one is gone: both have the same fixed name."""


def difference(
    token: str,
    kind: ResourceType,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    ignored: tuple[str, ...] = (),
) -> Difference:
    """Compares inputs with those a resource was made with. Raises NoRowError for an unknown type."""
    names = set(replaced_by(token).inputs) | replaces_now(token, old, new)
    before, after = _flat(old, ignored), _flat(new, ignored)
    changed: dict[str, str] = {}
    replacing: set[str] = set()
    for path in sorted({*before, *after}, key=shown):
        if before.get(path, _NONE) == after.get(path, _NONE) or _kept_by_cloud(path, new, kind):
            continue
        changed[shown(path)] = "add" if path not in before else "delete" if path not in after else "update"
        plain = [part for part in path if isinstance(part, str)]
        if any(".".join(plain[:length]) in names for length in range(1, len(plain) + 1)):
            replacing.add(shown(path))
    return Difference(changed, replacing, bool(replacing) and _same_fixed_name(old, new))


_NONE = object()


def _flat(values: Mapping[str, Any], ignored: tuple[str, ...]) -> dict[Path, Any]:
    kept = {name: value for name, value in values.items() if name not in {*INTERNAL, *ignored}}
    return {path: value for path, value in leaves(kept) if path and value is not None}


def _kept_by_cloud(path: Path, new: Mapping[str, Any], kind: ResourceType) -> bool:
    """What the cloud fills in when it is not given stays as it is when it is no longer given."""
    name = str(path[0])
    known = kind.outputs.get(name)
    return name not in new and bool(known and known.required) and name != "tagsAll"


def _same_fixed_name(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    generated = new.get("__defaults", [])
    return any(
        new.get(name) is not None and new.get(name) == old.get(name) and name not in generated
        for name in NAMES
    )

"""All tags of each resource before and after a refresh, also those that a provider adds by itself.

They are computed fields, which a preview's differences leave out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Tags = Mapping[str, str]
_COMPUTED = ("tagsAll", "effectiveLabels")


def tags_in(document: str) -> dict[str, tuple[Tags, Tags]]:
    """Tags that differ, by URN, in the JSON of `pulumi refresh --preview-only`; none in other texts."""
    try:
        steps = _mapping(json.loads(document)).get("steps")
    except (ValueError, RecursionError):
        return {}
    return dict(_changed(steps if isinstance(steps, list) else []))


def _changed(steps: list[Any]) -> Iterator[tuple[str, tuple[Tags, Tags]]]:
    for step in map(_mapping, steps):
        old, new = (_mapping(_mapping(step.get(side)).get("outputs")) for side in ("oldState", "newState"))
        for name in _COMPUTED:
            before, after = old.get(name), new.get(name)
            if isinstance(before, Mapping) and isinstance(after, Mapping) and before != after:
                yield str(step.get("urn")), (_texts(before), _texts(after))


def _texts(tags: Mapping[str, Any]) -> Tags:
    return {str(key): str(value) for key, value in tags.items()}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

"""Numbers that a description writes as ``yes`` or ``no``, which pydantic takes for 1 and 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Location = tuple[str | int, ...]
_CAN_HOLD = (bool, dict, list)


def numbers_as_booleans(data: object, checked: object) -> list[tuple[Location, bool]]:
    """Where the data says a truth value and what was made of it holds a number, with that value."""
    found: list[tuple[Location, bool]] = []
    _look(data, checked, (), found)
    return found


def _look(data: Any, checked: Any, at: Location, found: list[tuple[Location, bool]]) -> None:
    if isinstance(data, bool):
        if isinstance(checked, int) and not isinstance(checked, bool):
            found.append((at, data))
    elif isinstance(data, dict):
        mapping = isinstance(checked, Mapping)
        for key, item in data.items():
            if isinstance(item, _CAN_HOLD):
                part = checked.get(key) if mapping else getattr(checked, str(key), None)
                _look(item, part, (*at, key), found)
    elif isinstance(data, list) and isinstance(checked, list | tuple):
        for index, (item, part) in enumerate(zip(data, checked, strict=False)):
            if isinstance(item, _CAN_HOLD):
                _look(item, part, (*at, index), found)

"""What Kubernetes says of an object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Manifest = Mapping[str, Any]


def conditions(item: Manifest) -> Sequence[Manifest]:
    """The conditions of its status; none while nobody has said any."""
    return (item.get("status") or {}).get("conditions") or ()


def is_true(item: Manifest, condition: str) -> bool:
    """Whether the object says so. Not said is no."""
    return any(entry["type"] == condition and entry["status"] == "True" for entry in conditions(item))

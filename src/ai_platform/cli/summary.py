"""What pulumi says at the end of a run: how much has changed, and what is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_DONE = {
    "created": "created",
    "to create": "created",
    "updated": "updated",
    "to update": "updated",
    "deleted": "deleted",
    "to delete": "deleted",
    "replaced": "replaced",
    "to replace": "replaced",
    "unchanged": "unchanged",
}
_COUNT = re.compile(rf"(\d+) ({'|'.join(_DONE)})\b")
_SECTION = re.compile(
    r"^(Diagnostics|Outputs|Policies|Resources|Duration|Previewing|Updating|Destroying)\b.*:?"
)
_LAST_LINES = 20


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run changed, or, of a preview, would change. Counts resources."""

    created: int = 0
    updated: int = 0
    deleted: int = 0
    replaced: int = 0
    unchanged: int = 0
    seconds: float = 0.0

    @property
    def changed(self) -> int:
        """How many resources were not left as they are."""
        return self.created + self.updated + self.deleted + self.replaced

    def __str__(self) -> str:
        if not self.changed:
            return f"nothing changed: {self.unchanged} objects as described"
        names = ("created", "updated", "replaced", "deleted", "unchanged")
        return ", ".join(f"{count} {name}" for name in names if (count := getattr(self, name)))


def summary_in(lines: Sequence[str]) -> Summary:
    """The counts below ``Resources:``."""
    start = next((at for at, line in enumerate(lines) if line.startswith("Resources:")), len(lines))
    counts = {_DONE[what]: int(count) for line in lines[start:] for count, what in _COUNT.findall(line)}
    return Summary(**counts)


def diagnostics(lines: Sequence[str]) -> str:
    """What pulumi said is wrong: its diagnostics, else its last lines."""
    chosen: list[str] = []
    inside = False
    for line in lines:
        if _SECTION.match(line):
            inside = line.startswith(("Diagnostics", "Policies"))
        elif inside:
            chosen.append(line)
    return "\n".join(chosen).strip("\n") or "\n".join(lines[-_LAST_LINES:])

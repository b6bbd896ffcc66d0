"""What the bootstrap of a state backend reports, whatever the cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class BootstrapError(Exception):
    """The backend can't be made or used. Holds one line, ready to print."""


class Outcome(StrEnum):
    """What became of one thing."""

    KEPT = "as it should be"
    MADE = "made"
    CHANGED = "corrected"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing of the backend."""

    what: str
    outcome: Outcome
    """What was done; of a dry run, what would be."""


@dataclass(frozen=True, slots=True)
class Backend:
    """Where the state goes and who may do what with it. All of it is known before anything is made."""

    backend: str
    """What ``pulumi login`` takes."""
    secrets_provider: str
    """What ``pulumi stack init --secrets-provider`` takes."""
    rights: Mapping[str, Mapping[str, Any]]
    """Policies of AWS or custom roles of GCP, by name: to preview and to apply."""
    hand_out: Sequence[str]
    """Commands that give these rights to somebody."""


def settled(what: str, current: Any, wanted: Any, write: Callable[[], object], *, dry_run: bool) -> Step:
    """Writes ``wanted`` unless it is there. ``None`` stands for nothing there."""
    if current == wanted:
        return Step(what, Outcome.KEPT)
    if not dry_run:
        write()
    return Step(what, Outcome.MADE if current is None else Outcome.CHANGED)

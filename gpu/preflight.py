"""What a preflight finds in a cloud account before anything is made there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    MISSING = "missing"
    """What the description needs is not there."""
    UNKNOWN = "could not be checked"
    """The cloud did not answer, or no source says what would be right."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check, with what there is, what is needed and what to ask for."""

    subject: str
    """Pools or part of the cluster that it is about."""
    what: str
    """What was looked at."""
    verdict: Verdict
    got: str
    needed: str
    ask: str = ""
    """What to ask for, or the command that brings it; why not, where it could not be checked."""

    def as_json(self) -> Mapping[str, Any]:
        """For programs."""
        return asdict(self)


class NoCredentials(Exception):  # noqa: N818 - reads as what it is in `except NoCredentials`
    """Nobody to ask as. Ready to print."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Stands where an answer of the cloud would."""

    why: str
    """Ready to print."""


def unknown(subject: str, what: str, needed: str, why: str) -> Finding:
    """A check that could not be made."""
    return Finding(subject, what, Verdict.UNKNOWN, "unknown", needed, why)


def judged(subject: str, what: str, good: bool, got: str, needed: str, ask: str) -> Finding:
    """A check that was made; ``ask`` counts only where it ended badly."""
    return Finding(subject, what, Verdict.OK if good else Verdict.MISSING, got, needed, "" if good else ask)

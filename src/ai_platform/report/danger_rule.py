"""A rule that finds a danger."""

from __future__ import annotations

from dataclasses import dataclass

from .model import Grade


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and what it advises."""

    name: str
    grade: Grade
    """The gravest that it gives."""
    when: str
    """What it looks for."""
    safer: str
    """A safer way, where the place itself does not give a better one."""

"""One side of a change: what a description says, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from ..environment import Environment
from ..marks import Marks
from ..plan import Plan


@dataclass(frozen=True, slots=True)
class Side:
    """An environment before or after the change."""

    environment: Environment
    plan: Plan
    file: str = ""
    """Path of its description as a reader sees it: ``stacks/dev.yaml``."""
    marks: Marks | None = None
    """Lines of that file."""

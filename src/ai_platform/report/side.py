"""One side of a change: an environment as it is, or as it will be."""

from __future__ import annotations

from dataclasses import dataclass

from ..environment import Environment
from ..marks import Marks
from ..plan import Plan


@dataclass(frozen=True, slots=True)
class Side:
    """An environment with its plan, and where its description stands."""

    environment: Environment
    plan: Plan
    file: str = ""
    """Path of the description, as a reader knows it."""
    marks: Marks | None = None
    """Lines of the description; ``None`` where it does not come from a file."""

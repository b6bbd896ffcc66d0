"""What a user writes about priorities of work."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from .names import Name

SERVING = "serving"
TRAINING = "training"


class PrioritySpec(BaseModel):
    """A class of work: within a team, and when quota is claimed back, higher work displaces lower."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: Name
    """Name of the class, once per environment. ``serving`` and ``training`` change the built-in ones."""
    value: Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
    """The higher, the more important. Work that names no class has 0."""
    description: Annotated[str, Field(max_length=2048)] = ""
    """For whom it is. Default: nothing."""


BUILT_IN = (
    PrioritySpec(name=SERVING, value=1000, description="Endpoints: somebody waits for the answer."),
    PrioritySpec(name=TRAINING, value=100, description="Training runs: they may wait."),
)
"""What endpoints and training runs have unless they name another."""


def all_priorities(specs: list[PrioritySpec]) -> tuple[PrioritySpec, ...]:
    """The built-in classes, as ``specs`` change them, then the others in their order."""
    by_name = {spec.name: spec for spec in (*BUILT_IN, *specs)}
    return tuple(by_name.values())

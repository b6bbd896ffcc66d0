"""What a rule is: a plain function with a name, a reason, a remedy and a level."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..components.gates_spec import GateLevel
from .look import Resource


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is broken: where, and in which words."""

    message: str
    urn: str = ""
    """The resource; of the stack where it is empty."""
    name: str = ""
    """What an exception names it by. Default: the resource's logical name."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that the pack's configuration may say about a rule."""

    schema: Mapping[str, Any]
    """Its JSON schema."""
    text: str
    """What it means and its default."""


Settings = Mapping[str, Any]
"""A rule's part of the pack's configuration, as plain data."""
OnResource = Callable[[Resource, Settings], Iterator[str]]
OnStack = Callable[[Sequence[Resource], Settings], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One gate. It looks at each resource before it is made, or at all of a stack at the end."""

    name: str
    checks: str
    """What must hold."""
    reason: str
    """Why."""
    remedy: str
    """What to do when it does not."""
    level: GateLevel
    """How strict it is when nobody says otherwise."""
    on_resource: OnResource | None = None
    on_stack: OnStack | None = None
    settings: Mapping[str, Setting] = field(default_factory=dict)

    @property
    def whole_stack(self) -> bool:
        """Whether it is judged when all resources are known, so in an apply after it."""
        return self.on_stack is not None

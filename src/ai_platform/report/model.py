"""The report: what a reviewer learns of a change. Everything that it shows comes from here."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from .model_capacity import Capacity
from .model_changes import ComponentChange, StackPart
from .model_money import MoneyReport
from .model_part import Part


class Grade(StrEnum):
    """How bad it can get. The order is that of the members, the worst first."""

    CRITICAL = "critical"
    """Data, capacity or a running service is lost and does not come back by itself."""
    HIGH = "high"
    """A running service stops, or a guard against that goes."""
    MEDIUM = "medium"
    """Work is drained, restarted or waits; it comes back by itself."""
    LOW = "low"
    """To be known; nothing stops."""


class Danger(Part):
    """What could go wrong."""

    grade: Grade
    """How bad."""
    rule: str
    """Name of the rule that found it: ``pool-replaced``, ``quota-below-use``."""
    what: str
    """One sentence: what happens to what."""
    why: str
    """The property, the line or the number that causes it."""
    stack: str | None = None
    """Stack; ``None`` where only the plan says it."""
    urn: str | None = None
    """Resource; ``None`` where only the plan says it."""
    file: str | None = None
    """Where it comes from."""
    line: int | None = None
    """Where it comes from."""
    blast_radius: tuple[str, ...] = ()
    """What depends on it, for a reader: ``endpoint assistants/chat-large``, ``12 other resources``."""
    safer: str
    """A safer way to get there."""


class VersionChange(Part):
    """A version before and after."""

    kind: str
    """``chart``, ``driver``, ``kubernetes``, ``node image``, ``model``, ``canary``, ``image``, ``prompt``."""
    name: str
    """What it is a version of."""
    before: str | None
    """``None`` where it is new."""
    after: str | None
    """``None`` where it goes."""
    known_good: str | None = None
    """What the known-good table says of it; ``None`` where no table speaks of it."""


class PromptText(Part):
    """The text of a prompt that comes, goes or differs."""

    name: str
    """``assistants/support``."""
    before: str | None
    """Version; ``None`` where it is new."""
    after: str | None
    """Version; ``None`` where it goes."""
    lines: tuple[str, ...] = ()
    """Unified diff without its head: a line begins with a space, ``-``, ``+`` or ``@``. Long ones are cut."""
    left_out: int = 0
    """Lines of the diff that are not here."""
    compared: bool = True
    """False where the texts are too long to be compared line by line."""


class PolicyLine(Part):
    """What a gate said."""

    rule: str
    """Name of the rule."""
    level: str
    """``mandatory`` or ``advisory``."""
    message: str
    """What is wrong and how to fix it."""
    stack: str
    """Stack."""
    urn: str | None = None
    """Resource, or ``None`` for the stack."""


class Report(Part):
    """What a change does. Published as ``docs/report.schema.json``."""

    schema_version: int = 1
    """Raised when a reader of an older version would misread it."""
    title: str
    """What is changed, for a reader: ``prod`` or ``dev, prod``."""
    wrong: tuple[str, ...] = ()
    """What is not right with descriptions after the change, a line for each problem: they have no plan."""
    digests: tuple[str | None, str | None] = (None, None)
    """Digests of the plan before and after; ``None`` without one."""
    stacks: tuple[StackPart, ...] = ()
    """Stacks that were previewed, by name."""
    changes: tuple[ComponentChange, ...] = ()
    """Gravest first."""
    capacity: Capacity = Field(default_factory=Capacity)
    """GPUs and quotas."""
    money: MoneyReport = Field(default_factory=MoneyReport)
    """Cost."""
    dangers: tuple[Danger, ...] = ()
    """Gravest first."""
    versions: tuple[VersionChange, ...] = ()
    """What gets another version."""
    prompts: tuple[PromptText, ...] = ()
    """Texts of prompts that come, go or differ, by name."""
    gates: tuple[PolicyLine, ...] = ()
    """What the policies said, mandatory ones first."""
    notes: tuple[str, ...] = ()
    """What this report could not know, and why."""

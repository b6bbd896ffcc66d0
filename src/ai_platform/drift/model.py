"""What a comparison finds: one line for each thing that is not as said elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

_MODEL = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Aspect(StrEnum):
    """What a line is about."""

    MIG_LAYOUT = "mig_layout"
    QUOTA = "quota"
    VERSION = "version"
    """Of Kubernetes, a driver, a chart, a model or its arguments."""
    TAG = "tag"
    """Cost tags and labels."""
    PRICE = "price"
    SIZE = "size"
    """Numbers of nodes and replicas, and what each has."""
    OBJECT = "object"
    """Something is there or not, or says something else."""
    PLAN = "plan"
    """The plan as a whole."""


class Sources(StrEnum):
    """Which two are compared."""

    DESCRIBED_STATE = "description and state"
    STATE_LIVE = "state and live"
    DESCRIBED_LIVE = "description and live"
    ALL = "description, state and live"
    """The same thing was found by two comparisons."""
    BOOK_TODAY = "price book and today"


class Severity(StrEnum):
    """How much it matters."""

    ERROR = "error"
    """Work of teams, security or the bill is not as described."""
    WARNING = "warning"
    NOTE = "note"
    """Worth knowing; no drift by itself."""


class DriftLine(BaseModel):
    """One thing that differs. Texts are for a reader; ``None`` stands for what was not compared."""

    model_config = _MODEL

    subject: str
    """``pool h100``, ``team research``, ``endpoint assistants/chat``."""
    aspect: Aspect
    """What it is about."""
    what: str
    """``nvidia.com/gpu of h100, guaranteed``."""
    sources: Sources
    """Which two differ."""
    described: str | None = None
    """What the description comes to."""
    state: str | None = None
    """What Pulumi recorded."""
    live: str | None = None
    """What the cluster or the cloud says."""
    severity: Severity = Severity.WARNING
    """How much it matters. Default: warning."""
    note: str = ""
    """What to know about it. Default: nothing."""
    fix: str
    """The next thing to do."""


class SourceRead(BaseModel):
    """Whether a source was looked at."""

    model_config = _MODEL

    name: str
    """``state of dev``, ``refresh of dev``, ``cluster`` or ``prices of aws``."""
    asked: bool
    """Whether it was to be read."""
    read: bool
    """Whether it was."""
    why: str = ""
    """Why not. Default: it was."""


class DriftReport(BaseModel):
    """All that differs in one environment."""

    model_config = _MODEL

    environment: str
    """Name of the environment."""
    lines: tuple[DriftLine, ...]
    """By subject."""
    sources: tuple[SourceRead, ...]
    """What was looked at, and what was not."""

    @property
    def drifted(self) -> bool:
        """Whether anything differs that is more than a note."""
        return any(line.severity is not Severity.NOTE for line in self.lines)

    @property
    def unread(self) -> tuple[SourceRead, ...]:
        """What was to be read and could not be."""
        return tuple(source for source in self.sources if source.asked and not source.read)


def report_of(environment: str, lines: Iterable[DriftLine], sources: Iterable[SourceRead]) -> DriftReport:
    """The lines by subject. What two comparisons find is one line with three sides."""
    together: dict[tuple[str, str, str], DriftLine] = {}
    for line in lines:
        key = line.subject, line.aspect, line.what
        together[key] = _merged(together[key], line) if key in together else line
    ordered = tuple(together[key] for key in sorted(together))
    return DriftReport(environment=environment, lines=ordered, sources=tuple(sources))


def _merged(first: DriftLine, second: DriftLine) -> DriftLine:
    """What both say. What stands in the state is told by the comparison that looked at it."""
    severe = min(first.severity, second.severity, key=list(Severity).index)
    sides = {
        side: getattr(first, side) if getattr(first, side) is not None else getattr(second, side)
        for side in ("described", "state", "live")
    }
    one = first.sources is second.sources
    # A change by hand is undone first: `up` alone would not see it.
    fix = second.fix if first.sources is Sources.DESCRIBED_STATE else first.fix
    sources = first.sources if one else Sources.ALL
    return first.model_copy(
        update={
            **sides,
            "severity": severe,
            "sources": sources,
            "note": first.note or second.note,
            "fix": fix,
        }
    )


def schema() -> dict[str, Any]:
    """JSON schema of a report, with what each key means."""
    return DriftReport.model_json_schema()


def schema_text() -> str:
    """The schema as docs/drift.schema.json holds it."""
    return json.dumps(schema(), indent=2, sort_keys=True) + "\n"

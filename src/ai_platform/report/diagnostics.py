"""What Pulumi says beside the steps: errors, warnings, and that something can't be read."""

from __future__ import annotations

from dataclasses import dataclass, field

from .messages import message
from .urns import name_of, stack_of
from .values import mapping, text

_MOST_LINES = 100
CONSEQUENCES = ("preview failed", "an unhandled error occurred")
"""What Pulumi says on top of the error itself."""


@dataclass(slots=True)
class Heard:
    """Collects it. Lines are kept in order, once each."""

    lines: dict[str, None] = field(default_factory=dict)
    warned: dict[str, None] = field(default_factory=dict)
    stack: str = ""
    """Stack that a line speaks of."""
    complete: bool = True
    broken: bool = False

    @property
    def errors(self) -> tuple[str, ...]:
        """The errors, without those that only follow from another."""
        causes = [line for line in self.lines if not line.startswith(CONSEQUENCES)]
        return tuple((causes or list(self.lines))[:_MOST_LINES])

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings."""
        return tuple(list(self.warned)[:_MOST_LINES])

    def fail(self, why: str) -> None:
        """The preview failed."""
        self.complete = False
        if len(self.lines) < 2 * _MOST_LINES:
            self.lines[why] = None

    def cut(self, why: str) -> None:
        """Something can't be read."""
        self.broken = True
        self.fail(f"the preview can't be read whole: {why}")


def hear(heard: Heard, diagnostic: object) -> None:
    """Takes a diagnostic of a document, or a ``diagnosticEvent``."""
    said = mapping(diagnostic)
    severity, urn = text(said.get("severity")), text(said.get("urn"))
    if severity not in ("error", "warning"):
        return
    heard.stack = heard.stack or stack_of(urn)
    line = message(text(said.get("message")))
    if urn and urn not in line:
        line = f"{name_of(urn)}: {line}"
    if severity == "error":
        heard.fail(line)
    elif line and len(heard.warned) < 2 * _MOST_LINES:
        heard.warned[line] = None

"""What the policies say, once each: of every stack that they look at they may say the same."""

from __future__ import annotations

from dataclasses import dataclass

from .danger_finding import named
from .model import Report
from .urns import name_of

_REMEDY = "Remedy: "


@dataclass(frozen=True, slots=True)
class Said:
    """What one rule says of one thing or of several that are alike."""

    level: str
    rule: str
    what: str
    """What is wrong."""
    remedy: str
    """How to fix it; empty where the rule does not say."""
    about: tuple[str, ...]
    """Resources, and stacks where there are several: three by name, the rest as a number."""


def said_once(report: Report) -> list[Said]:
    """In the order of the report."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    several = len(report.stacks) > 1
    for line in report.gates:
        names = alike.setdefault((line.level, line.rule, line.message), [])
        if line.urn or several:
            names.append(name_of(line.urn) if line.urn else line.stack)
    return [
        Said(level, rule, *_parts(message), named(names)) for (level, rule, message), names in alike.items()
    ]


def _parts(message: str) -> tuple[str, str]:
    """What is wrong and the remedy. Pulumi puts what the rule is for in a line before what it found."""
    rule, _, found = message.partition("\n")
    if not found.strip():
        return message, ""
    _, _, remedy = rule.partition(_REMEDY)
    return found.strip(), remedy.strip()

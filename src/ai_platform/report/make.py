"""Puts a report together from previews and from the plans of both sides."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ..layers import environment_of
from .capacity import capacity
from .change import change_notes, changes, stack_parts
from .dangers import dangers
from .model import PolicyLine, Report
from .money import money
from .preview import Preview
from .prompts import prompt_texts
from .side import Side
from .versions import versions

_LEVELS = ("mandatory", "advisory", "remediate")


def make_report(
    previews: Sequence[Preview],
    before: Sequence[Side] = (),
    after: Sequence[Side] = (),
    notes: Sequence[str] = (),
) -> Report:
    """What a change does. ``before`` and ``after`` hold a side for each environment that has one.

    Either of previews and sides may be missing or say little: what is there is reported. ``notes`` are added.
    """
    names = {environment_of(preview.stack) for preview in previews if preview.stack}
    names |= {side.environment.name for side in [*before, *after]}
    return Report(
        title=", ".join(sorted(names)) or "an unknown stack",
        digests=(digest_of(before), digest_of(after)),
        stacks=stack_parts(previews),
        changes=changes(previews, before, after),
        capacity=capacity(before, after),
        money=money(before, after),
        dangers=dangers(previews, before, after),
        versions=versions(previews, before, after),
        prompts=prompt_texts(before, after),
        gates=gates(previews),
        notes=(*notes, *change_notes(previews)),
    )


def gates(previews: Sequence[Preview]) -> tuple[PolicyLine, ...]:
    """What the policies said, mandatory ones first."""
    lines = [
        PolicyLine(
            rule=violation.policy,
            level=violation.level,
            message=violation.message,
            stack=preview.stack,
            urn=violation.urn,
        )
        for preview in previews
        for violation in preview.violations
    ]
    rank = {level: at for at, level in enumerate(_LEVELS)}
    key = [(rank.get(line.level, 0), line.stack, line.rule, line.urn or "") for line in lines]
    return tuple(line for _, line in sorted(zip(key, lines, strict=True), key=lambda pair: pair[0]))


def digest_of(sides: Sequence[Side]) -> str | None:
    """The digest of a plan, or one over those of several; ``None`` without any."""
    ordered = sorted(sides, key=lambda side: side.environment.name)
    if len(ordered) < 2:
        return ordered[0].plan.digest if ordered else None
    text = "\n".join(f"{side.environment.name} {side.plan.digest}" for side in ordered)
    return hashlib.sha256(text.encode()).hexdigest()

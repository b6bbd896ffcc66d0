"""Puts a report together from previews and from the plans of both sides."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence, Set

from ..components.counted import counted
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
from .words import usd

_LEVELS = ("mandatory", "advisory", "remediate")


def make_report(
    previews: Sequence[Preview],
    before: Sequence[Side] = (),
    after: Sequence[Side] = (),
    notes: Sequence[str] = (),
    *,
    wrong: Sequence[str] = (),
    unknown: Set[str] = frozenset(),
) -> Report:
    """What a change does. ``before`` and ``after`` hold a side for each environment that has one.

    Either of previews and sides may be missing or say little: what is there is reported. ``notes`` are added.
    ``wrong`` is what is not right with descriptions. ``unknown`` are environments of which one side can't be
    known: nothing of theirs is compared, for what isn't known would read as what goes or comes.
    """
    names = {environment_of(preview.stack) for preview in previews if preview.stack}
    names |= {side.environment.name for side in [*before, *after]} | unknown
    # A description that goes takes nothing away: its cost and its GPUs stay.
    gone = {side.environment.name for side in before} - {side.environment.name for side in after} - unknown
    unknown = unknown | gone
    old, new = ([side for side in sides if side.environment.name not in unknown] for sides in (before, after))
    return Report(
        title=", ".join(sorted(names)) or "an unknown stack",
        wrong=tuple(wrong),
        digests=(digest_of(before), digest_of(after)),
        stacks=stack_parts(previews),
        changes=changes(previews, before, after),
        capacity=capacity(old, new),
        money=money(old, new),
        dangers=dangers(previews, before, after, gone=gone),
        versions=versions(previews, old, new),
        prompts=prompt_texts(old, new),
        gates=gates(previews),
        notes=(*notes, *_alone(before, after, unknown), *change_notes(previews)),
    )


def _alone(before: Sequence[Side], after: Sequence[Side], unknown: Set[str]) -> Iterator[str]:
    """What the one known side of an environment says, where it is compared with nothing."""
    for sides, said in ((before, "it was described to cost"), (after, "it is described to cost")):
        for side in sides:
            if (name := side.environment.name) in unknown:
                cost = side.plan.cost
                floor = "at least " if cost.unknown else ""
                gpus = sum(pool.gpus_per_node * pool.max_nodes for pool in side.plan.pools)
                yield (
                    f"{name}: only one side of the change is known, so its GPUs, cost and versions are not "
                    f"compared; {said} {floor}USD {usd(cost.expected)} a month expected, "
                    f"{usd(cost.maximum)} at most, with {counted(gpus, 'GPU')} at most"
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

"""Prompts of both sides: their versions, the evidence for them, and what differs in their texts."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, groupby

from ..planning.prompts import SHOWN_DIGEST, PromptPlan
from .model import PromptText
from .pairs import Pair, pairs
from .side import Side

_MOST_LINES = 2000
"""Of each side: comparing takes up to their product."""
_MOST_LINES_IN_ALL = 10_000
_LINES_SHOWN = 200
_LONGEST_LINE = 500
_LEAD = 60
"""Characters of a long line that are shown before what differs in it."""
_CONTEXT = 3
Key = tuple[str, str]
"""Team and name."""


def prompts_of(side: Side | None) -> dict[Key, PromptPlan]:
    """The prompts of a side by team and name."""
    return {(prompt.team, prompt.name): prompt for prompt in side.plan.prompts} if side else {}


def shown_version(prompt: PromptPlan) -> str:
    """``1.2.0 (0f3a91bc55aa)``: the version and the first digits of the text's SHA-256."""
    return f"{prompt.version} ({prompt.sha256[:SHOWN_DIGEST]})"


def evaluated(old: PromptPlan | None, new: PromptPlan) -> bool:
    """Whether there is evidence for this text: one that was there for another text is none."""
    stale = old is not None and old.sha256 != new.sha256 and old.evaluation == new.evaluation
    return new.evaluation is not None and not stale


def evidence_note(old: PromptPlan | None, new: PromptPlan) -> str:
    """What is known good of a prompt: the evaluation with its day and score, or that there is none."""
    evaluation = new.evaluation
    if evaluation is None:
        return "no evaluation"
    said = f"{evaluation.result}, {evaluation.report} (sha256 {evaluation.sha256[:SHOWN_DIGEST]})"
    if evaluated(old, new):
        return f"evaluated {said}"
    return f"no evaluation of this text; that of the one before: {said}"


def prompt_texts(before: Sequence[Side], after: Sequence[Side]) -> tuple[PromptText, ...]:
    """What differs in the texts of prompts, by name; also the texts of prompts that come or go."""
    room = _MOST_LINES_IN_ALL
    found = []
    for name, versions, texts in (change for pair in pairs(before, after) for change in _changes(pair)):
        old, new = map(_lines, texts)
        longest = max(len(old), len(new))
        compared = longest <= min(room, _MOST_LINES)
        room -= longest if compared else 0
        lines = _difference(old, new) if compared else []
        text = PromptText(
            name=name,
            before=versions[0],
            after=versions[1],
            lines=tuple(lines[:_LINES_SHOWN]),
            left_out=max(len(lines) - _LINES_SHOWN, 0),
            compared=compared,
        )
        found.append(text)
    return tuple(found)


def _changes(pair: Pair) -> Iterator[tuple[str, tuple[str | None, str | None], tuple[str, str]]]:
    """Name, versions and texts, before and after, of each prompt whose text differs."""
    old, new = (prompts_of(side) for side in pair.sides)
    was, will = (_texts(side) for side in pair.sides)
    for key in sorted(dict.fromkeys([*old, *new])):
        if was.get(key) != will.get(key):
            versions = _version(old.get(key)), _version(new.get(key))
            yield f"{pair.prefix}{'/'.join(key)}", versions, (was.get(key, ""), will.get(key, ""))


def _version(prompt: PromptPlan | None) -> str | None:
    return prompt.version if prompt else None


def _texts(side: Side | None) -> Mapping[Key, str]:
    prompts = side.environment.prompts if side else ()
    return {(spec.team, spec.name): spec.text or "" for spec in prompts}


def _difference(old: list[str], new: list[str]) -> list[str]:
    """Lines of a unified diff without its head, long ones cut."""
    found = list(difflib.unified_diff(old, new, n=_CONTEXT, lineterm=""))[2:]
    return [
        line for signs, run in groupby(found, lambda line: line[0] in "-+") for line in _short(signs, [*run])
    ]


def _lines(text: str) -> list[str]:
    """Its lines, at line feeds alone: a reader sees other separators as the characters that they are."""
    lines = text.split("\n")
    # As in git: a line feed ends a line, and one that is missing at the end is told.
    return [*lines[:-1], *([f"{lines[-1]} [no line feed]"] if lines[-1] else [])]


def _short(changed: bool, run: list[str]) -> Iterator[str]:
    """Long lines cut; a line and what it becomes from shortly before they part."""
    old, new = ([line for line in run if line[0] == sign] for sign in "-+")
    if not changed or len(old) != len(new):
        return map(_cut, run)
    cut = [_parted(*both) for both in zip(old, new, strict=True)]
    return chain((line for line, _ in cut), (line for _, line in cut))


def _parted(old: str, new: str) -> tuple[str, str]:
    if max(len(old), len(new)) <= _LONGEST_LINE:
        return old, new
    both = enumerate(zip(old[1:], new[1:], strict=False), 1)
    parts = next((at for at, (a, b) in both if a != b), min(len(old), len(new)))
    start = max(parts - _LEAD, 1)
    dots = "…" if start > 1 else ""
    return _cut(f"-{dots}{old[start:]}"), _cut(f"+{dots}{new[start:]}")


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…"

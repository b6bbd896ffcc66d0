"""The one error for bad input: every problem at once, in the words of the user's own file."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .counted import counted

_HEAD = reprlib.Repr()
_HEAD.maxlevel, _HEAD.maxdict, _HEAD.maxlist = 3, 8, 8


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the input, and what to do about it."""

    path: str
    """Where, as the user wrote it: ``teams[1].quota.h100.gpus``."""
    got: object
    """What stands there now."""
    expected: str
    """What may stand there."""
    fix: str
    """The next thing to do."""
    line: int | None = None
    """Line in the user's file, counted from 1, where it is known."""

    def under(self, prefix: str) -> Problem:
        """The same problem, seen from the object that holds this one."""
        joint = "" if self.path.startswith("[") or not self.path else "."
        return replace(self, path=f"{prefix}{joint}{self.path}")

    def __str__(self) -> str:
        where = self.path or "(whole file)"
        line = f" (line {self.line})" if self.line else ""
        return f"{where}{line}: got {_shown(self.got)}; expected {self.expected}; fix: {self.fix}"


class InvalidInput(Exception):  # noqa: N818 - reads as what it is in `except InvalidInput`
    """The input can't be used. Lists every problem; raised before anything is touched."""

    def __init__(self, subject: str, problems: Iterable[Problem]) -> None:
        self.subject = subject
        self.problems: Sequence[Problem] = tuple(problems)
        head = f"{subject}: {counted(len(self.problems), 'problem')}"
        super().__init__("\n".join([head, *(f"  {problem}" for problem in self.problems)]))

    def as_data(self) -> dict[str, Any]:
        """The same for programs; ``got`` is a text as in the message, ``line`` null where it is unknown."""
        return {
            "subject": self.subject,
            "problems": [
                {
                    "path": problem.path,
                    "line": problem.line,
                    "got": _shown(problem.got),
                    "expected": problem.expected,
                    "fix": problem.fix,
                }
                for problem in self.problems
            ],
        }


def _shown(value: object, limit: int = 80) -> str:
    text = value if isinstance(value, str) and value.startswith("a ") else _as_json(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _as_json(value: object) -> str:
    try:
        if isinstance(value, dict | list | tuple):
            # Aliases can make a small file endless when it is written out: only the head of it is.
            return _HEAD.repr(value)
        return json.dumps(value, default=str)
    except ValueError:  # an integer of more digits than Python writes
        return f"a {type(value).__name__} too long to show"

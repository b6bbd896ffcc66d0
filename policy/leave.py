"""Exceptions: who may break a rule where, why, and until when."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from pydantic import ValidationError

from ..components.gates_spec import GateException

EXCEPTIONS = "exceptions"
"""Key of the configuration, of each rule and of the rule about exceptions themselves."""
UNNEEDED, UNSEEN = "unneeded-exceptions", "unknown-values"
_ABOUT_RULES = (EXCEPTIONS, UNNEEDED, UNSEEN)


@dataclass(slots=True)
class Leave:
    """The exceptions of one rule on one day, and which of them were needed."""

    given: Sequence[GateException]
    today: datetime.date
    used: set[GateException] = field(default_factory=set)

    def covers(self, rule: str, name: str) -> bool:
        """Whether the rule may be broken there. An exception that has expired covers nothing."""
        fitting = [
            entry
            for entry in self.given
            if entry.rule == rule and entry.until >= self.today and fnmatchcase(name, entry.subject)
        ]
        self.used.update(fitting)
        return bool(fitting)


def given(settings: Mapping[str, Any]) -> list[GateException]:
    """The exceptions in a rule's configuration, without those that are wrong: ``wrong`` tells these."""
    return [entry for entry in map(_read, settings.get(EXCEPTIONS, ())) if isinstance(entry, GateException)]


def day(settings: Mapping[str, Any], clock: datetime.date) -> datetime.date:
    """The day that counts as today: the configuration's, else the clock's."""
    text = settings.get("today")
    return datetime.date.fromisoformat(text) if isinstance(text, str) else clock


def wrong(settings: Mapping[str, Any], today: datetime.date, rules: Sequence[str]) -> Iterator[str]:
    """What is wrong with the exceptions themselves: expired, for no rule there is, or not readable.

    ``rules`` are those that look at resources. A level for a rule that there is not is told too.
    """
    for name in settings.get("levels", ()):
        if name not in (*rules, *_ABOUT_RULES):
            yield f"a level for {name!r}, which is no rule; the rules are {', '.join(rules)}"
    for raw in settings.get(EXCEPTIONS, ()):
        entry = _read(raw)
        if not isinstance(entry, GateException):
            yield f"an exception can't be read: {entry}; it has rule, subject, who, why and until"
        elif entry.rule not in rules:
            yield f"{shown(entry)}: there is no rule {entry.rule!r}; the rules are {', '.join(rules)}"
        elif entry.until < today:
            yield (
                f"{shown(entry)}: it ended {(today - entry.until).days} days ago; mend what it excused, "
                "or let its owner renew it with a new reason"
            )


def unneeded(
    settings: Mapping[str, Any],
    today: datetime.date,
    used: set[GateException],
    names: Sequence[str],
    unseen: Sequence[str] = (),
) -> Iterator[str]:
    """Exceptions in force that nothing needed. ``names`` are those of the stack's resources.

    Of ``unseen`` resources nobody can tell whether they need theirs.

    Where the environment has further stacks, one whose subject is not here is left to these.
    """
    whole = settings.get("whole", True)
    for entry in given(settings):
        if entry.until < today or entry in used or any(fnmatchcase(name, entry.subject) for name in unseen):
            continue
        if any(fnmatchcase(name, entry.subject) for name in names):
            yield f"{shown(entry)}: nothing breaks the rule there any more; take the exception out"
        elif whole:
            yield f"{shown(entry)}: no resource has that name; correct it or take the exception out"


def shown(entry: GateException) -> str:
    """An exception for a reader."""
    return f"exception to {entry.rule} for {entry.subject}, given by {entry.who} until {entry.until}"


def _read(raw: Any) -> GateException | str:
    try:
        return GateException.model_validate(raw)
    except ValidationError as error:
        return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())

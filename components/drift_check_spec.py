"""What a user writes about the drift check that runs in the cluster."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from .images import ImageWithDigest

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
"""Name, smallest, largest and names of each field: kubernetes.io, "CronJob", schedule syntax."""
_PART = re.compile(r"(?:[*?]|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[0-9]{1,2}))?")


def _five_fields(schedule: str) -> str:
    fields = schedule.split()
    if len(fields) != len(_FIELDS) or "=" in schedule:
        names = ", ".join(name for name, *_ in _FIELDS)
        raise ValueError(f"five fields of cron: {names}; for example 17 6 * * *")
    for text, (name, smallest, largest, words) in zip(fields, _FIELDS, strict=True):
        if not all(_is_part(part, smallest, largest, words) for part in text.split(",")):
            raise ValueError(f"a {name} as cron writes it, from {smallest} to {largest}, not {text!r}")
    return " ".join(fields)


def _is_part(part: str, smallest: int, largest: int, words: tuple[str, ...]) -> bool:
    found = _PART.fullmatch(part)
    if found is None or (found["step"] is not None and int(found["step"]) == 0):
        return False
    if found["first"] is None:
        return True
    ends = [_number(found[end], smallest, words) for end in ("first", "last") if found[end] is not None]
    return all(smallest <= end <= largest for end in ends) and ends == sorted(ends)


def _number(text: str, smallest: int, words: tuple[str, ...]) -> int:
    if text.lower() in words:
        return words.index(text.lower()) + smallest
    return int(text) if re.fullmatch(r"[0-9]{1,2}", text) else -1


Schedule = Annotated[str, AfterValidator(_five_fields)]
"""Five fields of cron, in UTC: minute, hour, day of the month, month, day of the week."""


class DriftCheckSpec(BaseModel):
    """A job in the cluster that compares it with its description."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    image: ImageWithDigest
    """Image with ai-platform installed, pinned by digest."""
    schedule: Schedule = "17 6 * * *"
    """When it looks: five fields of cron, in UTC. Default: ``17 6 * * *``, each day at 06:17."""

"""What two descriptions show of data: when it is deleted, and for how long it can be had back."""

from __future__ import annotations

from collections.abc import Iterator

from . import blast_radius
from .danger_finding import Finding, finding, place
from .model import Grade
from .resource_names import roots
from .side import Side


def storage(before: Side, after: Side) -> Iterator[Finding]:
    """Storage that stays and keeps its data for less long."""
    olds = {item.name: item for item in before.environment.storage}
    for index, new in enumerate(after.environment.storage):
        old = olds.get(new.name)
        if old is None:
            continue
        was, now = old.expire_after_days, new.expire_after_days
        if now is not None and (was is None or now < was):
            key, grade = "expire_after_days", Grade.HIGH
            what = (
                f"storage {new.name} deletes what was not written for {now} days, as soon as this is applied"
            )
        elif new.keep_deleted_days < old.keep_deleted_days:
            key, grade = "keep_deleted_days", Grade.MEDIUM
            was, now = old.keep_deleted_days, new.keep_deleted_days
            what = f"what was deleted from storage {new.name} can be had back for {now} days only"
        else:
            continue
        root, *within = roots(after.environment.name, "storage", new.name)
        yield finding(
            "data-expires-sooner",
            f"{root} days",
            what,
            f"{key}: {was or 'never'} → {now}",
            grade=grade,
            within=(root, *within),
            place=place(after, "storage", index, key),
            blast_radius=blast_radius.of_storage(before.plan, new.name, new.teams),
        )

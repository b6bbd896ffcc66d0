"""Both sides of each environment, and names that tell several environments apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .side import Side


@dataclass(frozen=True, slots=True)
class Pair:
    """An environment before and after. One of the two may be ``None``, never both."""

    before: Side | None
    after: Side | None
    prefix: str
    """What stands before names of this environment: ``prod/``, or nothing where it is the only one."""

    @property
    def sides(self) -> tuple[Side | None, Side | None]:
        """Before, after."""
        return self.before, self.after

    @property
    def latest(self) -> Side:
        """What will be, or what was where nothing will be."""
        side = self.after or self.before
        if side is None:
            raise ValueError("an environment with neither side")
        return side


def pairs(before: Sequence[Side], after: Sequence[Side]) -> list[Pair]:
    """Environments by name, those of the new side first. Of two sides of one name the first counts."""
    old, new = _by_name(before), _by_name(after)
    names = list(dict.fromkeys([*new, *old]))
    several = len(names) > 1
    return [Pair(old.get(name), new.get(name), f"{name}/" if several else "") for name in names]


def unlike(name: str, taken: Iterable[str]) -> str:
    """``name``, in brackets where somebody is called that."""
    others = set(taken)
    while name in others:
        name = f"({name})"
    return name


def _by_name(sides: Iterable[Side]) -> dict[str, Side]:
    found: dict[str, Side] = {}
    for side in sides:
        found.setdefault(side.environment.name, side)
    return found

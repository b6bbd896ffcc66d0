"""Resources that are deleted and created anew, and may be meant as the same."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from .preview import UNKNOWN, Op, Preview, ResourceChange


@dataclass(frozen=True, slots=True)
class Rename:
    """A pair that looks like one resource. It is still deleted and created."""

    old: str
    """URN that goes."""
    new: str
    """URN that comes."""


def possible_renames(preview: Preview) -> tuple[Rename, ...]:
    """Pairs of one type with the same name below another parent, or else with the same inputs.

    Only where no other resource could be meant.
    """
    gone: dict[tuple[str, str], list[str]] = defaultdict(list)
    come: dict[tuple[str, str], list[str]] = defaultdict(list)
    for change in preview.resources:
        if change.op in (Op.DELETE, Op.CREATE):
            side = gone if change.op is Op.DELETE else come
            for key in _keys(change):
                side[change.type, key].append(change.urn)
    return tuple(sorted(_pairs(gone, come), key=lambda pair: pair.new))


def _pairs(
    gone: dict[tuple[str, str], list[str]], come: dict[tuple[str, str], list[str]]
) -> Iterator[Rename]:
    taken = set[str]()
    # A name says more than inputs, and its keys sort first.
    for key in sorted(gone.keys() & come.keys(), key=lambda pair: (pair[1][:1] != "n", pair)):
        old = [urn for urn in gone[key] if urn not in taken]
        new = [urn for urn in come[key] if urn not in taken]
        if len(old) == len(new) == 1:
            taken |= {old[0], new[0]}
            yield Rename(old[0], new[0])


def _keys(change: ResourceChange) -> Iterator[str]:
    yield f"name {change.name}"
    inputs = change.before if change.op is Op.DELETE else change.after
    if inputs:
        said = json.dumps(inputs, sort_keys=True)
        if UNKNOWN not in said:
            yield f"inputs {said}"

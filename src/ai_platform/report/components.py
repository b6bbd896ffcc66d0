"""Which part of a platform a resource belongs to, in the words of its description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..layers import environment_of
from .preview import Preview, ResourceChange
from .side import Side
from .urns import name_of, type_of

_OURS = "ai-platform:index:"
STACK = "pulumi:pulumi:Stack"
"""Type of the resource that all others lie in."""
_WRAPPERS = {f"{_OURS}Platform", f"{_OURS}EnvironmentStorage"}
"""Components that hold what a user named, and are not named by one."""
_ENTRIES = {
    "NodePool": ("node_pools", "{name}"),
    "Tenant": ("teams", "{name}-tenant"),
    "TeamQueue": ("teams", "{name}-queue"),
    "TeamIdentity": ("teams", "storage-{name}"),
    "Endpoint": ("endpoints", "{team}.{name}"),
    "TrainingJob": ("training_jobs", "{team}.{name}"),
    "Prompt": ("prompts", "{team}.{name}"),
    "Storage": ("storage", "storage-{name}"),
}
"""Lists of a description, and what follows the environment's in the logical name of an entry's component."""
_OF_TEAMS = ("endpoints", "training_jobs", "prompts")
_SECTIONS = {
    "EksCluster": ("cluster", "{environment}"),
    "GkeCluster": ("cluster", "{environment}"),
    "Observability": ("monitoring", "{environment}-monitoring"),
    "Budget": ("budget", "{environment}-budget"),
}
"""Parts of a description that are there once, and the logical name of their component."""


@dataclass(frozen=True, slots=True)
class Component:
    """What a user knows a group of resources by."""

    urn: str
    shown: str
    """``NodePool h100``."""


def components_of(preview: Preview) -> dict[str, Component]:
    """The component of each resource by URN: the outermost of ours that a user named, else the nearest."""
    parents = {change.urn: change.parent for change in preview.resources}
    chosen: dict[str, str] = {}
    for change in preview.resources:
        _choose(change, parents, chosen)
    shown = {urn: Component(urn, _shown(urn, preview.stack)) for urn in set(chosen.values())}
    return {urn: shown[owner] for urn, owner in chosen.items()}


def _choose(change: ResourceChange, parents: Mapping[str, str | None], chosen: dict[str, str]) -> None:
    """Follows the parents upwards to one that is chosen already, so that each is looked at once."""
    chain: list[str] = []
    urn: str | None = change.urn
    while urn and urn not in chosen and urn not in chain[-1:] and len(chain) < len(parents) + 2:
        chain.append(urn)
        urn = parents.get(urn)
    for own in reversed(chain):
        kind, above = type_of(own), chosen.get(parents.get(own) or "", "")
        outer = type_of(above)
        ours = kind.startswith(_OURS)
        if outer in ("", STACK):
            chosen[own] = own
        elif outer in _WRAPPERS:
            # What has children is a component.
            is_component = ours or own != change.urn or not change.custom
            chosen[own] = own if is_component else above
        else:
            chosen[own] = own if ours and not outer.startswith(_OURS) else above


def _shown(urn: str, stack: str) -> str:
    kind, name = type_of(urn), name_of(urn)
    word = kind.rpartition(":")[2] or kind
    environment = environment_of(stack)
    rest = name.removeprefix(f"{environment}-") if environment else name
    if not kind.startswith(_OURS):
        return f"{word} {name}"
    if rest == environment:
        return word
    if word not in _ENTRIES:
        return word if rest.replace("-", "") in word.lower() else f"{word} {rest}"
    pattern = _ENTRIES[word][1]
    head, _, tail = pattern.partition("{name}")
    if _ENTRIES[word][0] not in _OF_TEAMS:
        return f"{word} {rest.removeprefix(head).removesuffix(tail)}"
    return f"{word} {rest.replace('.', '/', 1)}"


def description_lines(before: Side | None, after: Side) -> dict[tuple[str, str], str]:
    """Where the description says it: ``stacks/dev.yaml:23``, by type and logical name of a component.

    The first setting of an entry that differs from before, else where the entry begins.
    """
    if after.marks is None or not isinstance(after.marks.data, dict):
        return {}
    found: dict[tuple[str, str], str] = {}
    for word, (key, pattern) in _ENTRIES.items():
        old = {_identity(entry): entry for entry in _entries(before, key)}
        for at, entry in enumerate(_entries(after, key)):
            name, team = entry.get("name"), entry.get("team", "")
            if not isinstance(name, str) or (key in _OF_TEAMS and not isinstance(team, str)):
                continue
            known = old.get(_identity(entry))
            differs = [part for part in entry if known is not None and entry[part] != known.get(part)]
            line = after.marks.line((key, at, *differs[:1]))
            logical = f"{after.environment.name}-{pattern.format(name=name, team=team)}"
            found[f"{_OURS}{word}", logical] = f"{after.file}:{line}"
    for word, (key, pattern) in _SECTIONS.items():
        section, was = after.marks.data.get(key), _section(before, key)
        differs = (
            [part for part in section if section[part] != was.get(part)] if isinstance(section, dict) else []
        )
        # What changes without a word there has its cause elsewhere.
        if differs:
            line = after.marks.line((key, *(differs[:1] if was else ())))
            logical = pattern.format(environment=after.environment.name)
            found[f"{_OURS}{word}", logical] = f"{after.file}:{line}"
    return found


def _section(side: Side | None, key: str) -> Mapping[str, object]:
    data = side.marks.data if side and side.marks else None
    section = data.get(key) if isinstance(data, dict) else None
    return section if isinstance(section, dict) else {}


def _entries(side: Side | None, key: str) -> list[dict[str, object]]:
    data = side.marks.data if side and side.marks else None
    listed = data.get(key) if isinstance(data, dict) else None
    entries = listed if isinstance(listed, list) else []
    return [entry if isinstance(entry, dict) else {} for entry in entries]


def _identity(entry: Mapping[str, object]) -> tuple[str, str]:
    return str(entry.get("team", "")), str(entry.get("name", ""))

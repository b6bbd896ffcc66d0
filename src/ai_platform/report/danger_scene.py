"""One preview with what surrounds it: its resources by URN, and the plans of its environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from ..layers import environment_of
from ..plan import Plan
from .blast_radius import needed_by
from .danger_finding import Finding, finding
from .danger_finding import place as place_of
from .model import Grade
from .preview import Preview, PropertyChange, ResourceChange
from .resource_names import OF_TEAMS, Owner, is_fresh, owner
from .side import Side
from .urns import stack_of


@dataclass(frozen=True, slots=True)
class Scene:
    """What the rules of resources look at."""

    preview: Preview
    stack: str
    environment: str
    known: Mapping[str, ResourceChange]
    before: Side | None
    after: Side | None
    fresh: bool
    """Whether nothing of the stack was there before."""
    needed_by: Mapping[str, Sequence[ResourceChange]]
    """URN to the resources that need it."""

    @property
    def plan(self) -> Plan | None:
        """The plan of what runs now."""
        return self.before.plan if self.before else None

    def owner(self, change: ResourceChange) -> Owner:
        """What a resource belongs to, its provider included."""
        found = owner(change, self.environment, self.known)
        provider = (change.provider,) if change.provider else ()
        within = tuple(dict.fromkeys([*found.within, *provider]))
        return Owner(found.root, within, found.name)


def scenes(previews: Sequence[Preview], before: Sequence[Side], after: Sequence[Side]) -> list[Scene]:
    """A scene for each preview."""
    olds = {side.environment.name: side for side in before}
    news = {side.environment.name: side for side in after}
    found = []
    for preview in previews:
        stack = preview.stack or next((stack_of(change.urn) for change in preview.resources), "")
        environment = environment_of(stack)
        found.append(
            Scene(
                preview,
                stack,
                environment,
                {change.urn: change for change in preview.resources},
                olds.get(environment),
                news.get(environment),
                is_fresh(preview.resources),
                needed_by(preview.resources),
            )
        )
    return found


def finding_on(
    scene: Scene,
    change: ResourceChange,
    rule: str,
    what: str,
    why: str,
    *,
    grade: Grade | None = None,
    place: tuple[str | None, int | None] = (None, None),
    blast_radius: Sequence[str] = (),
    safer: str | None = None,
) -> Finding:
    """A finding on a resource of the preview, which belongs to what owns it."""
    whose = scene.owner(change)
    return finding(
        rule,
        whose.root,
        what,
        why,
        grade=grade,
        within=whose.within,
        stack=scene.stack,
        change=change,
        place=place,
        blast_radius=blast_radius,
        safer=safer,
    )


def at(inputs: Mapping[str, object], path: str) -> object:
    """A value of nested inputs, ``vpcConfig.endpointPublicAccess``; ``None`` where it isn't there."""
    value: object = inputs
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def entries(value: object) -> list[Mapping[str, object]]:
    """The mappings of a list, and nothing of anything else."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []


def texts(value: object) -> list[str]:
    """The texts of a list, or the one text."""
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []


def below(changes: Iterable[PropertyChange], *prefixes: str) -> list[PropertyChange]:
    """Changes of these properties or of what lies in them."""
    return [
        change
        for change in changes
        if any(
            change.path == prefix or change.path.startswith((f"{prefix}.", f"{prefix}["))
            for prefix in prefixes
        )
    ]


def described_at(scene: Scene, whose: Owner) -> tuple[str | None, int | None]:
    """Where the description says what becomes of a thing: at the first key of it that differs."""
    kind, _, name = whose.root.partition(" ")
    name = name.partition("/")[2]
    old, new = (_described(side, kind, name) for side in (scene.before, scene.after))
    if old is None and new is None:
        return None, None
    side, (location, said) = (scene.after, new) if new else (scene.before, old or ((), {}))
    other = old[1] if old and new else said
    differs = [key for key in said if said[key] != other.get(key)]
    return place_of(side, *location, *differs[:1])


def _described(
    side: Side | None, kind: str, name: str
) -> tuple[tuple[str | int, ...], dict[str, object]] | None:
    """The place of a thing in a description, and what stands there."""
    if side is None:
        return None
    environment = side.environment
    if kind == "cluster":
        return ("cluster",), dict(environment.cluster)
    listed: dict[str, tuple[str, Sequence[BaseModel]]] = {
        "pool": ("node_pools", environment.node_pools),
        "storage": ("storage", environment.storage),
        "team": ("teams", environment.teams),
        "endpoint": ("endpoints", environment.endpoints),
        "run": ("training_jobs", environment.training_jobs),
        "prompt": ("prompts", environment.prompts),
    }
    if kind not in listed:
        return None
    key, items = listed[kind]
    of_team = kind in OF_TEAMS.values()
    team, _, own = name.partition("/") if of_team else ("", "", name)
    for index, item in enumerate(items):
        if getattr(item, "name", None) == own and (not of_team or getattr(item, "team", None) == team):
            return (key, index), dict(item)
    return None

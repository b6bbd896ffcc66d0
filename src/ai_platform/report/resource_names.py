"""Resources as users know them: which pool, team, endpoint or storage of an environment each belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .preview import ResourceChange
from .stateful_types import KINDS, Kind, kind_of
from .urns import name_of, type_of

_OURS = "ai-platform:index:"
OF_TEAMS = {"Endpoint": "endpoint", "TrainingJob": "run", "Prompt": "prompt"}
"""Components of what is a team's, whose name is below that of the team."""


@dataclass(frozen=True, slots=True)
class Owner:
    """What a resource belongs to."""

    root: str
    """``pool dev/l4``; the URN where it belongs to nothing of ours."""
    within: tuple[str, ...]
    """What that is a part of."""
    name: str
    """For a reader: ``node pool l4``."""


def roots(environment: str, kind: str, name: str) -> tuple[str, ...]:
    """The root of a thing and of all that it is a part of; ``kind`` is pool, team, storage or of a team."""
    own = (f"{kind} {environment}/{name}",)
    team = (f"team {environment}/{name.partition('/')[0]}",) if kind in OF_TEAMS.values() else ()
    return (*own, *team, f"cluster {environment}")


def likely_parent(urn: str, known: Mapping[str, ResourceChange]) -> str | None:
    """The component that a resource belongs to which the preview does not hold: by its types and its name.

    Names of children are the component's with a role behind it.
    """
    head, _, name = urn.rpartition("::")
    above = head.rpartition("$")[0]
    fits = [
        other
        for other in known
        if above and other.startswith(f"{above}::") and name.startswith(f"{name_of(other)}-")
    ]
    guess = f"{above}::{name.rpartition('-')[0]}" if above else None
    return max(fits, key=len, default=guess)


def owner(change: ResourceChange, environment: str, known: Mapping[str, ResourceChange]) -> Owner:
    """What a resource belongs to, by the components above it and, for Kubernetes objects, by its name."""
    kind = kind_of(change.type)
    shown = f"{KINDS[kind].noun if kind else change.type.rpartition(':')[2]} {thing_name(change)}"
    for component, name in _components(change, known):
        found = _of_component(component, name.removeprefix(f"{environment}-"))
        if found is None:
            continue
        part, thing = found
        own = roots(environment, part, thing)
        nouns = {"pool": "node pool", "run": "training run"}
        label = f"{nouns.get(part, part)} {thing}"
        # A file system of a storage is not the storage, but what is said of one is said of the other.
        return Owner(own[0], own[1:], label if part == "pool" or not kind else f"{shown} of {label}")
    if kind is Kind.CLUSTER and any(c in {"EksCluster", "GkeCluster"} for c, _ in _components(change, known)):
        return Owner(f"cluster {environment}", (), f"cluster {thing_name(change)}")
    if kind is Kind.NAMESPACE:
        return Owner(f"namespace {environment}/{thing_name(change)}", (f"cluster {environment}",), shown)
    for component, _ in _components(change, known):
        if component in {"EksCluster", "GkeCluster"}:
            return Owner(change.urn, (f"cluster {environment}",), shown)
    within = _within_by_name(change, environment)
    return Owner(change.urn, (*within, f"cluster {environment}") if within else _provider(change), shown)


def thing_name(change: ResourceChange) -> str:
    """The name of the thing itself where it has one of its own, else its logical name."""
    for inputs in (change.before, change.after):
        metadata = inputs.get("metadata")
        name = metadata.get("name") if isinstance(metadata, Mapping) else None
        if isinstance(name, str) and change.type.startswith("kubernetes:"):
            return name
    return change.name


def is_fresh(changes: Sequence[ResourceChange]) -> bool:
    """Whether nothing of the stack was there before."""
    return not any(change.before for change in changes if change.custom and not _built_in(change))


def _built_in(change: ResourceChange) -> bool:
    return change.type.startswith("pulumi:")


def _components(change: ResourceChange, known: Mapping[str, ResourceChange]) -> list[tuple[str, str]]:
    """Our components above a resource, the nearest first: type without its package, and logical name."""
    found, seen = [], set[str]()
    urn: str | None = change.urn
    while urn and urn not in seen:
        seen.add(urn)
        token = type_of(urn)
        if token.startswith(_OURS):
            found.append((token.removeprefix(_OURS), name_of(urn)))
        urn = change.parent if urn == change.urn else known[urn].parent if urn in known else None
    return found


def _of_component(component: str, name: str) -> tuple[str, str] | None:
    """(kind, name) of the thing that a component is; ``None`` for others."""
    if component == "NodePool":
        return "pool", name
    if component == "Tenant":
        return "team", name.removesuffix("-tenant")
    if component == "TeamQueue":
        return "team", name.removesuffix("-queue")
    if component in OF_TEAMS and "." in name:
        return OF_TEAMS[component], name.replace(".", "/", 1)
    if component in {"Storage", "TeamVolume"} and name.startswith("storage-"):
        return "storage", name.removeprefix("storage-").rpartition(".")[2]
    return None


def _within_by_name(change: ResourceChange, environment: str) -> tuple[str, ...]:
    """A flavor is its pool's, and an object is in its namespace, which is a team's."""
    inputs = change.before or change.after
    metadata = inputs.get("metadata")
    if not isinstance(metadata, Mapping):
        return ()
    if change.type.endswith(":ResourceFlavor"):
        return (f"pool {environment}/{metadata.get('name')}",)
    namespace = metadata.get("namespace")
    return (f"team {environment}/{namespace}", f"namespace {environment}/{namespace}") if namespace else ()


def _provider(change: ResourceChange) -> tuple[str, ...]:
    return (change.provider,) if change.provider else ()

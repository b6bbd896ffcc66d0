"""How a rule looks at a resource: what the program says of it, and what nobody can know before the apply."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

SENTINELS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""The engine's words for a value that is not known yet. Source: pulumi_policy 1.21.0, proxy.py."""


class _Unknown:
    """What can't be known yet. It counts as false, so that nothing is found in it by mistake."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()


def plain(value: Any) -> Any:
    """A value with dicts, lists and ``UNKNOWN``, also from the proxies that raise at what is not known."""
    if isinstance(value, str):
        return UNKNOWN if value in SENTINELS or any(mark in value for mark in SENTINELS) else value
    if isinstance(value, Mapping):
        inner = value if isinstance(value, dict) else value["__target"]
        return {str(key): plain(inner[key]) for key in inner}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        inner = value if isinstance(value, list | tuple) else value["__target"]  # type: ignore[call-overload]
        return [plain(item) for item in inner]
    if isinstance(value, float) and value.is_integer():
        # The engine's messages know one kind of number only.
        return int(value)
    return value


@dataclass(slots=True)
class Resource:
    """One resource as a rule sees it. Reading it notes down what was asked for and is unknown."""

    urn: str
    type: str
    """Type token, ``aws:eks/cluster:Cluster``."""
    name: str
    """Logical name."""
    properties: Mapping[str, Any]
    """What the program says, plain; ``UNKNOWN`` where that is not known yet."""
    protected: bool = False
    provider: Mapping[str, Any] = field(default_factory=dict)
    """Properties of its provider; none where it has the default one."""
    parent: str = ""
    """URN of its parent."""
    depends_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Property to the URNs that it takes its value from. Only in rules on a whole stack."""
    unseen: list[str] = field(default_factory=list)
    """Paths that a rule wanted to read and could not, until the apply knows them."""
    hidden: list[str] = field(default_factory=list)
    """What a rule will not see in an apply either."""

    def at(self, *path: str) -> Any:
        """The value there: ``None`` where there is none, ``UNKNOWN`` (and noted) where it is not known."""
        found: Any = self.properties
        for depth, key in enumerate(path, 1):
            found = found.get(key) if isinstance(found, Mapping) else None
            if found is UNKNOWN:
                self.note(".".join(path[:depth]))
                return UNKNOWN
        return found

    def mapping(self, *path: str) -> dict[str, Any]:
        """The mapping there, without what is unknown in it, which is noted; empty where there is none."""
        found = self.at(*path)
        if not isinstance(found, Mapping):
            return {}
        for key, value in found.items():
            if value is UNKNOWN:
                self.note(".".join((*path, key)))
        return {key: value for key, value in found.items() if value is not UNKNOWN}

    def items(self, *path: str) -> list[Any]:
        """The list there, without what is unknown in it, which is noted; empty where there is none.

        One thing that stands where a list may stand is a list of one.
        """
        found = self.at(*path)
        if found is None or found is UNKNOWN:
            return []
        listed = found if isinstance(found, list) else [found]
        for index, value in enumerate(listed):
            if value is UNKNOWN:
                self.note(f"{'.'.join(path)}[{index}]")
        return [value for value in listed if value is not UNKNOWN]

    def of(self, value: Mapping[str, Any], key: str, path: str) -> Any:
        """``value[key]`` of a mapping that lies at ``path``, with the same care as ``at``."""
        found = value.get(key)
        if found is UNKNOWN:
            self.note(f"{path}.{key}")
        return found

    def list_of(self, value: Mapping[str, Any], key: str, path: str) -> list[Any]:
        """The list ``value[key]`` of a mapping that lies at ``path``, with the same care as ``items``."""
        found = self.of(value, key, path)
        listed = found if isinstance(found, list) else []
        for index, item in enumerate(listed):
            if item is UNKNOWN:
                self.note(f"{path}.{key}[{index}]")
        return [item for item in listed if item is not UNKNOWN]

    def note(self, path: str) -> None:
        """Notes down that something was not to be seen."""
        if path not in self.unseen:
            self.unseen.append(path)

    def hide(self, what: str) -> None:
        """Notes down that something is never to be seen from here."""
        if what not in self.hidden:
            self.hidden.append(what)

    @property
    def kind(self) -> str:
        """Kind of a Kubernetes object, else nothing."""
        package, _, rest = self.type.partition(":")
        return rest.rpartition(":")[2].removesuffix("Patch") if package == "kubernetes" else ""

    @property
    def group(self) -> str:
        """API group of a Kubernetes object, ``kueue.x-k8s.io``, else nothing."""
        package, _, rest = self.type.partition(":")
        return rest.partition("/")[0] if package == "kubernetes" else ""


def document(resource: Resource, path: str, value: Any) -> Mapping[str, Any]:
    """A document that stands there as JSON or as an object; empty where it can't be read, which is noted."""
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        found = None
        resource.hide(f"what {path} says: it is no JSON")
    return found if isinstance(found, Mapping) else {}


def strings(value: Any) -> list[str]:
    """A text, or a list of texts, as a list; anything else is left out."""
    listed = value if isinstance(value, list) else [value]
    return [item for item in listed if isinstance(item, str)]


def of_type(resources: Sequence[Resource], *types: str) -> Iterator[Resource]:
    """The resources of these types, in order."""
    return (resource for resource in resources if resource.type in types)

"""What a recording holds."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_UNCHANGEABLE = (str, int, float, type(None))


@dataclass(frozen=True, slots=True)
class Options:
    """What the program asked of the engine for one resource. Empty where it asked for nothing."""

    depends_on: tuple[str, ...] = ()
    """URNs: the explicit ones, and those that the inputs imply."""
    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool = False
    provider: str = ""
    """URN of the provider, empty for the default one."""
    providers: Mapping[str, str] = field(default_factory=dict)
    """Package to URN of the provider that a component hands to its children."""
    aliases: tuple[str, ...] = ()
    """Full URNs that the resource had before."""
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    custom_timeouts: Mapping[str, str] = field(default_factory=dict)
    """``create``, ``update`` and ``delete``, each as Go writes durations."""
    version: str = ""
    """Version of the provider's plugin."""
    import_id: str = ""
    """Physical id that an existing object is adopted by."""
    deleted_with: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource that the program registered or read."""

    urn: str
    type: str
    name: str
    parent: str
    """URN of the parent; of the stack for a resource at the top."""
    custom: bool
    """Whether a provider manages it. False for components."""
    read: bool
    """Whether it was only looked up, by ``get``."""
    options: Options
    _inputs: Mapping[str, Any] = field(repr=False)
    _outputs: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @property
    def inputs(self) -> dict[str, Any]:
        """Under the provider's names, with `Secret`, `UNKNOWN`, `Asset` and `Reference` marks. A copy."""
        return _copied(self._inputs)

    @property
    def outputs(self) -> dict[str, Any]:
        """What a component registered as its outputs. Empty for everything else. A copy."""
        return _copied(self._outputs)


class RecordingError(Exception):
    """The program did something that the real engine would refuse, or that never ends."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Everything that a program registered, sorted by URN."""

    resources: tuple[Resource, ...]
    _exports: Mapping[str, Any] = field(repr=False)

    @property
    def exports(self) -> dict[str, Any]:
        """Outputs of the stack, with `Secret` and `UNKNOWN` marks. A copy."""
        return _copied(self._exports)

    def of(self, type_: str) -> tuple[Resource, ...]:
        """Every resource of this type."""
        return tuple(resource for resource in self.resources if resource.type == type_)

    def only(self, type_: str) -> Resource:
        """The one resource of this type; fails with what there is when there is none, or more than one."""
        found = self.of(type_)
        if len(found) == 1:
            return found[0]
        listed = "\n".join(f"  {urn}" for urn in self.urns()) or "  nothing"
        raise LookupError(f"expected one {type_}, got {len(found)}; the program registered:\n{listed}")

    def urns(self) -> tuple[str, ...]:
        """URN of every resource: the names that an upgrade of the library must keep."""
        return tuple(resource.urn for resource in self.resources)


def _copied(values: Mapping[str, Any]) -> dict[str, Any]:
    """As ``deepcopy`` does, which takes three times as long."""
    return {key: _copy(value) for key, value in values.items()}


def _copy(value: Any) -> Any:
    if isinstance(value, _UNCHANGEABLE):
        return value
    if isinstance(value, dict):
        return _copied(value)
    if isinstance(value, list):
        return [_copy(inner) for inner in value]
    return copy.deepcopy(value)

"""What Pulumi recorded, from an exported stack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_KUBERNETES = "kubernetes:"
_STACK = "pulumi:pulumi:Stack"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One custom resource of a state."""

    urn: str
    type: str
    inputs: Mapping[str, Any]


def resources_in(exported: Mapping[str, Any]) -> tuple[Recorded, ...]:
    """The custom resources of an exported stack; what waits to be deleted is not one any more."""
    return tuple(
        Recorded(str(item.get("urn", "")), str(item.get("type", "")), _mapping(item.get("inputs")))
        for item in _items(exported)
        if item.get("custom") is True and item.get("delete") is not True
    )


def manifests_in(resources: Iterable[Recorded]) -> Iterator[Mapping[str, Any]]:
    """The Kubernetes objects among them, as they were asked for."""
    return (item.inputs for item in resources if item.type.startswith(_KUBERNETES) and "kind" in item.inputs)


def outputs_in(exported: Mapping[str, Any]) -> Mapping[str, Any]:
    """The outputs of the stack; secrets stay as Pulumi keeps them."""
    return next(
        (_mapping(item.get("outputs")) for item in _items(exported) if item.get("type") == _STACK), {}
    )


def _items(exported: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    resources = _mapping(exported.get("deployment")).get("resources")
    return (item for item in resources or () if isinstance(item, Mapping))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

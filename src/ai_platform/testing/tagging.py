"""Which resources of a recording carry no cost tags."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

from ..finops.cost_tags import ON_ALL
from ..finops.tag_reach import REACHES, carried
from .marks import Secret
from .resources import Recording, Resource

_DEFAULTS = {"aws": ("defaultTags", "tags"), "gcp": ("defaultLabels",)}


def untagged(recording: Recording, keys: Collection[str] = ON_ALL) -> list[str]:
    """One line for each place of an AWS or Google Cloud resource that lacks one of ``keys``.

    Which types have tags is read from the installed ``pulumi_aws`` and ``pulumi_gcp``, without an import.
    Default tags of an explicit provider count where a resource has tags of its own. An empty list is a pass.
    """
    providers = {
        resource.urn: resource for resource in recording.resources if resource.type.startswith("pulumi:prov")
    }
    return [
        line for resource in recording.resources for line in _lacking(resource, providers, frozenset(keys))
    ]


def tags_property(type_: str) -> str | None:
    """The input that carries a type's tags: ``tags``, ``labels``, ``userLabels``, ``resourceLabels`` or none.

    Raises ``LookupError`` for a type that the SDK doesn't have.
    """
    package = type_.partition(":")[0]
    return _tags_property(type_) if package in _DEFAULTS else None


def _lacking(resource: Resource, providers: Mapping[str, Resource], keys: frozenset[str]) -> Iterator[str]:
    package = resource.type.partition(":")[0]
    if not resource.custom or resource.read or package not in _DEFAULTS:
        return
    inputs = resource.inputs
    places: list[tuple[tuple[str, ...], str, Mapping[str, Any]]] = []
    own = tags_property(resource.type)
    if own in {"tags", "labels", "userLabels"}:
        provider = providers.get(resource.options.provider)
        # Default labels of a provider reach what is called labels, and nothing else.
        defaults = _defaults(package, provider) if provider and own != "userLabels" else {}
        places.append(((own,), "itself", defaults))
    places += [(reach.path, reach.reaches, {}) for reach in REACHES if reach.type == resource.type]
    for path, reaches, defaults in places:
        missing = sorted(keys - {**defaults, **carried(inputs, path)}.keys())
        if missing:
            yield f"{resource.urn}: {'.'.join(path)} ({reaches}) lacks {', '.join(missing)}"


def _defaults(package: str, provider: Resource) -> Mapping[str, Any]:
    found: Any = provider.inputs
    for key in _DEFAULTS[package]:
        found = found.get(key) if isinstance(found, Mapping) else None
        found = found.value if isinstance(found, Secret) else found
        found = json.loads(found) if isinstance(found, str) else found
    return found if isinstance(found, Mapping) else {}


@cache
def _tags_property(type_: str) -> str | None:
    package, module, _ = type_.split(":")
    folder, _, name = module.partition("/")
    text = _source(f"pulumi_{package}", folder, name, type_)
    # Of the file's classes the first says what may be given. To parse them all takes ten times as long.
    arguments = text.partition("\nclass ")[2].partition("\nclass ")[0]
    names = set(re.findall(r"^    def (\w+)\(", arguments, re.M))
    if package == "aws":
        # A list of tags, as an Auto Scaling group has, is written otherwise and checked by nobody here.
        return "tags" if "tags" in names and re.search(r"tags: .*Mapping\[str", arguments) else None
    # Tags of Google's resources are network tags, or bindings of the resource manager: no bill shows them.
    return next((key for name, key in _LABELS.items() if name in names), None)


# Where a type has labels for its user beside those of its own, only the former are tags.
_LABELS = {"user_labels": "userLabels", "labels": "labels", "resource_labels": "resourceLabels"}


def _source(package: str, folder: str, name: str, type_: str) -> str:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise LookupError(f"{package} is not installed")
    modules = Path(spec.origin).parent / folder
    likely = modules / f"{re.sub(r'(?<!^)(?=[A-Z])', '_', name).lower()}.py"
    for file in chain([likely], modules.glob("*.py")):
        if file.is_file() and f"'{type_}'" in (text := file.read_text()):
            return text
    raise LookupError(f"{package} has no resource {type_}")

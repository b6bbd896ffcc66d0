"""Versions of charts and of container images in a preview."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .preview import SECRET, UNKNOWN, Op, Preview

Seen = dict[tuple[str, str], tuple[set[str], set[str]]]
"""(Kind, name) to the versions before and after."""

_LABEL = "label"
_CHARTS = frozenset({"kubernetes:helm.sh/v3:Release", "kubernetes:helm.sh/v4:Chart"})
_LABELLED = re.compile(r"^(?P<name>.+?)-(?P<version>v?\d+\.\d+.*)$")
_PACKED = re.compile(r"-(?P<version>v?\d+\.\d+[^/]*)\.tgz$")
_CONTAINERS = ("containers", "initContainers")
_DIGEST = len("sha256:") + 12
# Definitions hold megabytes of schema and no container.
_SKIPPED = "CustomResourceDefinition"


def seen_in(previews: Iterable[Preview]) -> Seen:
    """Versions on both sides, where any of them changes; those that stay elsewhere are counted on both."""
    resources = [resource for preview in previews for resource in preview.resources]
    seen: Seen = {}
    for resource in resources:
        if resource.op is not Op.SAME:
            _add(seen, resource.type, resource.before, 0)
            _add(seen, resource.type, resource.after, 1)
    if any(old != new for old, new in seen.values()):
        for resource in resources:
            if resource.op is Op.SAME:
                _add(seen, resource.type, resource.after or resource.before, 0, 1)
    # What a chart says of itself counts more than what its objects are labelled with.
    for kind, name in list(seen):
        if kind == _LABEL:
            seen.setdefault(("chart", name), seen.pop((kind, name)))
    return seen


def image_parts(image: str) -> tuple[str, str]:
    """Repository and version: tag, digest in short, or both."""
    name, _, digest = image.partition("@")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = name, ""
    version = "@".join(part for part in (tag, digest[:_DIGEST]) if part)
    return repository, version or "no tag"


def _add(seen: Seen, kind: str, inputs: dict[str, object], *sides: int) -> None:
    if inputs and _SKIPPED not in kind:
        for what, name, version in _of(kind, inputs):
            versions = seen.setdefault((what, name), (set(), set()))
            for side in sides:
                versions[side].add(version)


def _of(kind: str, inputs: dict[str, object]) -> Iterator[tuple[str, str, str]]:
    if kind in _CHARTS:
        yield from _chart(inputs)
        return
    if not kind.startswith("kubernetes:"):
        return
    label = _text(_under(inputs, "metadata", "labels", "helm.sh/chart"))
    found = _LABELLED.match(label) if label else None
    if found:
        yield _LABEL, found["name"], found["version"]
    for image in _images(inputs):
        yield "image", *image_parts(image)


def _chart(inputs: dict[str, object]) -> Iterator[tuple[str, str, str]]:
    chart = _text(inputs.get("chart")) or ""
    packed = _PACKED.search(chart)
    version = _text(inputs.get("version")) or (packed["version"] if packed else None)
    name = _PACKED.sub("", chart).rstrip("/").rpartition("/")[2] or _text(inputs.get("name"))
    if name and version:
        yield "chart", name, version


def _images(inputs: dict[str, object]) -> Iterator[str]:
    """Images of all containers, wherever the kind of the object keeps its pods."""
    # Reports are of thousands of objects: the checks here are the cheapest there are.
    waiting: list[object] = [inputs.get("spec")]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for key in _CONTAINERS:
                entries = value.get(key)
                for container in entries if isinstance(entries, list) else ():
                    image = _text(_under(container, "image"))
                    if image:
                        yield image
            waiting += [inner for inner in value.values() if isinstance(inner, (dict, list))]
        elif isinstance(value, list):
            waiting += [inner for inner in value if isinstance(inner, (dict, list))]


def _under(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value and value not in (SECRET, UNKNOWN) else None

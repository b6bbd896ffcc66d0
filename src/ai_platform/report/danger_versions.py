"""Versions that jump or go back: Kubernetes by the descriptions and the clusters, charts by their objects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from . import blast_radius
from .danger_finding import Finding, finding, place
from .danger_scene import Scene, at, entries, finding_on
from .preview import Op, ResourceChange
from .side import Side

_CLUSTERS = {"aws:eks/cluster:Cluster": "version", "gcp:container/cluster:Cluster": "minMasterVersion"}
_CHART_LABEL = re.compile(r"^(?P<name>.+?)-v?(?P<version>\d+(\.\d+)+.*)$")


def kubernetes_by_plan(pairs: Sequence[tuple[Side, Side]]) -> Iterator[Finding]:
    """Versions that descriptions ask for."""
    for before, after in pairs:
        old, new = (getattr(side.environment.cluster, "kubernetes_version", None) for side in (before, after))
        name = after.environment.name
        found = _kubernetes(old, new, f"cluster {name}", f"cluster of {name}")
        if found:
            rule, what = found
            yield finding(
                rule,
                f"cluster {name}",
                what,
                f"cluster.kubernetes_version: {old} → {new}",
                place=place(after, "cluster", "kubernetes_version"),
                blast_radius=blast_radius.on_cluster(before.plan),
            )


def kubernetes_by_preview(scene: Scene) -> Iterator[Finding]:
    """Versions of clusters that are changed in their place."""
    for change in scene.preview.resources:
        path = _CLUSTERS.get(change.type)
        if path is None or change.op is not Op.UPDATE:
            continue
        old, new = change.before.get(path), change.after.get(path)
        whose = scene.owner(change)
        found = _kubernetes(old, new, whose.root, whose.name)
        if found:
            rule, what = found
            yield finding_on(
                scene,
                change,
                rule,
                what,
                f"{path}: {old} → {new}",
                blast_radius=blast_radius.of_resource(change.urn, scene.needed_by),
            )


def charts(scene: Scene) -> Iterator[Finding]:
    """Charts whose version goes down, or up to where things are different."""
    told: dict[str, tuple[str, str, ResourceChange]] = {}
    for change in scene.preview.resources:
        if change.op in {Op.UPDATE, Op.REPLACE}:
            for name, (old, new) in _chart_versions(change).items():
                told.setdefault(name, (old, new, change))
    for name, (old, new, change) in sorted(told.items()):
        before, after = _numbers(old), _numbers(new)
        if after < before:
            rule, what = "chart-downgrade", f"chart {name} goes back to an older version"
        elif _breaking(before) < _breaking(after):
            rule, what = "chart-major-jump", f"chart {name} goes to a version that may break what works"
        else:
            continue
        yield finding(
            rule, f"chart {scene.stack}/{name}", what, f"{old} → {new}", stack=scene.stack, change=change
        )


def definitions(scene: Scene) -> Iterator[Finding]:
    """Versions of custom resource definitions that are served no more."""
    for change in scene.preview.resources:
        if change.op is not Op.UPDATE or not change.type.endswith(":CustomResourceDefinition"):
            continue
        gone = sorted(_served(change.before) - _served(change.after))
        if gone:
            whose = scene.owner(change)
            yield finding_on(
                scene,
                change,
                "crd-version-removed",
                f"{whose.name} serves {', '.join(gone)} no more: who asks for it gets an error",
                f"spec.versions: {', '.join(gone)} goes or has served: false",
                blast_radius=blast_radius.of_resource(change.urn, scene.needed_by),
            )


def _served(inputs: Mapping[str, object]) -> set[str]:
    listed = entries(at(inputs, "spec.versions"))
    return {str(version.get("name")) for version in listed if version.get("served") is True}


def _kubernetes(old: object, new: object, root: str, noun: str) -> tuple[str, str] | None:
    before, after = _minor(old), _minor(new)
    if before is None or after is None or before == after:
        return None
    if after == before + 1:
        return (
            "kubernetes-upgrade",
            f"Kubernetes of the {noun} goes up a minor version, and its nodes are replaced",
        )
    way = "goes down" if after < before else f"skips {after - before - 1} minor version(s)"
    return "kubernetes-version-jump", f"Kubernetes of the {noun} {way}, which its cloud refuses"


def _minor(version: object) -> int | None:
    found = re.match(r"^1\.(\d+)", version) if isinstance(version, str) else None
    return int(found.group(1)) if found else None


def _chart_versions(change: ResourceChange) -> dict[str, tuple[str, str]]:
    """Chart to its versions before and after, where they differ."""
    old, new = _versions(change, change.before), _versions(change, change.after)
    return {name: (old[name], new[name]) for name in old if name in new and old[name] != new[name]}


def _versions(change: ResourceChange, inputs: Mapping[str, object]) -> dict[str, str]:
    if change.type.startswith("kubernetes:helm.sh/"):
        name, version = inputs.get("chart"), inputs.get("version")
        known = isinstance(name, str) and isinstance(version, str)
        return {str(name).rstrip("/").rpartition("/")[2]: str(version)} if known else {}
    labels = at(inputs, "metadata.labels")
    label = labels.get("helm.sh/chart") if isinstance(labels, Mapping) else None
    found = _CHART_LABEL.match(label) if isinstance(label, str) else None
    return {found["name"]: found["version"]} if found else {}


def _numbers(version: str) -> tuple[int, ...]:
    core = re.split(r"[-+]", version.lstrip("v"), maxsplit=1)[0]
    return tuple(int(part) for part in core.split(".") if part.isdigit())


def _breaking(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """What must stay the same so that nothing breaks: the major version, below 1.0 the minor one too."""
    return numbers[:1] if numbers and numbers[0] else numbers[:2]

"""Runs, providers and whole stacks that are lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..components.counted import counted
from . import blast_radius
from .danger_cause import NOT_MADE, cause_of
from .danger_finding import Finding, finding
from .danger_scene import Scene, at, described_at, entries, finding_on
from .preview import Op, ResourceChange
from .resource_names import thing_name
from .stateful_types import Kind, kind_of, without_version

MANY_DELETES = 10
"""Fewer deletes are a change like any other."""


def runs(scene: Scene) -> Iterator[Finding]:
    """Jobs on GPUs that are replaced or deleted."""
    for change in scene.preview.resources:
        if change.op not in {Op.REPLACE, Op.DELETE} or without_version(change.type) != "kubernetes:batch:Job":
            continue
        if not _wants_accelerator(change):
            continue
        whose = scene.owner(change)
        label = whose.name if whose.root.startswith("run ") else f"job {thing_name(change)}"
        again = change.op is Op.REPLACE
        yield finding_on(
            scene,
            change,
            "run-stopped",
            f"{label} is deleted"
            + (" and starts from its beginning, or from its last checkpoint" if again else ""),
            cause_of(change),
            place=described_at(scene, whose),
        )


def providers(scene: Scene) -> Iterator[Finding]:
    """Providers that are replaced."""
    for change in scene.preview.resources:
        if change.type.startswith("pulumi:providers:") and change.op is Op.REPLACE:
            needing = blast_radius.dependents(change.urn, scene.needed_by)
            yield finding(
                "provider-replaced",
                change.urn,
                f"provider {change.name} is replaced, and with it all "
                f"{counted(len(needing), 'resource')} that it made",
                cause_of(change),
                within=_clusters_of(scene, change),
                stack=scene.stack,
                change=change,
                blast_radius=blast_radius.of_resource(change.urn, scene.needed_by),
            )


def emptied(scene: Scene) -> Iterator[Finding]:
    """A stack that loses more than half of what it has."""
    there = [
        change
        for change in scene.preview.resources
        if change.custom and change.op is not Op.CREATE and not change.type.startswith("pulumi:")
    ]
    gone = [change for change in there if change.op is Op.DELETE]
    if len(gone) >= MANY_DELETES and 2 * len(gone) > len(there):
        yield finding(
            "many-deletes",
            f"stack {scene.stack}",
            f"{len(gone)} of the {len(there)} resources of stack {scene.stack} are deleted",
            NOT_MADE,
            stack=scene.stack,
        )


def _clusters_of(scene: Scene, provider: ResourceChange) -> list[str]:
    """Roots of the clusters whose credentials a provider has: it is replaced because they are."""
    needs = (scene.known[urn] for urn in provider.dependencies if urn in scene.known)
    return [scene.owner(need).root for need in needs if kind_of(need.type) is Kind.CLUSTER]


def _wants_accelerator(change: ResourceChange) -> bool:
    containers = entries(at(change.before, "spec.template.spec.containers"))
    limits = [at(container, "resources.limits") for container in containers]
    names = [str(name) for limit in limits if isinstance(limit, Mapping) for name in limit]
    return any(name.startswith(("nvidia.com/", "google.com/tpu", "amd.com/gpu")) for name in names)

"""What a preview shows of things that are lost: deleted, replaced, rolled, or no longer guarded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from . import blast_radius
from .danger_finding import Finding, counted, finding, lower, said, worst
from .danger_scene import Scene, at, below, described_at, entries, texts
from .model import Grade
from .preview import Op, PropertyChange, ResourceChange
from .resource_names import Owner, likely_parent, logical_name, thing_name, type_of
from .stateful_types import KINDS, Kind, kind_of, without_version

NOT_MADE = "the program no longer makes it"
"""Why something is deleted, as far as a preview knows."""
MANY_DELETES = 10
"""Fewer deletes are a change like any other."""

_REFUSALS = (
    (Op.REPLACE, re.compile(r'unable to replace resource "(urn:pulumi:[^"\s]+)"')),
    (Op.DELETE, re.compile(r'resource "(urn:pulumi:[^"\s]+)" cannot be deleted')),
)
"""What the engine says of something protected (pulumi 3.246, step_generator.go)."""
_NAMES = (
    "name",
    "bucket",
    "nodeGroupName",
    "identifier",
    "clusterIdentifier",
    "repositoryId",
    "metadata.name",
)
_ROLLS: Mapping[str, tuple[str, ...]] = {
    # A new version of the launch template, also one that differs by a tag alone, rolls a managed node group
    # (EKS user guide, managed node update behavior).
    "aws:eks/nodeGroup:NodeGroup": ("launchTemplate", "version", "releaseVersion"),
    # What GKE changes by making each node anew (terraform-provider-google, container/node_config.go).
    "gcp:container/nodePool:NodePool": (
        "version",
        "nodeConfig.machineType",
        "nodeConfig.diskType",
        "nodeConfig.diskSizeGb",
        "nodeConfig.imageType",
        "nodeConfig.linuxNodeConfig",
        "nodeConfig.kubeletConfig",
        "nodeConfig.containerdConfig",
    ),
    "kubernetes:karpenter.sh:NodePool": ("spec.template",),
    "kubernetes:karpenter.k8s.aws:EC2NodeClass": ("spec",),
}


def lost(scene: Scene) -> Iterator[Finding]:
    """Things of the table that are deleted or replaced; of one root the one that speaks for the others."""
    found: dict[str, tuple[int, Finding]] = {}
    kept = _kept_volumes(scene)
    for change in (*scene.preview.resources, *_refused(scene)):
        kind = kind_of(change.type)
        if kind is None or change.op not in {Op.DELETE, Op.REPLACE}:
            continue
        whose = scene.owner(change)
        if kind is Kind.POOL and change.op is Op.DELETE and _group_of_more(scene, change, whose):
            continue
        rank = list(Kind).index(kind)
        if whose.root not in found or rank < found[whose.root][0]:
            found[whose.root] = rank, _loss(scene, change, kind, whose, kept)
    yield from (item for _, item in found.values())


def rolled(scene: Scene) -> Iterator[Finding]:
    """Pools of which every node is made anew in its place."""
    for change in scene.preview.resources:
        paths = _ROLLS.get(without_version(change.type))
        if change.op is not Op.UPDATE or paths is None:
            continue
        whose = scene.owner(change)
        causes = below(change.changes, *paths)
        grade = None
        if zones := _zones_left(change):
            causes, grade = below(change.changes, "nodeLocations"), zones
        if causes:
            yield finding(
                "pool-rolled",
                whose.root,
                f"{whose.name} leaves a zone: its nodes there are deleted, and what runs on them stops"
                if zones
                else f"every node of {whose.name} is replaced in its turn, and what runs on it is drained",
                _differences(_why_rolled(scene, change, causes)),
                grade=grade,
                within=whose.within,
                stack=scene.stack,
                change=change,
                place=described_at(scene, whose),
                blast_radius=_radius(scene, change, whose),
            )


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
        yield finding(
            "run-stopped",
            whose.root,
            f"{label} is deleted"
            + (" and starts from its beginning, or from its last checkpoint" if again else ""),
            _cause(change),
            within=whose.within,
            stack=scene.stack,
            change=change,
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
                _cause(change),
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


def _loss(scene: Scene, change: ResourceChange, kind: Kind, whose: Owner, kept: set[str]) -> Finding:
    loss = KINDS[kind]
    lost_with = "" if change.retained else f": {loss.reason}"
    again = change.op is Op.REPLACE
    grade = loss.replaced if again else loss.removed
    notes = []
    if again:
        first = _deleted_first(change)
        grade = worst(grade, Grade.CRITICAL) if first and kind is Kind.POOL else grade
        notes.append("it is deleted before the new one is made" if first else _both_at_once(kind))
    elif kind is Kind.VOLUME and kept & {thing_name(change), str(at(change.before, "spec.volumeName"))}:
        grade = Grade.MEDIUM
        lost_with = ""
        notes.append("its data stays, as its reclaim policy says; who mounts it loses it")
    if change.retained:
        grade = Grade.HIGH if again else Grade.MEDIUM
        notes.append(
            "the old one stays behind with its data and goes on costing; the new one is empty"
            if again
            else "it stays behind in the cloud with its data, belongs to no stack and goes on costing"
        )
    if change.protected:
        grade = lower(grade)
        notes.append("it is protected, so the apply refuses until somebody takes that away")
    verb = "is replaced" if again else "is deleted"
    return finding(
        f"{kind}-replaced" if again else f"{kind}-removed",
        whose.root,
        f"{whose.name} {verb}{lost_with}" + "".join(f"; {note}" for note in notes),
        _cause(change),
        grade=grade,
        within=whose.within,
        stack=scene.stack,
        change=change,
        place=described_at(scene, whose),
        blast_radius=_radius(scene, change, whose),
        safer=loss.safer.format(noun=loss.noun),
    )


def _clusters_of(scene: Scene, provider: ResourceChange) -> list[str]:
    """Roots of the clusters whose credentials a provider has: it is replaced because they are."""
    needs = (scene.known[urn] for urn in provider.dependencies if urn in scene.known)
    return [scene.owner(need).root for need in needs if kind_of(need.type) is Kind.CLUSTER]


def _both_at_once(kind: Kind) -> str:
    need = ", which needs capacity for both" if kind is Kind.POOL else ""
    return f"the new one is made first{need}"


def _deleted_first(change: ResourceChange) -> bool:
    """Two things can't have one name, so a name that stays means that the old one goes first."""
    return any((value := at(change.after, name)) and value == at(change.before, name) for name in _NAMES)


def _refused(scene: Scene) -> Iterator[ResourceChange]:
    """What the engine refuses to replace or delete and then leaves out of the steps: the errors name it."""
    for error in scene.preview.errors:
        for op, pattern in _REFUSALS:
            for urn in pattern.findall(error):
                known = scene.known.get(urn)
                if known is None:
                    parent = likely_parent(urn, scene.known)
                    yield ResourceChange(urn, op, type_of(urn), logical_name(urn), parent, protected=True)
                elif known.op not in {Op.DELETE, Op.REPLACE}:
                    yield replace(known, op=op, protected=True, changes=())


def _kept_volumes(scene: Scene) -> set[str]:
    """Names of persistent volumes whose data stays without them."""
    return {
        thing_name(change)
        for change in scene.preview.resources
        if change.type.endswith(":PersistentVolume")
        and at(change.before, "spec.persistentVolumeReclaimPolicy") == "Retain"
    }


def _group_of_more(scene: Scene, change: ResourceChange, whose: Owner) -> bool:
    """Whether it is one node group of a pool that stays: they come and go with MIG layouts."""
    described = [side for side in (scene.before, scene.after) if side]
    name = whose.root.partition("/")[2]
    if len(described) < 2 or not all(
        any(pool.name == name for pool in side.plan.pools) for side in described
    ):
        return False
    return any(
        other.urn != change.urn and other.op is not Op.DELETE and scene.owner(other).root == whose.root
        for other in scene.preview.resources
        if kind_of(other.type) is Kind.POOL
    )


def _zones_left(change: ResourceChange) -> Grade | None:
    """How bad it is that a pool leaves zones, where it does."""
    if change.type != "gcp:container/nodePool:NodePool":
        return None
    old, new = (set(texts(side.get("nodeLocations"))) for side in (change.before, change.after))
    if old <= new or not new:
        return None
    return Grade.MEDIUM if old & new else Grade.HIGH


def _why_rolled(scene: Scene, change: ResourceChange, causes: list[PropertyChange]) -> list[PropertyChange]:
    """What changed in the launch template, where that is why."""
    if not below(causes, "launchTemplate"):
        return causes
    for other in scene.preview.resources:
        if other.type == "aws:ec2/launchTemplate:LaunchTemplate" and other.parent == change.parent:
            told = [item for item in other.changes if not item.path.startswith("tagsAll")]
            if told:
                return [*told, *(cause for cause in causes if not cause.path.startswith("launchTemplate"))]
    return causes


def _wants_accelerator(change: ResourceChange) -> bool:
    containers = entries(at(change.before, "spec.template.spec.containers"))
    limits = [at(container, "resources.limits") for container in containers]
    names = [str(name) for limit in limits if isinstance(limit, Mapping) for name in limit]
    return any(name.startswith(("nvidia.com/", "google.com/tpu", "amd.com/gpu")) for name in names)


def _cause(change: ResourceChange) -> str:
    """The properties that replace it, or that the program makes it no longer."""
    if change.op is Op.DELETE:
        return NOT_MADE
    causes = [item for item in change.changes if item.replaces] or list(change.changes)
    return _differences(causes) or "the preview names no property"


def _differences(causes: list[PropertyChange]) -> str:
    shown = [f"{cause.path}: {said(cause.before)} → {said(cause.after)}" for cause in causes[:3]]
    more = len(causes) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")


def _radius(scene: Scene, change: ResourceChange, whose: Owner) -> tuple[str, ...]:
    kind, _, name = whose.root.partition(" ")
    name = name.partition("/")[2]
    if kind == "pool" and scene.plan:
        return blast_radius.on_pool(scene.plan, name)
    if kind == "cluster" and scene.plan:
        return blast_radius.on_cluster(scene.plan)
    if kind == "team" and scene.plan:
        return blast_radius.of_team(scene.plan, name)
    if kind == "storage" and scene.before:
        teams = [
            team for item in scene.before.environment.storage if item.name == name for team in item.teams
        ]
        return blast_radius.of_storage(scene.plan, name, teams)
    return blast_radius.of_resource(change.urn, scene.needed_by)

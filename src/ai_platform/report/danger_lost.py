"""Things with data, capacity or a service that are deleted or replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from .danger_cause import cause_of, radius_of
from .danger_finding import Finding, lower, worst
from .danger_scene import Scene, at, described_at, finding_on
from .model import Grade
from .preview import Op, ResourceChange
from .resource_names import Owner, likely_parent, thing_name
from .stateful_types import KINDS, Kind, kind_of
from .urns import name_of, type_of

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
    return finding_on(
        scene,
        change,
        f"{kind}-replaced" if again else f"{kind}-removed",
        f"{whose.name} {verb}{lost_with}" + "".join(f"; {note}" for note in notes),
        cause_of(change),
        grade=grade,
        place=described_at(scene, whose),
        blast_radius=radius_of(scene, change, whose),
        safer=loss.safer.format(noun=loss.noun),
    )


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
                    yield ResourceChange(urn, op, type_of(urn), name_of(urn), parent, protected=True)
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

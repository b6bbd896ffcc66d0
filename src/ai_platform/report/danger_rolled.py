"""Pools of which every node is made anew in its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .danger_cause import differences_text, radius_of
from .danger_finding import Finding
from .danger_scene import Scene, below, described_at, finding_on, texts
from .model import Grade
from .preview import Op, PropertyChange, ResourceChange
from .stateful_types import without_version

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
            yield finding_on(
                scene,
                change,
                "pool-rolled",
                f"{whose.name} leaves a zone: its nodes there are deleted, and what runs on them stops"
                if zones
                else f"every node of {whose.name} is replaced in its turn, and what runs on it is drained",
                differences_text(_why_rolled(scene, change, causes)),
                grade=grade,
                place=described_at(scene, whose),
                blast_radius=radius_of(scene, change, whose),
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

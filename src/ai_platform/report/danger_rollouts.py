"""Endpoints whose pods are changed for others where no device is spare: nobody answers in between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .danger_finding import Finding
from .danger_scene import Scene, at, below, described_at, entries, finding_on
from .model import Grade
from .preview import Op, PropertyChange, ResourceChange
from .stateful_types import without_version

_SERVICE = "kubernetes:serving.kserve.io:InferenceService"
_PODS = ("metadata.labels", "metadata.annotations", "spec.predictor")
"""What KServe v0.20.0 copies into pods: `buildObjectMeta` of components/predictor.go, read 2026-11-21."""
_NOT_PODS = tuple(f"spec.predictor.{field}" for field in ("deploymentStrategy", "minReplicas", "maxReplicas"))
_ANNOTATIONS = ("metadata.annotations", "spec.predictor.annotations")


def rollout_gaps(scene: Scene) -> Iterator[Finding]:
    """Endpoints that stop while their new pods load the model."""
    for change in scene.preview.resources:
        if change.op is not Op.UPDATE or without_version(change.type) != _SERVICE:
            continue
        causes = makes_new_pods(change)
        if not causes or not stops_first(change):
            continue
        whose = scene.owner(change)
        tried = entries(at(change.before, "spec.canary")) and entries(at(change.after, "spec.canary"))
        who = "answers by its canary alone" if tried else "answers nobody"
        yield finding_on(
            scene,
            change,
            "endpoint-rollout-gap",
            f"{whose.name} {who} while its new pods load the model: no device is spare for one of them "
            f"beside the old ones",
            "; ".join(dict.fromkeys(item.path for item in causes[:3])),
            grade=Grade.MEDIUM if tried else None,
            place=described_at(scene, whose),
            blast_radius=(f"everybody who calls {whose.name.removeprefix('endpoint ')}",),
        )


def makes_new_pods(change: ResourceChange) -> Sequence[PropertyChange]:
    """What of an InferenceService's change its pods show, so that KServe makes new ones."""
    kept = below(change.changes, *_NOT_PODS)
    if _annotations(change.before) == _annotations(change.after) != {}:
        kept += below(change.changes, *_ANNOTATIONS)
    return [item for item in below(change.changes, *_PODS) if item not in kept]


def _annotations(inputs: Mapping[str, object]) -> dict[object, object]:
    """What pods get of both: one may move from one place to the other."""
    places = (at(inputs, place) for place in _ANNOTATIONS)
    return {key: value for place in places if isinstance(place, Mapping) for key, value in place.items()}


def stops_first(change: ResourceChange) -> bool:
    """Whether old pods go before new ones come."""
    return at(change.after, "spec.predictor.deploymentStrategy.type") == "Recreate"

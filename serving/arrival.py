"""Whether what an endpoint is described to be runs: KServe's Deployments of it and of its canary.

KServe v0.20.0 says Ready while a changed endpoint's old replica answers, and says of a canary only that a
replica of it runs (``PropagateRawStatus``, ``reconcileCanaryDeployments``; read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..components.manifest import Manifest, conditions, is_true
from .canary import stable_replicas
from .endpoint import EndpointArgs, inference_service_manifest

_CONTAINER = "kserve-container"
_OURS = "ai-platform/"
_NOT_TAKEN_ON = -1_000_000
"""Less than any count of replicas can bring an endpoint to."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How far an endpoint is."""

    missing: tuple[str, ...]
    """What is not as described yet; empty once all is."""
    progress: int
    """Rises with each replica that comes and each old one that goes."""

    @property
    def complete(self) -> bool:
        """Whether all is as described."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class _Part:
    """A Deployment that there shall be."""

    model: str
    """Which of the endpoint's models it is, for people."""
    replicas: int
    """Those that always run."""
    predictor: Manifest
    """What KServe makes its pods from."""
    labels: Manifest
    annotations: Manifest


def arrival(spec: EndpointArgs, service: Manifest | None, deployments: Sequence[Manifest]) -> Arrival:
    """Compares an endpoint with its InferenceService and all Deployments that carry its name."""
    if service is None:
        return Arrival(("its InferenceService is not there",), _NOT_TAKEN_ON)
    found = {item["metadata"]["name"]: item for item in deployments}
    parts = _parts(spec)
    missing, progress = [], 0
    for name, part in parts.items():
        said, done = _compared(part, found.get(name))
        missing += [f"{part.model}: {said}"] if said else []
        progress += done
    for name in sorted(found.keys() - parts.keys()):
        missing.append(f"{name} of an earlier description is still there")
    if not missing or progress < _NOT_TAKEN_ON // 2:
        missing += _not_ready(service)
    return Arrival(tuple(missing), progress)


def _not_ready(service: Manifest) -> list[str]:
    """The conditions for which KServe doesn't say Ready; empty when it does."""
    if is_true(service, "Ready"):
        return []
    said = [
        f"{entry['type']} is {entry['status']}" + (f": {entry['message']}" if entry.get("message") else "")
        for entry in conditions(service)
        if entry["status"] != "True" and entry["type"] not in ("Ready", "Stopped")
    ]
    return said or ["KServe does not say Ready"]


def _parts(spec: EndpointArgs) -> dict[str, _Part]:
    """Name of each Deployment to what it shall be."""
    manifest = inference_service_manifest(spec)
    metadata, own = manifest["metadata"], manifest["spec"]["predictor"]
    fewest = stable_replicas(spec.min_replicas, spec.canary.replicas) if spec.canary else spec.min_replicas
    made = {f"{spec.name}-predictor": ("its model", fewest, own)}
    for entry in manifest["spec"].get("canary", ()):
        other = entry["predictor"]
        merged = {key: {**own.get(key, {}), **other.get(key, {})} for key in ("labels", "annotations")}
        predictor = {**own, **other, **merged}
        made[f"{spec.name}-{other['name']}-predictor"] = ("its canary", other["minReplicas"], predictor)
    return {
        name: _Part(
            model,
            replicas,
            predictor,
            {**metadata["labels"], **predictor.get("labels", {})},
            {**metadata["annotations"], **predictor.get("annotations", {})},
        )
        for name, (model, replicas, predictor) in made.items()
    }


def _compared(part: _Part, deployment: Manifest | None) -> tuple[str, int]:
    """What is missing, empty for nothing, and how far it is."""
    if deployment is None or not _taken_on(part, deployment):
        return "KServe has not taken on the description", _NOT_TAKEN_ON
    status, wanted = deployment.get("status") or {}, deployment["spec"].get("replicas", 1)
    if status.get("observedGeneration", 0) < deployment["metadata"].get("generation", 0):
        return "Kubernetes has not taken on the change", _NOT_TAKEN_ON
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    old = status.get("replicas", 0) - updated
    progress = updated + min(available, part.replicas) - old
    if updated >= wanted and not old and available >= part.replicas:
        return "", progress
    left, all_of_them = f", {old} old left" if old else "", max(wanted, part.replicas)
    return f"{updated} of {all_of_them} replicas as described, {available} Ready{left}", progress


def _taken_on(part: _Part, deployment: Manifest) -> bool:
    """Whether pods are made as described. What KServe and others add to them is not looked at."""
    template, predictor = deployment["spec"]["template"], part.predictor
    metadata, pod, model = template.get("metadata") or {}, template["spec"], predictor["model"]
    container: Manifest = next((item for item in pod["containers"] if item["name"] == _CONTAINER), {})
    return (
        container.get("args", [])[-len(model["args"]) :] == model["args"]
        and _has(container.get("resources"), model["resources"])
        and _has(container.get("volumeMounts"), model.get("volumeMounts"))
        and _ours(metadata.get("labels")) == _ours(part.labels)
        and _ours(metadata.get("annotations")) == _ours(part.annotations)
        and all(_has(pod.get(key), predictor.get(key)) for key in ("nodeSelector", "affinity", "volumes"))
    )


def _ours(pairs: Manifest | None) -> dict[str, Any]:
    return {key: value for key, value in (pairs or {}).items() if key.startswith(_OURS)}


def _has(there: Any, wanted: Any) -> bool:
    """Whether all that is wanted is there; entries of lists in any order."""
    if wanted is None:
        return True
    if isinstance(wanted, Mapping):
        return isinstance(there, Mapping) and all(_has(there.get(key), part) for key, part in wanted.items())
    if isinstance(wanted, list):
        return all(any(_has(item, part) for item in there or ()) for part in wanted)
    return bool(there == wanted)

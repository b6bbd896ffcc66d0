"""A canary as replicas: how many there are of it and of the endpoint's own model, and what share that is.

KServe v0.20.0, pkg/controller/v1beta1/inferenceservice/components/predictor.go: `canaryReplicaCount` and
`reconcileRawDeployment`, read 2026-11-21. It makes a Deployment and a Service of each model and divides no
requests between them; `endpoint_address` does.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from ..components.tag_values import kubernetes_value
from ..finops.cost_tags import KUBERNETES_PREFIX
from .evidence import evidence_annotations
from .spec import EndpointSpec

_MODEL_LABEL = f"{KUBERNETES_PREFIX}model"


class CanaryArgs(BaseModel):
    """A canary with its replicas and vLLM's arguments worked out."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    """Seven characters, others for other arguments: KServe can't change a canary's pods without a spare
    device, but makes those of a new name and removes the old ones."""
    model: str
    percent: int
    """As asked for."""
    replicas: int
    arguments: tuple[str, ...]
    """Arguments of vLLM's server."""
    licence: str | None = None
    """Licence of its model. Default: unknown."""


def as_endpoint(spec: EndpointSpec) -> EndpointSpec:
    """The endpoint as it is where its canary answers. ``spec`` has one."""
    canary = spec.canary
    if canary is None:
        raise ValueError(f"{spec.name} has no canary")
    update = {"model": canary.model, "precision": canary.precision, "weights": canary.weights}
    return spec.model_copy(update=update | {"canary": None})


def canary_replicas(min_replicas: int, percent: int) -> int:
    """Replicas of the canary: its share of those that always run, rounded up."""
    return -(-min_replicas * percent // 100)


def replicas_beside(spec: EndpointSpec) -> int:
    """Replicas of an endpoint's canary; 0 without one."""
    return canary_replicas(spec.min_replicas, spec.canary.percent) if spec.canary else 0


def stable_replicas(min_replicas: int, canary: int) -> int:
    """Replicas of the endpoint's own model that always run beside those of the canary: one at least."""
    return max(1, min_replicas - canary)


def canary_entry(canary: CanaryArgs, model: dict[str, Any], *, labelled: bool) -> dict[str, Any]:
    """The entry in ``spec.canary`` of an InferenceService whose own predictor has ``model``."""
    return {
        "trafficPercent": canary.percent,
        "predictor": {
            "name": canary.name,
            "minReplicas": canary.replicas,
            "annotations": {
                # An autoscaler of a canary stays when the canary goes.
                "serving.kserve.io/autoscalerClass": "none",
                **evidence_annotations(canary.licence, None),
            },
            **({"labels": {_MODEL_LABEL: kubernetes_value(canary.model)}} if labelled else {}),
            "model": {**model, "args": list(canary.arguments)},
        },
    }


def has_model_label(labels: dict[str, str]) -> bool:
    """Whether the cost of an endpoint is told by model."""
    return _MODEL_LABEL in labels

"""What an endpoint of a description shows for its model: licence and evaluation."""

from __future__ import annotations

from .environment import Environment
from .planning.endpoints import EndpointPlan
from .serving.evidence import evidence_annotations
from .serving.models import model
from .serving.own_models import own_models


def endpoint_evidence(environment: Environment, endpoint: EndpointPlan) -> dict[str, str]:
    """Annotations of the endpoint's InferenceService."""
    known = model(endpoint.model, own_models(environment.models)[0])
    spec = next(
        item for item in environment.endpoints if (item.team, item.name) == (endpoint.team, endpoint.name)
    )
    return evidence_annotations(known.licence if known else None, spec.evaluation)

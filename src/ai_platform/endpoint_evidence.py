"""What an endpoint of a description shows for its model: licence and evaluation."""

from __future__ import annotations

from .environment import Environment
from .planning.endpoints import EndpointPlan
from .serving.evidence import evidence_annotations
from .serving.models import MODELS


def endpoint_evidence(environment: Environment, endpoint: EndpointPlan) -> dict[str, str]:
    """Annotations of the endpoint's InferenceService."""
    own = {spec.name: spec.licence for spec in environment.models}
    known = MODELS.get(endpoint.model)
    licence = own.get(endpoint.model, known.licence if known else None)
    spec = next(
        item for item in environment.endpoints if (item.team, item.name) == (endpoint.team, endpoint.name)
    )
    return evidence_annotations(licence, spec.evaluation)

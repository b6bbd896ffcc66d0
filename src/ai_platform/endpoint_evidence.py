"""What an endpoint of a description carries beside its plan: cost labels, licence and evaluation."""

from __future__ import annotations

from .cost_tags import team_tags
from .environment import Environment
from .planning.endpoints import EndpointPlan
from .serving.endpoint import EndpointArgs
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


def endpoint_args(environment: Environment, endpoint: EndpointPlan) -> EndpointArgs:
    """The endpoint as its component takes it."""
    tags = team_tags(environment, endpoint.team).model_copy(update={"model": endpoint.model})
    annotations = endpoint_evidence(environment, endpoint)
    return EndpointArgs(**endpoint.model_dump(), labels=tags.kubernetes(), annotations=annotations)

"""What contradicts itself in the canary of an endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..components.errors import Problem
from ..environment import Environment
from ..gpu.node_plan import PoolPlan
from ..serving import models
from ..serving.canary import as_endpoint
from ..serving.model import Model
from ..serving.spec import EndpointSpec
from .mounts import weights_problems
from .quotas import Add, Location
from .unfit import unfit, unknown_model


def canary_problems(
    environment: Environment,
    spec: EndpointSpec,
    pool: PoolPlan,
    own: Mapping[str, Model],
    at: Location,
    problem: Add,
) -> Iterator[Problem]:
    """A canary that is the endpoint once more, isn't known, or doesn't fit on the endpoint's device."""
    if spec.canary is None or spec.canary.model in {item.name for item in environment.models} - own.keys():
        return
    where: Location = (*at, "canary")
    tried = as_endpoint(spec)
    if tried == spec.model_copy(update={"canary": None}):
        expected = "another model, precision or weights than the endpoint has"
        yield problem(where, "the endpoint once more", expected, "change one of them, or remove canary")
    yield from weights_problems(environment, tried, where, problem)
    model = models.model(tried.model, own)
    if model is None:
        yield unknown_model(tried.model, own, where, problem)
    elif tried.gpus or tried.mig_profile:
        yield from unfit(tried, model, pool, where, problem)

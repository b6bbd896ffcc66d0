"""What a plan says about a canary: its replicas, how it is started, and its share of the requests."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from fractions import Fraction

from ..gpu.gpus import GpuName
from ..serving.canary import CanaryArgs, as_endpoint, replicas_beside, stable_replicas
from ..serving.endpoint_fit import endpoint_fit
from ..serving.model import Model
from ..serving.models import model as known_model
from ..serving.spec import EndpointSpec
from ..serving.vllm_arguments import vllm_arguments


class CanaryPlan(CanaryArgs):
    """A canary that is proven to fit beside its endpoint."""

    stable_replicas: int
    """Replicas of the endpoint's own model that always run beside it."""
    share_percent: int
    """Its share of new connections while the fewest replicas run."""
    share_percent_at_most_replicas: int
    """The same while the most replicas run."""


def canary_plan(spec: EndpointSpec, gpu: GpuName, own: Mapping[str, Model]) -> CanaryPlan | None:
    """The canary of an endpoint that was checked. Raises ``LookupError`` for a model nobody described."""
    if spec.canary is None:
        return None
    tried = as_endpoint(spec)
    model, stable = known_model(tried.model, own), known_model(spec.model, own)
    if model is None or stable is None:
        raise LookupError(spec.canary.model)
    # Whoever calls the endpoint names the model that it has.
    arguments = vllm_arguments(
        endpoint_fit(tried, model, gpu), served_model_name=stable.name, model_path=tried.weights
    )
    replicas = replicas_beside(spec)
    beside = stable_replicas(spec.min_replicas, replicas)
    return CanaryPlan(
        name=f"c{hashlib.sha256(' '.join(arguments).encode()).hexdigest()[:6]}",
        model=model.name,
        percent=spec.canary.percent,
        replicas=replicas,
        arguments=arguments,
        licence=model.licence,
        stable_replicas=beside,
        share_percent=_share(replicas, beside),
        share_percent_at_most_replicas=_share(replicas, spec.max_replicas),
    )


def _share(canary: int, stable: int) -> int:
    return round(Fraction(100 * canary, canary + stable))

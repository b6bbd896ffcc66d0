"""A model that nobody knows, or that a device can't serve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..components.errors import Problem
from ..gpu.node_plan import PoolPlan, gpu_of
from ..serving import models
from ..serving.endpoint_fit import endpoint_fit
from ..serving.model import Model
from ..serving.spec import EndpointSpec
from ..serving.vllm_arguments import vllm_arguments
from .quotas import Add, Location


def unknown_model(name: str, own: Mapping[str, Model], at: Location, problem: Add) -> Problem:
    close = models.closest(name, own)
    fix = f"did you mean {' or '.join(close)}?" if close else "take a model of the catalog"
    return problem((*at, "model"), name, "a model of the catalog", fix)


def unfit(spec: EndpointSpec, model: Model, pool: PoolPlan, at: Location, problem: Add) -> Iterator[Problem]:
    """A model that the endpoint's device can't serve. The endpoint has one."""
    sized = endpoint_fit(spec, model, gpu_of(pool))
    device = spec.mig_profile or f"{spec.gpus} × {pool.gpu}"
    if spec.lora_adapters and not model.takes_adapters:
        expected = f"a model that vLLM serves LoRA adapters with, as lora_adapters: {spec.lora_adapters} asks"
        yield problem((*at, "model"), spec.model, expected, "take another model, or no lora_adapters")
        return
    for reason in sized.reasons:
        fix = "take a larger device, a shorter context_length, a lower concurrency or a smaller precision"
        yield problem(
            (*at, "model"), f"a model that {device} can't serve, {spec.model}", f"what fits: {reason}", fix
        )
    if sized.fits:
        try:
            vllm_arguments(sized, model_path=spec.weights)
        except ValueError as error:
            yield problem((*at, "precision"), spec.precision, str(error), "take the model's own precision")

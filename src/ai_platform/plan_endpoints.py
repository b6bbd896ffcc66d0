"""What a plan says about endpoints: a model that is proven to fit, and how it is started."""

from __future__ import annotations

from fractions import Fraction

from pydantic import BaseModel, ConfigDict

from .gpu.mig import device_memory_mib, gpu_share
from .gpu.node_plan import PoolPlan
from .quotas import GPUS, resource_of
from .serving.fit import fit, vllm_arguments
from .serving.models import model as catalog_model
from .serving.spec import EndpointSpec


class EndpointPlan(BaseModel):
    """A model that is proven to fit, and how vLLM is started for it."""

    model_config = ConfigDict(frozen=True)

    name: str
    team: str
    namespace: str
    model: str
    pool: str
    resource: str
    devices: int
    cpu: int
    memory_gib: int
    arguments: tuple[str, ...]
    min_replicas: int
    max_replicas: int
    priority: str
    kv_cache_tokens: int
    max_concurrency: int
    memory_used_percent: int
    """Weights and the cache asked for, of what vLLM may use."""


def endpoint_plan(spec: EndpointSpec, pool: PoolPlan) -> EndpointPlan:
    """An endpoint that was checked. Raises ``LookupError`` for a model that the catalog lacks."""
    model = catalog_model(spec.model)
    if model is None:
        raise LookupError(spec.model)
    sized = fit(
        model,
        gpu=pool.gpu,
        device_memory_mib=device_memory_mib(pool.gpu, spec.mig_profile),
        context_length=spec.context_length,
        concurrency=spec.concurrency,
        devices=spec.gpus or 1,
        mig=spec.mig_profile is not None,
        precision=spec.precision,
        kv_cache_precision=spec.kv_cache_precision,
    )
    key = spec.mig_profile or GPUS
    share = gpu_share(pool.gpu, key) if spec.mig_profile else Fraction(spec.gpus or 1)
    cpu, memory_gib = host_part(pool, share)
    usable = sized.weights_mib + sized.kv_cache_mib
    return EndpointPlan(
        name=spec.name,
        team=spec.team,
        namespace=spec.team,
        model=model.name,
        pool=pool.name,
        resource=resource_of(key),
        devices=spec.gpus or 1,
        cpu=cpu,
        memory_gib=memory_gib,
        arguments=vllm_arguments(sized),
        min_replicas=spec.min_replicas,
        max_replicas=spec.max_replicas,
        priority=spec.priority,
        kv_cache_tokens=sized.kv_cache_tokens,
        max_concurrency=sized.max_concurrency,
        memory_used_percent=100 - 100 * _spare_mib(sized.kv_cache_mib, sized.kv_cache_tokens, spec) // usable,
    )


def host_part(pool: PoolPlan, share: Fraction) -> tuple[int, int]:
    """CPUs and GiB beside a share of one node's GPUs: its part, less a tenth for the system."""
    part = share / pool.gpus_per_node * Fraction(9, 10)
    return max(1, int(pool.vcpu * part)), max(1, int(pool.memory_gib * part))


def _spare_mib(cache_mib: int, cache_tokens: int, spec: EndpointSpec) -> int:
    wanted = spec.context_length * spec.concurrency
    return cache_mib * max(0, cache_tokens - wanted) // max(1, cache_tokens)

"""What a plan says about endpoints: a model that is proven to fit, and how it is started."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from pydantic import BaseModel, ConfigDict

from ..components.pod_storage import PodStorage, pod_storage
from ..environment import Environment
from ..finops.prices import Price
from ..gpu.node_plan import PoolPlan, gpu_of
from ..serving.endpoint_fit import endpoint_fit
from ..serving.model import Model
from ..serving.models import model as catalog_model
from ..serving.rollout import Rollout
from ..serving.spec import EndpointSpec
from ..serving.vllm_arguments import vllm_arguments
from .canaries import CanaryPlan, canary_plan
from .prices import Cost, TokenPrice, replica_hour, replicas_cost, token_price
from .quotas import GPUS, resource_of


class EndpointPlan(BaseModel):
    """A model that is proven to fit, and how vLLM is started for it."""

    model_config = ConfigDict(frozen=True)

    name: str
    team: str
    namespace: str
    model: str
    pool: str
    fall_back_to: tuple[str, ...]
    resource: str
    devices: int
    cpu: int
    memory_gib: int
    arguments: tuple[str, ...]
    storage: PodStorage
    """What its pods say to use storage."""
    mounts: dict[str, str]
    """Storage to the folder of each replica."""
    min_replicas: int
    max_replicas: int
    priority: str
    ready_within_seconds: int
    kv_cache_tokens: int
    max_concurrency: int
    memory_used_percent: int
    """Weights and the cache asked for, of what vLLM may use."""
    cost: Cost
    """Cost a month of its smallest and of its largest number of replicas, those of a canary included."""
    usd_per_million_tokens: TokenPrice | None
    """At the throughput that the description gives; ``None`` without one, or without a price."""
    canary: CanaryPlan | None
    """The model that is tried beside; ``None`` without one."""
    rollout: Rollout | None = None
    """How it changes; ``None`` before that is worked out, beside all other work."""

    @property
    def fewest_replicas(self) -> int:
        """Replicas that always run, of both models."""
        return _fewest(self.min_replicas, self.canary)

    @property
    def most_replicas(self) -> int:
        """Replicas that may run, of both models."""
        return _most(self.max_replicas, self.canary)


def endpoint_plan(
    spec: EndpointSpec,
    pool: PoolPlan,
    price: Price | None,
    own: Mapping[str, Model],
    environment: Environment,
) -> EndpointPlan:
    """An endpoint that was checked. Raises ``LookupError`` for a model nobody described."""
    model = catalog_model(spec.model, own)
    if model is None:
        raise LookupError(spec.model)
    sized = endpoint_fit(spec, model, gpu_of(pool))
    resource, devices = resource_of(spec.mig_profile or GPUS), spec.gpus or 1
    cpu, memory_gib = host_part(pool, pool.gpus_per_device[resource] * devices)
    hour = replica_hour(pool, price, resource, devices)
    canary = canary_plan(spec, gpu_of(pool), own)
    fewest, most = _fewest(spec.min_replicas, canary), _most(spec.max_replicas, canary)
    usable = sized.weights_mib + sized.kv_cache_mib
    mounted = [storage for storage in environment.storage if storage.name in spec.mounts]
    return EndpointPlan(
        name=spec.name,
        team=spec.team,
        namespace=spec.team,
        model=model.name,
        pool=pool.name,
        fall_back_to=pool.fall_back_to,
        resource=resource,
        devices=devices,
        cpu=cpu,
        memory_gib=memory_gib,
        arguments=vllm_arguments(sized, model_path=spec.weights),
        storage=pod_storage(mounted, spec.team, environment.cluster.provider, read_only=True),
        mounts={storage.name: spec.mounts[storage.name] for storage in mounted},
        min_replicas=spec.min_replicas,
        max_replicas=spec.max_replicas,
        priority=spec.priority,
        ready_within_seconds=spec.ready_within_seconds,
        kv_cache_tokens=sized.kv_cache_tokens,
        max_concurrency=sized.max_concurrency,
        memory_used_percent=100 - 100 * _spare_mib(sized.kv_cache_mib, sized.kv_cache_tokens, spec) // usable,
        cost=replicas_cost(pool, hour, fewest, most),
        canary=canary,
        usd_per_million_tokens=token_price(hour, spec.tokens_per_second),
    )


def _fewest(min_replicas: int, canary: CanaryPlan | None) -> int:
    return canary.stable_replicas + canary.replicas if canary else min_replicas


def _most(max_replicas: int, canary: CanaryPlan | None) -> int:
    return max_replicas + (canary.replicas if canary else 0)


def host_part(pool: PoolPlan, share: Fraction) -> tuple[int, int]:
    """CPUs and GiB beside a share of one node's GPUs: its part, less a tenth for the system."""
    part = share / pool.gpus_per_node * Fraction(9, 10)
    return max(1, int(pool.vcpu * part)), max(1, int(pool.memory_gib * part))


def _spare_mib(cache_mib: int, cache_tokens: int, spec: EndpointSpec) -> int:
    wanted = spec.context_length * spec.concurrency
    return cache_mib * max(0, cache_tokens - wanted) // max(1, cache_tokens)

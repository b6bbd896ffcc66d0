"""What a plan says about training runs."""

from __future__ import annotations

from fractions import Fraction

from pydantic import BaseModel, ConfigDict

from ..components.pod_storage import PodStorage, pod_storage
from ..environment import Environment
from ..gpu.fabric_pods import PodFabric, pod_fabric
from ..gpu.node_plan import PoolPlan
from ..gpu.spec import TrainingJobSpec
from ..gpu.tpu_pods import PodSlice, pod_slice
from .endpoints import host_part


class TrainingPlan(BaseModel):
    """A gang of equal workers."""

    model_config = ConfigDict(frozen=True)

    name: str
    team: str
    namespace: str
    pool: str
    fall_back_to: tuple[str, ...]
    workers: int
    gpus_per_worker: int
    """0 on a pool of TPUs."""
    cpu: int
    memory_gib: int
    image: str
    command: tuple[str, ...]
    priority: str
    simulated_seconds: int
    storage: PodStorage
    """What its pods say to use storage."""
    mounts: dict[str, str]
    """Storage to the folder of each worker."""
    fabric: PodFabric
    """What its pods need to use the fabric of the pool."""
    topology: bool
    """Whether Kueue chooses its nodes in one zone."""
    tpus_per_worker: int | None = None
    """Chips of each worker on a pool of TPUs, else ``None``."""
    slice: PodSlice | None = None
    """The slice of TPUs that its workers share, or ``None`` for GPUs."""


def training_plan(
    spec: TrainingJobSpec, pool: PoolPlan, environment: Environment, *, topology: bool
) -> TrainingPlan:
    """A gang with its CPUs and memory worked out."""
    mounted = [storage for storage in environment.storage if storage.name in spec.mounts]
    tpus = pool.gpus_per_node if pool.tpu else None
    gpus = 0 if pool.tpu else spec.gpus_per_worker
    cpu, memory_gib = host_part(pool, Fraction(tpus or gpus))
    return TrainingPlan(
        name=spec.name,
        team=spec.team,
        namespace=spec.team,
        pool=pool.name,
        fall_back_to=pool.fall_back_to,
        workers=spec.workers,
        gpus_per_worker=gpus,
        cpu=cpu,
        memory_gib=memory_gib,
        image=spec.image,
        command=tuple(spec.command),
        priority=spec.priority,
        simulated_seconds=spec.simulated_seconds,
        storage=pod_storage(mounted, spec.team, environment.cluster.provider),
        mounts={storage.name: spec.mounts[storage.name] for storage in mounted},
        fabric=pod_fabric(pool, gpus),
        topology=topology,
        tpus_per_worker=tpus,
        slice=pod_slice(pool.tpu) if pool.tpu else None,
    )

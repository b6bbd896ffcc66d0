"""What a user writes about GPU nodes."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, WrapValidator

from ..components.cluster_spec import Zone
from ..components.names import Name
from ..components.priority_spec import TRAINING
from ..components.storage_spec import Folder
from ..finops.prices import PurchaseOption
from .machines import Fabric
from .rdma import RdmaSpec


class GpuPartition(BaseModel):
    """A number of GPUs of one node that are cut into the same MIG devices."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    count: Annotated[int, Field(ge=1, le=16)]
    """GPUs of the node that get this layout. GPUs that no entry covers stay whole."""
    devices: dict[str, Annotated[int, Field(ge=1, le=7)]]
    """MIG devices on each of these GPUs: profile to count, for example ``{"1g.10gb": 2, "3g.40gb": 1}``.
    Empty: they stay whole, where GPUs of a higher index are cut."""


class NodeMig(BaseModel):
    """A number of nodes of the pool that share one MIG layout."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    nodes: Annotated[int, Field(ge=1, le=1000)]
    """Nodes with this layout. Nodes that no entry covers keep their GPUs whole."""
    gpus: Annotated[list[GpuPartition], Field(min_length=1)]
    """How the GPUs of each of these nodes are cut."""


_LAYOUTS = TypeAdapter(list[NodeMig])


def _auto_or_layouts(value: object, _: object) -> object:
    # A plain union would report each mistake twice, below names that the user never wrote.
    if value == "auto":
        return value
    if isinstance(value, str):
        raise ValueError("auto, or a list of layouts")
    return _LAYOUTS.validate_python(value)


class SharingStrategy(StrEnum):
    """How several containers use one GPU."""

    TIME_SLICING = "time_slicing"
    """They take turns. Nothing keeps one from taking the memory of all."""
    MPS = "mps"
    """They run side by side; each gets an equal part of memory and compute. Experimental."""


class GpuSharing(BaseModel):
    """Whole GPUs that are offered several times over."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    strategy: SharingStrategy
    """How containers use one GPU."""
    replicas: Annotated[int, Field(ge=2, le=48)]
    """Times that each GPU is offered, as ``nvidia.com/gpu.shared``."""


class NodeImage(StrEnum):
    """What the nodes boot."""

    AL2023 = "al2023"
    """Amazon Linux 2023 with NVIDIA driver and container toolkit; EKS."""
    BOTTLEROCKET = "bottlerocket"
    """Bottlerocket with NVIDIA driver and container toolkit; EKS."""
    COS = "cos"
    """Container-Optimized OS; GKE."""
    UBUNTU = "ubuntu"
    """Ubuntu; GKE."""


class Placement(StrEnum):
    """Where the machines of a pool stand in their zone."""

    ANY = "any"
    """Wherever there is one."""
    COMPACT = "compact"
    """Close together: a cluster placement group on AWS, compact placement on GCP."""


class LocalDisk(StrEnum):
    """What the machine's local NVMe disks are for."""

    NONE = "none"
    """Left alone."""
    EPHEMERAL = "ephemeral"
    """One volume for images, logs and ``emptyDir`` of pods."""


class GpuStack(StrEnum):
    """Who makes GPUs usable on the nodes."""

    OPERATOR = "operator"
    """NVIDIA GPU Operator with its device plugin."""
    DRA = "dra"
    """NVIDIA's DRA driver; no device plugin on these nodes."""
    MANAGED = "managed"
    """The cloud's own driver and device plugin; GKE only."""


class TaintEffect(StrEnum):
    """What a taint does to pods that don't tolerate it."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


class TaintSpec(BaseModel):
    """Keeps pods away that don't tolerate it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    key: Annotated[str, Field(min_length=1, max_length=253)]
    """Key of the taint."""
    value: Annotated[str, Field(max_length=63)] = ""
    """Value of the taint. Default: none."""
    effect: TaintEffect = TaintEffect.NO_SCHEDULE
    """What it does. Default: NoSchedule."""


class NodePoolSpec(BaseModel):
    """Nodes of one machine type."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: Name
    """Name of the pool, once per environment."""
    machine: str
    """Machine type as its cloud names it, for example ``p5.48xlarge``."""
    owner: Annotated[str, Field(min_length=1, max_length=63)] | None = None
    """Person or group to ask about the pool. Default: unknown, and the gates say so."""
    min_nodes: Annotated[int, Field(ge=0, le=1000)] = 0
    """Nodes that always run. Default: 0."""
    max_nodes: Annotated[int, Field(ge=1, le=1000)] = 1
    """Ceiling of the autoscaler; quotas are shared out from it. Default: 1."""
    expected_nodes: Annotated[Decimal, Field(ge=0, le=1000, max_digits=7, decimal_places=3)] | None = None
    """Nodes that run on average over a month, for the expected cost. Default: what the endpoints' smallest
    replicas and the described training jobs take, at least ``min_nodes``."""
    tpu_topology: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}(x[1-9][0-9]{0,2}){1,2}$")] | None = None
    """How the chips of each slice of TPUs stand, for example ``4x4``; machines with TPUs only. Default there:
    slices of one machine."""
    overcommit_percent: Annotated[int, Field(ge=0, le=900)] = 0
    """How far quotas may sum to more than the pool holds, for teams that seldom work at once. Default: 0."""
    mig: Annotated[Literal["auto"] | list[NodeMig], WrapValidator(_auto_or_layouts)] = Field(
        default_factory=list
    )
    """MIG layouts, node by node. ``auto``: what the teams' nominal quotas of this pool need, on the fewest
    GPUs. Default: every GPU whole."""
    sharing: GpuSharing | None = None
    """Offers every GPU of the pool several times, for light work; not with ``mig``. Default: no."""
    purchase_option: PurchaseOption = PurchaseOption.ON_DEMAND
    """How the nodes are paid for. Default: on_demand."""
    reservation: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Reservation or capacity block of the nodes: its id on AWS, its name on GCP. Default: none."""
    fall_back_to: list[Name] = Field(default_factory=list)
    """Pools of the same machine that work for this pool may run on when it is full, in this order. The team
    needs quota there too. Default: none."""
    fabric: Fabric = Fabric.NONE
    """How GPUs of several nodes reach each other; what the machine has, or ``none``. Default: none."""
    rdma: RdmaSpec | None = None
    """How pods reach the network cards; with ``fabric: rdma`` on machines on premises, and needed there."""
    zones: list[Zone] = Field(default_factory=list)
    """Zones of the nodes; one with a fabric or a reservation. Default: all of the cluster's."""
    placement: Placement = Placement.ANY
    """Where the machines stand. Default: any."""
    image: NodeImage | None = None
    """What the nodes boot. Default: al2023 on EKS, cos on GKE."""
    gpu_stack: GpuStack = GpuStack.OPERATOR
    """Who makes GPUs usable. Default: operator."""
    disk_gib: Annotated[int, Field(ge=50, le=16384)] = 200
    """GiB of each node's encrypted root disk. Default: 200."""
    local_disk: LocalDisk = LocalDisk.EPHEMERAL
    """What local NVMe disks are for. Default: ephemeral."""
    labels: dict[str, Annotated[str, Field(max_length=63)]] = Field(default_factory=dict)
    """Node labels beside those of the platform. Default: none."""
    taints: list[TaintSpec] = Field(default_factory=list)
    """Taints beside ``nvidia.com/gpu``, or ``google.com/tpu``. Default: none."""


class TrainingJobSpec(BaseModel):
    """A training run whose workers start together or not at all."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: Name
    """Name of the run, once per team."""
    team: Name
    """Team whose quota it uses."""
    pool: Name
    """Node pool that it runs on."""
    workers: Annotated[int, Field(ge=1, le=4096)]
    """Pods of the gang."""
    gpus_per_worker: Annotated[int, Field(ge=1, le=16)] = 1
    """Whole GPUs of each pod. Default: 1."""
    tpus_per_worker: Annotated[int, Field(ge=1, le=8)] | None = None
    """TPU chips of each pod, on a pool of TPUs in place of GPUs: all those of its machine. Default: these."""
    image: str
    """Container image of the workers."""
    command: Annotated[list[str], Field(min_length=1)]
    """Command of the workers."""
    priority: Name = TRAINING
    """Priority class of the run. Default: training."""
    mounts: dict[Name, Folder] = Field(default_factory=dict)
    """Storage of the description to the folder where each worker finds it, for example ``data: /data``.
    Default: none."""
    simulated_seconds: Annotated[int, Field(ge=0, le=86400)] = 60
    """How long a worker runs on a simulated node. Default: 60. No effect elsewhere."""

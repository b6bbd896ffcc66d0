"""A pool's nodes: what each is called, how its GPUs are cut and what it offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from pydantic import BaseModel, ConfigDict

from ..finops.prices import PurchaseOption
from .gpus import GPUS, GpuName
from .machines import MACHINES, Fabric, Machine
from .mig.device_shares import pool_shares
from .mig.layout import SHARED_GPU, WHOLE_GPU, NodeLayout, layout_name, node_layout, node_resources
from .rdma import RDMA_FUNCTION, RdmaSpec, offered
from .spec import GpuSharing, NodePoolSpec
from .tpus import TPU_MACHINES, TPU_RESOURCE, TpuMachine, TpuName

DEFAULT_VCPU = 96
DEFAULT_MEMORY_GIB = 768
EFA = "vpc.amazonaws.com/efa"
"""Kubernetes resource of AWS's fabric interfaces."""
FABRIC_RESOURCES = (EFA, RDMA_FUNCTION)
"""Fabric interfaces that have a quota, since nodes have few of them."""


class NodePlan(BaseModel):
    """One node of a pool at its largest size."""

    model_config = ConfigDict(frozen=True)

    name: str
    layout: str
    """Name of its MIG layout, ``all-disabled`` when every GPU is whole; the topology of a slice of TPUs."""
    resources: dict[str, int]
    """GPU or TPU resources that it offers, with 0 for each profile that it has none of."""


@dataclass(frozen=True, slots=True)
class TpuSlices:
    """The slices of a pool of TPUs, all alike."""

    tpu: TpuName
    accelerator: str
    """Value of the node label cloud.google.com/gke-tpu-accelerator."""
    topology: str
    nodes_per_slice: int
    """Nodes that come and go together; 1 where each node is a slice of its own."""


class PoolPacking(BaseModel):
    """Layouts that were worked out from the teams' quotas."""

    model_config = ConfigDict(frozen=True)

    gpus_used: int
    """GPUs that are cut or promised whole."""
    gpus_needed: int
    """Proven: fewer GPUs can't hold the quotas."""
    node_layouts: int
    """Different layouts of nodes with cut GPUs."""
    node_layouts_needed: int
    """Proven: there can't be fewer."""


class PoolPlan(BaseModel):
    """A node pool with its nodes and what they add up to.

    In a pool of TPUs, chips stand where GPUs do: in ``gpu_memory_mib``, ``gpus_per_node``,
    ``gpus_per_device`` and ``unused_gpus``.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    machine: str
    gpu: GpuName | None
    """``None`` in a pool of TPUs."""
    gpu_product: str
    """Value of the node label nvidia.com/gpu.product; empty in a pool of TPUs."""
    gpu_memory_mib: int
    gpus_per_node: int
    mig_capable: bool
    vcpu: int
    memory_gib: int
    fabric: Fabric
    efa_interfaces: int
    """EFA devices of each node."""
    gpu_networks: int
    """Networks for the GPUs alone that GKE adds to each node."""
    networks_of: str | None = None
    """Pool whose networks these are, where work of one falls back to the other. Default: its own."""
    rdma: RdmaSpec | None
    """How pods reach the network cards of machines on premises."""
    min_nodes: int
    max_nodes: int
    nodes: tuple[NodePlan, ...]
    capacity: dict[str, int]
    """Resources of all nodes at ``max_nodes``: devices, CPUs under ``cpu`` and GiB under ``memory``."""
    purchase_option: PurchaseOption
    fall_back_to: tuple[str, ...]
    """Pools that work for this one may run on when it is full."""
    sharing: GpuSharing | None
    gpus_per_device: dict[str, Fraction]
    """GPUs that one device of each resource stands for when the pool's price is shared out."""
    unused_gpus: Fraction
    """GPUs at ``max_nodes`` that the MIG layouts leave to nobody."""
    packing: PoolPacking | None = None
    """How good the layouts are when ``mig: auto`` chose them."""
    tpu: TpuSlices | None = None
    """The slices of a pool of TPUs; ``None`` for GPUs."""

    @property
    def accelerator(self) -> str:
        """Name of its GPU or TPU, for a reader."""
        return str(self.tpu.tpu if self.tpu else self.gpu)


def gpu_of(plan: PoolPlan) -> GpuName:
    """The GPU of a pool. Raises ``ValueError`` for a pool of TPUs, of which callers know better."""
    if plan.gpu is None:
        raise ValueError(f"{plan.name} is a pool of TPUs")
    return plan.gpu


def plan_pool(spec: NodePoolSpec, machines: Mapping[str, Machine] = MACHINES) -> PoolPlan:
    """Works out a pool whose description was checked. Raises ``ValueError`` for a layout that can't be."""
    if spec.machine in TPU_MACHINES:
        return _plan_tpu_pool(spec, TPU_MACHINES[spec.machine])
    row = machines.get(spec.machine)
    if row is None:
        raise ValueError(f"{spec.machine} is no machine of the catalog")
    layouts = layouts_of(spec, row)
    if spec.sharing and any(layout.whole < layout.gpu_count for layout in layouts):
        raise ValueError("sharing together with mig")
    shares = pool_shares(layouts)
    nodes = tuple(
        NodePlan(
            name=f"{spec.name}-{index}",
            layout=layout_name(layout),
            resources=_offered(node_resources(layout), spec.sharing),
        )
        for index, layout in enumerate(layouts)
    )
    each = {SHARED_GPU: Fraction(1, spec.sharing.replicas)} if spec.sharing else dict(shares.device)
    vcpu, memory_gib = row.vcpu or DEFAULT_VCPU, row.memory_gib or DEFAULT_MEMORY_GIB
    capacity = {"cpu": vcpu * spec.max_nodes, "memory": memory_gib * spec.max_nodes}
    efa_interfaces = row.efa_interfaces if spec.fabric is Fabric.EFA else 0
    if efa_interfaces:
        capacity[EFA] = efa_interfaces * spec.max_nodes
    # Cards that many share are not counted: nobody can run out of them.
    if spec.rdma and RDMA_FUNCTION in offered(spec.rdma):
        capacity[RDMA_FUNCTION] = offered(spec.rdma)[RDMA_FUNCTION] * spec.max_nodes
    for node in nodes:
        for name, count in node.resources.items():
            capacity[name] = capacity.get(name, 0) + count
    gpu = GPUS[row.gpu]
    return PoolPlan(
        name=spec.name,
        machine=spec.machine,
        gpu=row.gpu,
        gpu_product=gpu.product,
        gpu_memory_mib=gpu.memory_mib,
        gpus_per_node=row.gpu_count,
        mig_capable=row.mig,
        vcpu=vcpu,
        memory_gib=memory_gib,
        fabric=spec.fabric,
        efa_interfaces=efa_interfaces,
        gpu_networks=(row.gpu_networks or 0) if spec.fabric is not Fabric.NONE else 0,
        rdma=spec.rdma,
        min_nodes=spec.min_nodes,
        max_nodes=spec.max_nodes,
        nodes=nodes,
        capacity=capacity,
        purchase_option=spec.purchase_option,
        fall_back_to=tuple(spec.fall_back_to),
        sharing=spec.sharing,
        gpus_per_device=each,
        unused_gpus=shares.unused,
    )


def _plan_tpu_pool(spec: NodePoolSpec, row: TpuMachine) -> PoolPlan:
    topology = spec.tpu_topology or row.one_machine
    each = row.machines_of(topology)
    if each is None or spec.max_nodes % each or spec.min_nodes % each:
        raise ValueError(f"{spec.min_nodes} to {spec.max_nodes} nodes of {row.name} in slices of {topology}")
    counts = {TPU_RESOURCE: row.chips}
    return PoolPlan(
        name=spec.name,
        machine=spec.machine,
        gpu=None,
        gpu_product="",
        gpu_memory_mib=row.hbm_gib * 1024,
        gpus_per_node=row.chips,
        mig_capable=False,
        vcpu=row.vcpu,
        memory_gib=row.memory_gib,
        fabric=Fabric.NONE,
        efa_interfaces=0,
        gpu_networks=0,
        rdma=None,
        min_nodes=spec.min_nodes,
        max_nodes=spec.max_nodes,
        nodes=tuple(
            NodePlan(name=f"{spec.name}-{index}", layout=topology, resources=counts)
            for index in range(spec.max_nodes)
        ),
        capacity={
            "cpu": row.vcpu * spec.max_nodes,
            "memory": row.memory_gib * spec.max_nodes,
            TPU_RESOURCE: row.chips * spec.max_nodes,
        },
        purchase_option=spec.purchase_option,
        fall_back_to=tuple(spec.fall_back_to),
        sharing=None,
        gpus_per_device={TPU_RESOURCE: Fraction(1)},
        unused_gpus=Fraction(0),
        tpu=TpuSlices(row.tpu, row.accelerator, topology, each),
    )


def _offered(resources: dict[str, int], sharing: GpuSharing | None) -> dict[str, int]:
    if sharing is None:
        return resources
    return {**resources, WHOLE_GPU: 0, SHARED_GPU: resources[WHOLE_GPU] * sharing.replicas}


def layouts_of(spec: NodePoolSpec, row: Machine) -> list[NodeLayout]:
    """The layout of each node, in the order of the description; nodes that it doesn't name stay whole.

    Raises ``ValueError`` for ``auto``: quotas decide then, and they are not part of a pool.
    """
    if spec.mig == "auto":
        raise ValueError("mig: auto, which only an environment with teams and quotas can work out")
    whole = node_layout(row.gpu, row.gpu_count)
    layouts = [
        node_layout(row.gpu, row.gpu_count, [(part.count, part.devices) for part in entry.gpus])
        for entry in spec.mig
        for _ in range(entry.nodes)
    ]
    return layouts + [whole] * (spec.max_nodes - len(layouts))

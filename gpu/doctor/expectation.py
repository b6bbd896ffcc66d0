"""What a pool's nodes must be like, from the plan: the small document that the doctor compares with."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...components.errors import InvalidInput, Problem
from ..gpus import GPUS, GpuName
from ..machines import Fabric, Machine
from ..mig.layout import SHARED_GPU, WHOLE_GPU
from ..mig.profiles import profiles, resource_name
from ..node_plan import PoolPlan, gpu_of
from ..spec import GpuStack
from .reading import NodeReading
from .recording import json_problems

NVLINKS = {
    GpuName.A100_40GB: 12,
    GpuName.A100_80GB: 12,
    GpuName.H100_80GB: 18,
    GpuName.GB200_186GB: 18,
}
"""NVLinks of a GPU on boards with all their GPUs. Captures of nvidia-smi: NVIDIA/DCGM#149 (A100),
bottlerocket-os/bottlerocket#4418 (H100), NVIDIA/k8s-test-infra#371 (GB200), read 2026-11. GPUs without a
published capture are absent."""

EFA_HUGE_PAGES_2MIB = 5128
"""What the AMIs with EFA set aside; Amazon EKS user guide, ``node-efa`` (read 2026-08)."""

_WHOLE_BOARD = 8
_DRA_DRIVER = "565"
_COMPUTE_DOMAIN_DRIVER = "570.158.01"
# NVIDIA DRA driver 0.4 README (read 2026-08); Amazon EKS user guide on MIG (read 2026-08).
_MIG_DRIVERS = {GpuName.RTX_PRO_4500: "595"}


class LayoutExpectation(BaseModel):
    """How the GPUs of a node are cut."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: str
    """Value of the node label nvidia.com/mig.config."""
    whole_gpus: int
    """GPUs that aren't cut."""
    mig_devices: dict[str, int] = Field(default_factory=dict)
    """MIG devices of all GPUs together, by profile. Default: none."""


class PoolExpectation(BaseModel):
    """What every node of a pool must be like. ``None``: nothing is expected."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    pool: str
    """Name of the pool."""
    gpu: str
    """Name of the GPU in the catalog."""
    gpu_product: str
    """The driver's name of the board, with dashes."""
    pci_devices: tuple[str, ...] = ()
    """PCI device ids that such boards have. Default: not known; the name decides."""
    gpus: int
    """GPUs of a node."""
    gpu_memory_mib: int
    """Memory of each GPU, as the catalog says it."""
    layouts: tuple[LayoutExpectation, ...]
    """A node has one of these; in the order of the pool's node groups."""
    nvlinks: int | None = None
    """NVLinks of each GPU that is up and not cut. Default: not known."""
    nvlink_domain: bool = False
    """Whether the GPUs belong to an NVLink domain across machines. Default: no."""
    efa_devices: int = 0
    """EFA devices. Default: 0."""
    rdma_devices: int = 0
    """InfiniBand or RoCE devices. Default: 0."""
    gvnics: int = 0
    """Google's network cards, the first one included. Default: 0."""
    huge_pages_2mib: int = 0
    """Huge pages that the node sets aside. Default: 0."""
    minimum_driver: str | None = None
    """Oldest driver that does what the pool needs. Default: any."""

    def of_layout(self, name: str) -> PoolExpectation:
        """The same for those nodes alone that have the layout ``name``."""
        return self.model_copy(
            update={"layouts": tuple(layout for layout in self.layouts if layout.name == name)}
        )


def pool_expectation(
    plan: PoolPlan, machine: Machine, gpu_stack: GpuStack = GpuStack.OPERATOR
) -> PoolExpectation:
    """What a planned pool must look like. ``machine`` is the row of its machine type."""
    fabric, efa = plan.fabric, plan.efa_interfaces
    networks = machine.gpu_networks or 0
    proxied = fabric in {Fabric.TCPX, Fabric.TCPXO}
    return PoolExpectation(
        pool=plan.name,
        gpu=gpu_of(plan),
        gpu_product=plan.gpu_product,
        pci_devices=GPUS[gpu_of(plan)].pci_devices,
        gpus=plan.gpus_per_node,
        gpu_memory_mib=plan.gpu_memory_mib,
        layouts=_layouts(plan),
        nvlinks=NVLINKS.get(gpu_of(plan)) if plan.gpus_per_node == _WHOLE_BOARD or machine.imex else None,
        nvlink_domain=machine.imex,
        efa_devices=efa,
        rdma_devices=len(plan.rdma.interfaces) if plan.rdma else networks if fabric is Fabric.RDMA else 0,
        gvnics=networks + 1 if proxied and networks else 0,
        huge_pages_2mib=EFA_HUGE_PAGES_2MIB if efa else 0,
        minimum_driver=_minimum_driver(plan, machine, gpu_stack),
    )


def own_expectation(reading: NodeReading) -> PoolExpectation:
    """What the node shows of itself, so that only faults and differences between its GPUs are found."""
    first = next((gpu for gpu in reading.gpus if gpu.name), None)
    product = (first.name or "").replace(" ", "-") if first else ""
    return PoolExpectation(
        pool="", gpu=product, gpu_product=product, gpus=len(reading.gpus), gpu_memory_mib=0, layouts=()
    )


def load_expectation(path: Path) -> PoolExpectation:
    """Reads the document. Raises ``InvalidInput`` with every problem."""
    try:
        return PoolExpectation.model_validate_json(path.read_bytes())
    except OSError as error:
        got = f"a file that can't be read: {error.strerror}"
        raise InvalidInput(str(path), [Problem("", got, "an expectation", "name another")]) from None
    except ValidationError as error:
        fix = "take the document of the component NodeDoctor from its ConfigMap"
        raise InvalidInput(str(path), json_problems(error, fix)) from None


def _layouts(plan: PoolPlan) -> tuple[LayoutExpectation, ...]:
    names = {resource_name(name): name for name in profiles(gpu_of(plan))}
    layouts = {}
    for node in sorted(plan.nodes, key=lambda node: node.layout != "all-disabled"):
        devices = {names[key]: count for key, count in node.resources.items() if key in names and count}
        shared = SHARED_GPU in node.resources
        whole = plan.gpus_per_node if shared else node.resources.get(WHOLE_GPU, 0)
        layouts[node.layout] = LayoutExpectation(name=node.layout, whole_gpus=whole, mig_devices=devices)
    return tuple(layouts.values())


def _minimum_driver(plan: PoolPlan, machine: Machine, gpu_stack: GpuStack) -> str | None:
    cut = any(layout.mig_devices for layout in _layouts(plan))
    wanted = [
        _COMPUTE_DOMAIN_DRIVER if machine.imex else None,
        _DRA_DRIVER if gpu_stack is GpuStack.DRA else None,
        _MIG_DRIVERS.get(gpu_of(plan)) if cut else None,
    ]
    return max((driver for driver in wanted if driver), key=driver_key, default=None)


def driver_key(version: str) -> tuple[int, ...]:
    """A driver's version for comparing: ``570.158.01`` is (570, 158, 1). What is no number counts as 0."""
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))

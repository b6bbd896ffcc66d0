"""What a node says of its GPUs and of its fabric, as plain data."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Throttle(StrEnum):
    """Why a GPU runs below its highest clocks. The values are those of ``nvidia-smi -q``, in lower case."""

    GPU_IDLE = "gpu_idle"
    APPLICATIONS_CLOCKS_SETTING = "applications_clocks_setting"
    SW_POWER_CAP = "sw_power_cap"
    HW_SLOWDOWN = "hw_slowdown"
    SYNC_BOOST = "sync_boost"
    SW_THERMAL_SLOWDOWN = "sw_thermal_slowdown"
    HW_THERMAL_SLOWDOWN = "hw_thermal_slowdown"
    HW_POWER_BRAKE_SLOWDOWN = "hw_power_brake_slowdown"
    DISPLAY_CLOCK_SETTING = "display_clock_setting"


class FabricState(StrEnum):
    """How far a GPU is with joining its NVLink fabric."""

    NOT_SUPPORTED = "not_supported"
    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class DeviceKind(StrEnum):
    """What an RDMA device is."""

    EFA = "efa"
    INFINIBAND = "infiniband"
    ROCE = "roce"
    UNKNOWN = "unknown"


class _Reading(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class MigInstance(_Reading):
    """One MIG device."""

    uuid: str | None = None
    profile: str | None = None
    """NVIDIA's name, for example ``1g.10gb+me``."""
    memory_mib: int | None = None
    start: int | None = None
    """First memory slice; ``None`` without the right to see it."""
    size: int | None = None
    """Memory slices."""


class RemappedRows(_Reading):
    """Memory rows that were replaced by spare ones."""

    correctable: int
    uncorrectable: int
    pending: bool
    """A row waits for the next reset to be replaced."""
    failure: bool
    """A row could not be replaced: the spare ones are used up."""


class NvLink(_Reading):
    """One link of a GPU to another one or to a switch."""

    index: int
    up: bool
    mbps: int | None = None
    """Speed of the link in one direction, MB/s."""


class NvLinkFabric(_Reading):
    """A GPU's place in an NVLink fabric, which may reach over several machines."""

    state: FabricState
    error: str | None = None
    """What NVML said when the GPU could not join."""
    cluster_uuid: str | None = None
    clique_id: int | None = None


class GpuReading(_Reading):
    """One GPU. ``None``: the GPU or its driver doesn't support the question, or doesn't allow it."""

    index: int
    error: str | None = None
    """Why the GPU can't be read, for example that it is lost; nothing below is known then."""
    uuid: str | None = None
    name: str | None = None
    pci_bus_id: str | None = None
    pci_device: str | None = None
    """PCI device id, four hex digits."""
    memory_mib: int | None = None
    mig: bool | None = None
    mig_pending: bool | None = None
    """The mode after the next reset."""
    mig_instances: tuple[MigInstance, ...] = ()
    ecc: bool | None = None
    ecc_pending: bool | None = None
    uncorrected_volatile: int | None = None
    """Memory errors since the driver was loaded."""
    uncorrected_aggregate: int | None = None
    """Memory errors in the life of the GPU."""
    remapped_rows: RemappedRows | None = None
    nvlinks: tuple[NvLink, ...] = ()
    throttle: tuple[Throttle, ...] | None = None
    temperature_c: int | None = None
    power_watts: float | None = None
    persistence: bool | None = None
    processes: int | None = None
    """Programs that compute on it."""
    fabric: NvLinkFabric | None = None


class RdmaDevice(_Reading):
    """A device below ``/sys/class/infiniband``."""

    name: str
    kind: DeviceKind
    state: str | None = None
    """State of its first port, for example ``ACTIVE``."""
    gbps: float | None = None
    """Rate of its first port."""


class NodeDevices(_Reading):
    """What the kernel says of fabric and huge pages."""

    rdma: tuple[RdmaDevice, ...] = ()
    gvnics: int = 0
    """Google's virtual network cards, counted on the PCI bus."""
    huge_pages_2mib: int | None = None
    huge_pages_2mib_free: int | None = None


class NodeReading(_Reading):
    """A node as it is now."""

    error: str | None = None
    """Why NVML can't be used, for example that no driver is loaded; no GPU is known then."""
    driver_version: str | None = None
    cuda_version: str | None = None
    """Newest CUDA that the driver runs, for example ``13.0``."""
    nvml_version: str | None = None
    gpus: tuple[GpuReading, ...] = ()
    devices: NodeDevices = NodeDevices()

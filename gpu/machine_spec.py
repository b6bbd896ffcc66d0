"""Machine types that a user adds to the catalog or changes in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ..finops.prices import PurchaseOption
from .gpus import GPUS, GpuName
from .machines import MACHINES, Cloud, Fabric, Machine, provisional

_REQUIRED = ("cloud", "gpu", "gpu_count", "vcpu", "memory_gib")
_FABRICS = {
    Cloud.AWS: {Fabric.NONE, Fabric.EFA},
    Cloud.GCP: set(Fabric) - {Fabric.EFA},
    Cloud.ON_PREMISES: {Fabric.NONE, Fabric.RDMA},
}


class MachineSpec(BaseModel):
    """A machine type. Keys that are left out keep the catalog's value, or the default for a new name."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=63)]
    """As its cloud names it, once per environment."""
    cloud: Cloud | None = None
    """Who rents it out, or ``on_premises``. A new machine needs it."""
    gpu: GpuName | None = None
    """GPU of the catalog. A new machine needs it."""
    gpu_count: Annotated[int, Field(ge=1, le=16)] | None = None
    """GPUs. A new machine needs it."""
    vcpu: Annotated[int, Field(ge=1, le=4096)] | None = None
    """Virtual CPUs. A new machine needs it."""
    memory_gib: Annotated[int, Field(ge=1, le=65536)] | None = None
    """GiB of memory. A new machine needs it."""
    local_disk_gib: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """GiB of local NVMe disks in total. Default for a new machine: unknown."""
    network_gbps: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """All network cards together. Default for a new machine: unknown."""
    fabric: Fabric | None = None
    """How its GPUs reach those of other machines. Default for a new machine: none."""
    efa_interfaces: Annotated[int, Field(ge=0, le=64)] | None = None
    """EFA devices; AWS only. Default for a new machine: 0."""
    gpu_networks: Annotated[int, Field(ge=0, le=16)] | None = None
    """Networks for the GPUs alone; GCP only. Default for a new machine: 0."""
    gke_accelerator: Annotated[str, Field(min_length=1, max_length=63)] | None = None
    """Value of the node label cloud.google.com/gke-accelerator; GCP only, and needed there."""
    arm64: bool | None = None
    """Whether its CPUs are Arm. Default for a new machine: false."""
    imex: bool | None = None
    """Whether its GPUs belong to an NVLink domain across machines. Default for a new machine: false."""
    mig: bool | None = None
    """Whether its GPUs can be partitioned. Default for a new machine: whether the GPU can."""
    purchase_options: Annotated[list[PurchaseOption], Field(min_length=1)] | None = None
    """How it is sold. Default for a new machine: on_demand; owned on premises, and nothing else there."""
    source: Annotated[str, Field(min_length=1, max_length=200)] = "the description"
    """Where these values come from. Default: the description."""


def with_machines(specs: Iterable[MachineSpec]) -> Mapping[str, Machine]:
    """The catalog with the user's machines in it. Those that ``contradictions`` finds wrong are left out."""
    own = {spec.name: _merged(spec) for spec in specs if not list(contradictions(spec))}
    return {**MACHINES, **own} if own else MACHINES


def contradictions(spec: MachineSpec) -> Iterator[tuple[str, object, str, str]]:
    """What is wrong with a machine: key, got, expected, fix."""
    missing = [key for key in _REQUIRED if getattr(spec, key) is None]
    if missing and spec.name not in MACHINES:
        for key in missing:
            yield key, "a missing key", f"a value, since {spec.name} is not in the catalog", "add the key"
        return
    row = _merged(spec)
    if row.fabric not in _FABRICS[row.cloud]:
        allowed = ", ".join(sorted(_FABRICS[row.cloud]))
        yield "fabric", row.fabric, f"a fabric of {row.cloud}: {allowed}", "take one of these"
    elif (row.fabric is Fabric.EFA) != (row.efa_interfaces > 0):
        expected = "at least 1 with fabric efa, and 0 without"
        yield "efa_interfaces", row.efa_interfaces, expected, "let fabric and efa_interfaces agree"
    if (row.gke_accelerator is None) == (row.cloud is Cloud.GCP):
        got = "a missing key" if row.gke_accelerator is None else row.gke_accelerator
        yield "gke_accelerator", got, "a label value on gcp, and none elsewhere", "add or remove it"
    if row.gpu_networks and row.cloud is not Cloud.GCP:
        yield "gpu_networks", row.gpu_networks, "0 outside gcp", "remove it"
    owned = PurchaseOption.OWNED in row.purchase_options
    if owned != (row.cloud is Cloud.ON_PREMISES) or (owned and len(row.purchase_options) > 1):
        expected = "owned alone on premises, and not owned elsewhere"
        yield "purchase_options", ", ".join(row.purchase_options), expected, "correct it"
    if row.mig and GPUS[row.gpu].geometry is None:
        yield "mig", True, f"false: {row.gpu} can't be partitioned", "remove it"


def _merged(spec: MachineSpec) -> Machine:
    given: dict[str, Any] = {
        key: value
        for key, value in spec.model_dump().items()
        if value is not None and key in {field.name for field in fields(Machine)}
    }
    if "purchase_options" in given:
        chosen = set(given["purchase_options"])
        given["purchase_options"] = tuple(option for option in PurchaseOption if option in chosen)
        given["purchase_provisional"] = None
    known = MACHINES.get(spec.name)
    if known is not None:
        if spec.gpu and spec.mig is None:
            given["mig"] = GPUS[spec.gpu].geometry is not None
        return replace(known, **given, provisional=provisional(spec.name, given))
    own = spec.cloud is Cloud.ON_PREMISES
    defaults: dict[str, Any] = {
        "local_disk_gib": None,
        "network_gbps": None,
        "fabric": Fabric.NONE,
        "efa_interfaces": 0,
        "gpu_networks": 0,
        "gke_accelerator": None,
        "arm64": False,
        "imex": False,
        "mig": GPUS[spec.gpu].geometry is not None if spec.gpu else False,
        "purchase_options": (PurchaseOption.OWNED if own else PurchaseOption.ON_DEMAND,),
        "purchase_provisional": None,
        "provisional": None,
    }
    return Machine(**{**defaults, **given})

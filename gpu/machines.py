"""Machine types of AWS and GCP that carry NVIDIA GPUs."""

from __future__ import annotations

import difflib
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from ..finops.prices import PurchaseOption
from . import machine_tables as tables
from .gpus import GPUS, GpuName


class Cloud(StrEnum):
    """Who rents the machine out."""

    AWS = "aws"
    GCP = "gcp"
    ON_PREMISES = "on_premises"
    """Nobody: the machine is the user's own, and described by them."""


class Fabric(StrEnum):
    """How the GPUs of several machines reach each other."""

    NONE = "none"
    """Plain network, not meant for collective operations across machines."""
    EFA = "efa"
    """Elastic Fabric Adapter, resource ``vpc.amazonaws.com/efa``."""
    TCPX = "tcpx"
    """GPUDirect-TCPX."""
    TCPXO = "tcpxo"
    """GPUDirect-TCPXO."""
    RDMA = "rdma"
    """GPUDirect RDMA: over converged Ethernet on GCP, over that or InfiniBand on premises."""


GPU_NETWORK_FABRICS = frozenset({Fabric.TCPX, Fabric.TCPXO, Fabric.RDMA})
"""Fabrics whose pods have network interfaces beside the cluster's own."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine type. ``None`` stands for a value that no source gave, never for zero."""

    name: str
    """As its cloud names it, for example ``p5.48xlarge``."""
    cloud: Cloud
    gpu: GpuName
    gpu_count: int
    vcpu: int | None
    memory_gib: int | None
    local_disk_gib: int | None
    """Local NVMe disks in total; ``None`` also where the owner of the pool chooses their number (GCP)."""
    network_gbps: float | None
    """All network cards together."""
    efa_interfaces: int
    """Devices of ``vpc.amazonaws.com/efa``; 0 outside AWS."""
    gpu_networks: int | None
    """Networks for the GPUs alone that GKE adds to the node; 0 where the fabric needs none."""
    fabric: Fabric
    gke_accelerator: str | None
    """Value of the node label ``cloud.google.com/gke-accelerator``; ``None`` outside GCP."""
    arm64: bool
    imex: bool
    """Whether the GPUs belong to an NVLink domain across machines, which needs ComputeDomains."""
    mig: bool
    """Whether the GPUs can be partitioned with MIG on the cloud's Kubernetes service."""
    purchase_options: tuple[PurchaseOption, ...]
    """How the machine is sold in some region, in the order of ``PurchaseOption``."""
    purchase_provisional: str | None
    """Which purchase options come from general knowledge, or ``None``."""
    provisional: str | None
    """Which of the other values come from general knowledge or are missing, or ``None``."""
    source: str
    """Where the row comes from, with its date."""


_SUPERCHIPS = {GpuName.GB200_186GB, GpuName.GB300, GpuName.GH200_96GB, GpuName.GH200_144GB}


def machine(name: str) -> Machine | None:
    """The machine type of that name, or ``None``. Machines with a part of a GPU (g6f) have no row."""
    return MACHINES.get(name)


def closest(name: str, machines: Iterable[str] | None = None) -> list[str]:
    """Up to three machine types whose names look like ``name``, best first."""
    known = MACHINES if machines is None else machines
    return difflib.get_close_matches(name.strip().lower(), known, n=3, cutoff=0.5)


def mig_capable(machine: Machine) -> bool:
    """Whether the machine's GPUs can be partitioned with MIG on its cloud's Kubernetes service."""
    return machine.mig


def _aws(row: Mapping[str, str]) -> Machine:
    efa = int(row["efa"])
    return _machine(
        row,
        cloud=Cloud.AWS,
        table=tables.AWS,
        local_disk_gib=int(row["nvme_gb"]) * 10**9 // 2**30,
        network_gbps=_gbps(row["net_mbps"]),
        efa_interfaces=efa,
        gpu_networks=0,
        fabric=Fabric.EFA if efa else Fabric.NONE,
        gke_accelerator=None,
    )


def _gcp(row: Mapping[str, str]) -> Machine:
    return _machine(
        row,
        cloud=Cloud.GCP,
        table=tables.GCP,
        local_disk_gib=_number(row["disk_gib"]),
        network_gbps=_number(row["gbps"]),
        efa_interfaces=0,
        gpu_networks=_number(row["gpu_networks"]),
        fabric=Fabric(row["fabric"]),
        gke_accelerator=row["accelerator"],
    )


def _machine(row: Mapping[str, str], *, table: tables.Table, **columns: Any) -> Machine:
    name, gpu, sold = row["name"], GpuName(row["gpu"]), tables.sales(row["name"])
    return Machine(
        name=name,
        gpu=gpu,
        gpu_count=int(row["count"]),
        vcpu=_number(row["vcpu"]),
        memory_gib=_number(row["ram_gib"]),
        arm64=gpu in _SUPERCHIPS,
        imex=gpu in _SUPERCHIPS,
        mig=GPUS[gpu].geometry is not None and name not in tables.NO_MIG,
        purchase_options=sold.options,
        purchase_provisional=sold.provisional,
        provisional=provisional(name),
        source=f"{table.source} ({table.read})",
        **columns,
    )


def _gbps(mbps: str) -> float | None:
    if not mbps:
        return None
    whole, rest = divmod(int(mbps), 1000)
    return whole + rest / 1000 if rest else whole


def _number(text: str) -> int | None:
    return int(text) if text else None


def provisional(name: str, given: Container[str] = ()) -> str | None:
    """What is to be checked about a machine of the catalog, but for values that are ``given`` anew."""
    notes = next((rows for prefix, rows in tables.PROVISIONAL.items() if name.startswith(prefix)), {})
    return "; ".join(why for key, why in notes.items() if key not in given) or None


MACHINES: Mapping[str, Machine] = MappingProxyType(
    {row.name: row for row in (*map(_aws, tables.AWS.records()), *map(_gcp, tables.GCP.records()))}
)
"""Every machine type, by name."""

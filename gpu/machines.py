"""Machine types of AWS and GCP that carry NVIDIA GPUs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from .gpus import GPUS, GpuName


class Cloud(StrEnum):
    """Who rents the machine out."""

    AWS = "aws"
    GCP = "gcp"


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
    """GPUDirect RDMA over converged Ethernet."""


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
    network_gbps: int | None
    """All network cards together, rounded down."""
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
    provisional: str | None
    """Which of these values come from general knowledge or are missing, or ``None``."""


# Karpenter AWS v1.14.1: instance-types reference and price file generated 2026-07-20.
# type,gpu,count,vcpu,ram_gib,nvme_gb,net_mbps,efa
_AWS = """
g4dn.xlarge,T4,1,4,16,125,5000,0
g4dn.2xlarge,T4,1,8,32,225,10000,0
g4dn.4xlarge,T4,1,16,64,225,20000,0
g4dn.8xlarge,T4,1,32,128,900,50000,1
g4dn.12xlarge,T4,4,48,192,900,50000,1
g4dn.16xlarge,T4,1,64,256,900,50000,1
g4dn.metal,T4,8,96,384,1800,100000,1
g5.xlarge,A10G,1,4,16,250,2500,0
g5.2xlarge,A10G,1,8,32,450,5000,0
g5.4xlarge,A10G,1,16,64,600,10000,0
g5.8xlarge,A10G,1,32,128,900,25000,1
g5.12xlarge,A10G,4,48,192,3800,40000,1
g5.16xlarge,A10G,1,64,256,1900,25000,1
g5.24xlarge,A10G,4,96,384,3800,50000,1
g5.48xlarge,A10G,8,192,768,7600,100000,1
g6.xlarge,L4,1,4,16,250,2500,0
g6.2xlarge,L4,1,8,32,450,5000,0
g6.4xlarge,L4,1,16,64,600,10000,0
g6.8xlarge,L4,1,32,128,900,25000,1
g6.12xlarge,L4,4,48,192,3760,40000,1
g6.16xlarge,L4,1,64,256,1880,25000,1
g6.24xlarge,L4,4,96,384,3760,50000,1
g6.48xlarge,L4,8,192,768,7520,100000,1
gr6.4xlarge,L4,1,16,128,600,10000,0
gr6.8xlarge,L4,1,32,256,900,25000,1
g6e.xlarge,L40S,1,4,32,250,2500,0
g6e.2xlarge,L40S,1,8,64,450,5000,0
g6e.4xlarge,L40S,1,16,128,600,20000,0
g6e.8xlarge,L40S,1,32,256,900,25000,1
g6e.12xlarge,L40S,4,48,384,3800,100000,1
g6e.16xlarge,L40S,1,64,512,1900,35000,1
g6e.24xlarge,L40S,4,96,768,3800,200000,2
g6e.48xlarge,L40S,8,192,1536,7600,400000,4
g7.2xlarge,RTX PRO 4500,1,8,32,440,60000,0
g7.4xlarge,RTX PRO 4500,1,16,64,875,60000,0
g7.8xlarge,RTX PRO 4500,1,32,128,930,80000,1
g7.12xlarge,RTX PRO 4500,2,48,192,1900,175000,1
g7.24xlarge,RTX PRO 4500,4,96,384,3800,350000,1
g7.48xlarge,RTX PRO 4500,8,192,768,7600,700000,2
g7e.2xlarge,RTX PRO 6000,1,8,64,1900,50000,0
g7e.4xlarge,RTX PRO 6000,1,16,128,1900,50000,0
g7e.8xlarge,RTX PRO 6000,1,32,256,1900,100000,1
g7e.12xlarge,RTX PRO 6000,2,48,512,3800,400000,1
g7e.24xlarge,RTX PRO 6000,4,96,1024,7600,800000,2
g7e.48xlarge,RTX PRO 6000,8,192,2048,15200,1600000,4
p3dn.24xlarge,V100,8,96,768,1800,100000,1
p4d.24xlarge,A100-40GB,8,96,1152,8000,400000,4
p4de.24xlarge,A100-80GB,8,96,1152,8000,400000,4
p5.4xlarge,H100-80GB,1,16,256,3800,100000,1
p5.48xlarge,H100-80GB,8,192,2048,30400,3200000,32
p5e.48xlarge,H200-141GB,8,192,2048,30400,3200000,32
p5en.48xlarge,H200-141GB,8,192,2048,30400,3200000,16
p6-b200.48xlarge,B200-180GB,8,192,2048,30400,3200000,8
p6-b300.48xlarge,B300,8,192,4096,30400,6400000,16
p6e-gb200.36xlarge,GB200-186GB,4,144,960,22500,,4
"""

# cluster-toolkit v1.95.0 (2026-06-25). RAM and bandwidth of g2 and g4, and the accelerator of a2-ultragpu,
# are general knowledge. Local disks: the SSDs that a3-high, a3-mega, a3-ultra and a4 always have, of 375 GiB.
# machine,gpu,count,vcpu,ram_gib,disk_gib,accelerator,gbps,fabric,gpu_networks
_GCP = """
a2-highgpu-1g,A100-40GB,1,12,85,,nvidia-tesla-a100,100,none,0
a2-highgpu-2g,A100-40GB,2,24,170,,nvidia-tesla-a100,100,none,0
a2-highgpu-4g,A100-40GB,4,48,340,,nvidia-tesla-a100,100,none,0
a2-highgpu-8g,A100-40GB,8,96,680,,nvidia-tesla-a100,100,none,0
a2-megagpu-16g,A100-40GB,16,96,1360,,nvidia-tesla-a100,100,none,0
a2-ultragpu-1g,A100-80GB,1,12,170,,nvidia-a100-80gb,100,none,0
a2-ultragpu-2g,A100-80GB,2,24,340,,nvidia-a100-80gb,100,none,0
a2-ultragpu-4g,A100-80GB,4,48,680,,nvidia-a100-80gb,100,none,0
a2-ultragpu-8g,A100-80GB,8,96,1360,,nvidia-a100-80gb,100,none,0
a3-highgpu-1g,H100-80GB,1,26,234,,nvidia-h100-80gb,,none,0
a3-highgpu-2g,H100-80GB,2,52,468,,nvidia-h100-80gb,,none,0
a3-highgpu-4g,H100-80GB,4,104,936,,nvidia-h100-80gb,,none,0
a3-highgpu-8g,H100-80GB,8,208,1872,6000,nvidia-h100-80gb,1000,tcpx,4
a3-edgegpu-8g,H100-80GB,8,208,1872,,nvidia-h100-80gb,800,none,0
a3-megagpu-8g,H100-80GB,8,208,1872,6000,nvidia-h100-mega-80gb,1800,tcpxo,8
a3-ultragpu-8g,H200-141GB,8,224,2952,12000,nvidia-h200-141gb,3600,rdma,8
a4-highgpu-8g,B200-180GB,8,224,3968,12000,nvidia-b200,3600,rdma,8
a4x-highgpu-4g,GB200-186GB,4,140,884,,nvidia-gb200,2000,rdma,4
a4x-maxgpu-4g-metal,GB300,4,,,,nvidia-gb300,,rdma,
g2-standard-4,L4,1,4,16,,nvidia-l4,10,none,0
g2-standard-8,L4,1,8,32,,nvidia-l4,16,none,0
g2-standard-12,L4,1,12,48,,nvidia-l4,16,none,0
g2-standard-16,L4,1,16,64,,nvidia-l4,32,none,0
g2-standard-32,L4,1,32,128,,nvidia-l4,32,none,0
g2-standard-24,L4,2,24,96,,nvidia-l4,32,none,0
g2-standard-48,L4,4,48,192,,nvidia-l4,50,none,0
g2-standard-96,L4,8,96,384,,nvidia-l4,100,none,0
g4-standard-48,RTX PRO 6000,1,48,180,,nvidia-rtx-pro-6000,50,none,0
g4-standard-96,RTX PRO 6000,2,96,360,,nvidia-rtx-pro-6000,100,none,0
g4-standard-192,RTX PRO 6000,4,192,720,,nvidia-rtx-pro-6000,200,none,0
g4-standard-384,RTX PRO 6000,8,384,1440,,nvidia-rtx-pro-6000,400,none,0
"""

_SUPERCHIPS = {GpuName.GB200_186GB, GpuName.GB300, GpuName.GH200_96GB, GpuName.GH200_144GB}

_PROVISIONAL = {
    "p6e-gb200": "network bandwidth is not listed; sold only in UltraServers of 9 or 18 machines",
    "a3-highgpu-1g": "network bandwidth is not listed",
    "a3-highgpu-2g": "network bandwidth is not listed",
    "a3-highgpu-4g": "network bandwidth is not listed",
    "a4x-maxgpu": "vCPU, memory, network and GPU networks are not listed",
    "a2-ultragpu": "accelerator label is general knowledge: the toolkit's map says nvidia-tesla-a100",
    "g2-": "memory and network bandwidth are general knowledge",
    "g4-": "memory and network bandwidth are general knowledge",
}

# EKS runs these with a driver that offers neither MIG nor vGPU (EKS user guide, read 2026-08).
_NO_MIG = {"p6e-gb200.36xlarge"}


def machine(name: str) -> Machine | None:
    """The machine type of that name, or ``None``. Machines with a part of a GPU (g6f) have no row."""
    return MACHINES.get(name)


def closest(name: str) -> list[str]:
    """Up to three machine types whose names look like ``name``, best first."""
    return difflib.get_close_matches(name.strip().lower(), MACHINES, n=3, cutoff=0.5)


def mig_capable(machine: Machine) -> bool:
    """Whether the machine's GPUs can be partitioned with MIG on its cloud's Kubernetes service."""
    return GPUS[machine.gpu].geometry is not None and machine.name not in _NO_MIG


def _aws(row: str) -> Machine:
    name, gpu, count, vcpu, memory, nvme, network, efa = row.split(",")
    model = GpuName(gpu)
    return Machine(
        name=name,
        cloud=Cloud.AWS,
        gpu=model,
        gpu_count=int(count),
        vcpu=int(vcpu),
        memory_gib=int(memory),
        local_disk_gib=int(nvme) * 10**9 // 2**30,
        network_gbps=int(network) // 1000 if network else None,
        efa_interfaces=int(efa),
        gpu_networks=0,
        fabric=Fabric.EFA if int(efa) else Fabric.NONE,
        gke_accelerator=None,
        arm64=model in _SUPERCHIPS,
        imex=model in _SUPERCHIPS,
        provisional=_provisional(name),
    )


def _gcp(row: str) -> Machine:
    name, gpu, count, vcpu, memory, disk, accelerator, network, fabric, gpu_networks = row.split(",")
    model = GpuName(gpu)
    return Machine(
        name=name,
        cloud=Cloud.GCP,
        gpu=model,
        gpu_count=int(count),
        vcpu=_number(vcpu),
        memory_gib=_number(memory),
        local_disk_gib=_number(disk),
        network_gbps=_number(network),
        efa_interfaces=0,
        gpu_networks=_number(gpu_networks),
        fabric=Fabric(fabric),
        gke_accelerator=accelerator,
        arm64=model in _SUPERCHIPS,
        imex=model in _SUPERCHIPS,
        provisional=_provisional(name),
    )


def _number(text: str) -> int | None:
    return int(text) if text else None


def _provisional(name: str) -> str | None:
    return next((why for prefix, why in _PROVISIONAL.items() if name.startswith(prefix)), None)


MACHINES: Mapping[str, Machine] = MappingProxyType(
    {row.name: row for row in (*map(_aws, _AWS.split("\n")[1:-1]), *map(_gcp, _GCP.split("\n")[1:-1]))}
)
"""Every machine type, by name."""

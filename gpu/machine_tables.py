"""What AWS and GCP publish about their GPU machines, as rows with source and date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ..finops.prices import PurchaseOption


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one source."""

    columns: tuple[str, ...]
    rows: str
    source: str
    read: date
    """When the source was generated or, where it doesn't say, read."""

    def records(self) -> list[dict[str, str]]:
        """Each row by column; an empty text where the source gives no value."""
        return [dict(zip(self.columns, row.split(","), strict=True)) for row in self.rows.split("\n")[1:-1]]


AWS = Table(
    ("name", "gpu", "count", "vcpu", "ram_gib", "nvme_gb", "net_mbps", "efa"),
    """
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
""",
    "Karpenter AWS v1.14.1, instance-types reference",
    date(2026, 7, 20),
)

# Local disks: those that the machine always has. Where the owner of the pool chooses them, none are listed.
GCP = Table(
    ("name", "gpu", "count", "vcpu", "ram_gib", "disk_gib", "accelerator", "gbps", "fabric", "gpu_networks"),
    """
a2-highgpu-1g,A100-40GB,1,12,85,,nvidia-tesla-a100,24,none,0
a2-highgpu-2g,A100-40GB,2,24,170,,nvidia-tesla-a100,32,none,0
a2-highgpu-4g,A100-40GB,4,48,340,,nvidia-tesla-a100,50,none,0
a2-highgpu-8g,A100-40GB,8,96,680,,nvidia-tesla-a100,100,none,0
a2-megagpu-16g,A100-40GB,16,96,1360,,nvidia-tesla-a100,100,none,0
a2-ultragpu-1g,A100-80GB,1,12,170,375,nvidia-a100-80gb,24,none,0
a2-ultragpu-2g,A100-80GB,2,24,340,750,nvidia-a100-80gb,32,none,0
a2-ultragpu-4g,A100-80GB,4,48,680,1500,nvidia-a100-80gb,50,none,0
a2-ultragpu-8g,A100-80GB,8,96,1360,3000,nvidia-a100-80gb,100,none,0
a3-highgpu-1g,H100-80GB,1,26,234,750,nvidia-h100-80gb,25,none,0
a3-highgpu-2g,H100-80GB,2,52,468,1500,nvidia-h100-80gb,50,none,0
a3-highgpu-4g,H100-80GB,4,104,936,3000,nvidia-h100-80gb,100,none,0
a3-highgpu-8g,H100-80GB,8,208,1872,6000,nvidia-h100-80gb,1000,tcpx,4
a3-edgegpu-8g,H100-80GB,8,208,1872,6000,nvidia-h100-80gb,400,none,0
a3-megagpu-8g,H100-80GB,8,208,1872,6000,nvidia-h100-mega-80gb,1800,tcpxo,8
a3-ultragpu-8g,H200-141GB,8,224,2952,12000,nvidia-h200-141gb,3600,rdma,8
a4-highgpu-8g,B200-180GB,8,224,3968,12000,nvidia-b200,3600,rdma,8
a4x-highgpu-4g,GB200-186GB,4,140,884,12000,nvidia-gb200,2000,rdma,4
a4x-maxgpu-4g-metal,GB300,4,144,960,12000,nvidia-gb300,3600,rdma,
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
""",
    "Compute Engine docs, GPU machine types, of 2026-04-14; accelerators, networks: cluster-toolkit v1.95.0",
    date(2026, 11, 21),
)

PROVISIONAL = {
    "p6e-gb200": {
        "network_gbps": "network bandwidth is not listed",
        "": "sold only in UltraServers of 9 or 18 machines",
    },
    "a4x-maxgpu": {"gpu_networks": "GPU networks are not listed"},
    "a3-edgegpu": {
        "network_gbps": "network bandwidth is 600 Gbps in asia-south1 and northamerica-northeast2"
    },
}
"""Which values of a machine, by the start of its name, are general knowledge, missing, or not all there is to
know; an empty key stands for the machine as a whole."""

NO_MIG = frozenset({"p6e-gb200.36xlarge"})
"""EKS runs these with a driver that offers neither MIG nor vGPU (EKS user guide, read 2026-08)."""


@dataclass(frozen=True, slots=True)
class Sales:
    """How the machines of one family are sold, as far as that was published."""

    prefixes: tuple[str, ...]
    options: tuple[PurchaseOption, ...]
    source: str
    provisional: str | None = None
    """Which of the options are general knowledge, or ``None``."""


_ON_DEMAND, _SPOT = PurchaseOption.ON_DEMAND, PurchaseOption.SPOT
_RESERVED, _BLOCK = PurchaseOption.RESERVED, PurchaseOption.CAPACITY_BLOCK
_FLEX, _QUEUED = PurchaseOption.FLEX_START, PurchaseOption.QUEUED_PROVISIONING

_SPOT_GK = "spot and reserved: general knowledge"
_FLEX_GK = "flex start and queued provisioning: general knowledge"
_QUEUED_GK = "queued provisioning: general knowledge"
_EC2_BLOCKS = "Karpenter's price file; EC2 user guide, how Capacity Blocks work (read 2026-11)"
_GPU_TYPES = "Compute Engine docs, GPU machine types, of 2026-04-14"
_COMMITMENTS = (
    "on demand and spot: SKUs of the Billing Catalog; reserved: commitment types of the Compute API"
)

# The first entry whose prefix fits counts. Read 2026-11-21.
SALES = (
    Sales(("p5e.", "p6e-gb200."), (_BLOCK,), "EC2 user guide, how Capacity Blocks work (read 2026-11)"),
    Sales(
        ("p4d", "p5.", "p5en.", "p6-b200."),
        (_ON_DEMAND, _SPOT, _RESERVED, _BLOCK),
        _EC2_BLOCKS,
        _SPOT_GK,
    ),
    Sales(
        ("p6-b300.",),
        (_ON_DEMAND, _SPOT, _RESERVED, _BLOCK),
        "Karpenter's price file; AWS PCS user guide, Capacity Blocks (read 2026-11)",
        _SPOT_GK,
    ),
    Sales(
        ("g4dn.", "g5.", "g6.", "gr6.", "g6e.", "g7.", "g7e.", "p3dn."),
        (_ON_DEMAND, _SPOT, _RESERVED),
        "Karpenter's price file",
        _SPOT_GK,
    ),
    Sales(
        ("a3-highgpu-1g", "a3-highgpu-2g", "a3-highgpu-4g"),
        (_SPOT, _FLEX, _QUEUED),
        f"{_GPU_TYPES}: only as Spot or Flex-start VMs",
        _QUEUED_GK,
    ),
    Sales(
        ("a3-ultragpu-8g",),
        (_ON_DEMAND, _SPOT, _RESERVED, _FLEX, _QUEUED),
        _GPU_TYPES,
        "on demand: the docs offer it only with reserved capacity, as Spot VM or by flex start; "
        + _QUEUED_GK,
    ),
    Sales(
        ("a2-", "a3-highgpu-8g", "a3-megagpu-8g", "g2-"),
        (_ON_DEMAND, _SPOT, _RESERVED, _FLEX, _QUEUED),
        _COMMITMENTS,
        _FLEX_GK,
    ),
    Sales(("g4-",), (_ON_DEMAND, _SPOT, _RESERVED, _FLEX, _QUEUED), _COMMITMENTS, _QUEUED_GK),
    Sales(
        ("a3-edgegpu-8g",),
        (_ON_DEMAND, _SPOT, _RESERVED),
        "none found",
        "how it is sold: general knowledge",
    ),
    Sales(
        ("a4-highgpu-8g",),
        (_SPOT, _RESERVED, _FLEX, _QUEUED),
        f"{_GPU_TYPES}: with reserved capacity, as Spot VM or by flex start",
        _QUEUED_GK,
    ),
    Sales(("a4x-",), (_RESERVED,), f"{_GPU_TYPES}: with reserved capacity"),
)


def sales(name: str) -> Sales:
    """How the machine of that name is sold. ``KeyError`` for a family without an entry."""
    for entry in SALES:
        if name.startswith(entry.prefixes):
            return entry
    raise KeyError(name)

"""The NVIDIA GPUs that clouds and data centres offer: memory, label, architecture, MIG geometry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class GpuName(StrEnum):
    """A GPU by board and memory, for example ``H100-80GB``."""

    A10G = "A10G"
    A30 = "A30"
    A100_40GB = "A100-40GB"
    A100_80GB = "A100-80GB"
    B200_180GB = "B200-180GB"
    B300 = "B300"
    GB200_186GB = "GB200-186GB"
    GB300 = "GB300"
    GH200_96GB = "GH200-96GB"
    GH200_144GB = "GH200-144GB"
    H20_96GB = "H20-96GB"
    H100_80GB = "H100-80GB"
    H100_94GB = "H100-94GB"
    H100_96GB = "H100-96GB"
    H200_141GB = "H200-141GB"
    L4 = "L4"
    L40S = "L40S"
    RTX_PRO_4500 = "RTX PRO 4500"
    RTX_PRO_5000 = "RTX PRO 5000"
    RTX_PRO_6000 = "RTX PRO 6000"
    T4 = "T4"
    V100 = "V100"


class Architecture(StrEnum):
    """GPU family as GPU feature discovery writes it to ``nvidia.com/gpu.family``."""

    VOLTA = "volta"
    TURING = "turing"
    AMPERE = "ampere"
    ADA_LOVELACE = "ada-lovelace"
    HOPPER = "hopper"
    BLACKWELL = "blackwell"


class MigGeometry(StrEnum):
    """How a GPU can be cut. The number is the count of compute slices or of placement units."""

    SEVEN_SLICES = "7-slices"
    """7 compute slices, 8 memory slices: A100, H100 and their data-centre successors."""
    FOUR_SLICES = "4-slices"
    """4 compute slices, 4 memory slices: A30."""
    TWELVE_UNITS = "12-units"
    """4 compute slices, 12 placement units: RTX PRO 6000 Blackwell Server Edition."""
    UNPUBLISHED = "unpublished"
    """The GPU has MIG profiles, but nobody published where on the GPU they may start."""


class MemorySource(StrEnum):
    """Where ``Gpu.memory_mib`` comes from."""

    EC2 = "EC2 API, as listed by Karpenter AWS v1.14.1"
    NVIDIA_SMI = "smallest total that nvidia-smi shows in public logs (read 2026-11)"
    ESTIMATE = "marketed GiB, less one"


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU model.

    ``memory_mib`` is what one unpartitioned GPU offers to programs. Where sources differ it is the smallest,
    so that a model which fits on paper also fits on the board.
    """

    name: GpuName
    marketed_gb: int
    """Memory as the vendor advertises it, the number in the GPU's name."""
    memory_mib: int
    memory_source: MemorySource
    product: str
    """Value of the node label ``nvidia.com/gpu.product``; a MIG or sharing suffix comes on top of it."""
    architecture: Architecture
    compute_capability: tuple[int, int]
    geometry: MigGeometry | None
    """``None``: the GPU can't be partitioned."""
    pci_devices: tuple[str, ...]
    """PCI device ids, four hex digits, known for the GPUs that NVIDIA's MIG configuration filters by id."""
    provisional: str | None = None
    """Why this row isn't settled, or ``None``."""

    @property
    def fp8(self) -> bool:
        """Whether the tensor cores compute in fp8: Ada Lovelace, Hopper, Blackwell and later."""
        return self.compute_capability >= (8, 9)


_G7 = MigGeometry.SEVEN_SLICES
_EC2, _SMI, _ESTIMATE = MemorySource.EC2, MemorySource.NVIDIA_SMI, MemorySource.ESTIMATE
_VOLTA, _TURING, _AMPERE = Architecture.VOLTA, Architecture.TURING, Architecture.AMPERE
_ADA, _HOPPER, _BLACKWELL = Architecture.ADA_LOVELACE, Architecture.HOPPER, Architecture.BLACKWELL

_NO_CAPTURE = "MIG placements follow from the MIG guide's fractions; no hardware listing of them was found"
_LABEL_UNSEEN = "product label was not seen on a node"

# PCI device ids: the device filters of mig-parted v0.15.0's default configuration (read 2026-08).
# Labels B300 and RTX PRO 6000: node labels in public repositories (read 2026-11); the others are what the
# driver calls the board, blanks replaced by dashes, as GPU feature discovery v0.20.0 does.
_ROWS = (
    # Inference and graphics boards, no MIG.
    Gpu(GpuName.T4, 16, 15360, _SMI, "Tesla-T4", _TURING, (7, 5), None, ()),
    Gpu(GpuName.V100, 32, 32480, _SMI, "Tesla-V100-SXM2-32GB", _VOLTA, (7, 0), None, ()),
    Gpu(GpuName.A10G, 24, 22731, _SMI, "NVIDIA-A10G", _AMPERE, (8, 6), None, ()),
    Gpu(GpuName.L4, 24, 22731, _SMI, "NVIDIA-L4", _ADA, (8, 9), None, ()),
    Gpu(GpuName.L40S, 48, 45776, _EC2, "NVIDIA-L40S", _ADA, (8, 9), None, ()),
    # Ampere with MIG. The A800 shares the A100's rows: same memory, same profiles.
    Gpu(
        GpuName.A30, 24, 24258, _SMI, "NVIDIA-A30", _AMPERE, (8, 0), MigGeometry.FOUR_SLICES, ("20B7",)
    ),
    Gpu(
        GpuName.A100_40GB, 40, 40960, _EC2, "NVIDIA-A100-SXM4-40GB", _AMPERE, (8, 0), _G7,
        ("20B0", "20B1", "20F1", "20F6"),
    ),
    Gpu(
        GpuName.A100_80GB, 80, 81920, _EC2, "NVIDIA-A100-SXM4-80GB", _AMPERE, (8, 0), _G7,
        ("20B2", "20B5", "20F3", "20F5"),
    ),
    # Hopper. The EC2 API says 81920 and 144384 MiB for H100 and H200; nvidia-smi shows less.
    Gpu(
        GpuName.H100_80GB, 80, 81559, _SMI, "NVIDIA-H100-80GB-HBM3", _HOPPER, (9, 0), _G7,
        ("2330", "2331", "2322", "2324"),
    ),
    Gpu(GpuName.H100_94GB, 94, 95830, _SMI, "NVIDIA-H100-NVL", _HOPPER, (9, 0), _G7, ("2321", "233A")),
    Gpu(
        GpuName.H100_96GB, 96, 97280, _ESTIMATE, "NVIDIA-H100-SXM5-96GB", _HOPPER, (9, 0), _G7,
        ("233D", "20B6"), _LABEL_UNSEEN,
    ),
    Gpu(GpuName.H20_96GB, 96, 97871, _SMI, "NVIDIA-H20", _HOPPER, (9, 0), _G7, ("2329",), _NO_CAPTURE),
    Gpu(
        GpuName.GH200_96GB, 96, 97871, _SMI, "NVIDIA-GH200-480GB", _HOPPER, (9, 0), _G7,
        ("2342",), _NO_CAPTURE,
    ),
    Gpu(
        GpuName.GH200_144GB, 144, 146432, _ESTIMATE, "NVIDIA-GH200-144G-HBM3e", _HOPPER, (9, 0), _G7,
        ("2348",), f"{_NO_CAPTURE}; {_LABEL_UNSEEN}",
    ),
    Gpu(
        GpuName.H200_141GB, 141, 143771, _SMI, "NVIDIA-H200", _HOPPER, (9, 0), _G7,
        ("2335", "233B"), _NO_CAPTURE,
    ),
    # Blackwell. GB200: 740 GB for four GPUs on p6e-gb200, which is 185 GiB each.
    Gpu(
        GpuName.B200_180GB, 180, 183359, _EC2, "NVIDIA-B200", _BLACKWELL, (10, 0), _G7, ("2901",),
        _NO_CAPTURE,
    ),
    Gpu(
        GpuName.GB200_186GB, 186, 189440, _EC2, "NVIDIA-GB200", _BLACKWELL, (10, 0), _G7, ("2941",),
        f"{_NO_CAPTURE}; some drivers name the profiles after 189 GB (3g.95gb, 7g.189gb)",
    ),
    Gpu(
        GpuName.B300, 269, 275040, _EC2, "NVIDIA-B300-SXM6-AC", _BLACKWELL, (10, 3), _G7, ("3182",),
        f"{_NO_CAPTURE}; AWS documents other profile names (1g.32gb, 7g.270gb) than mig-parted",
    ),
    Gpu(
        GpuName.GB300, 278, 283648, _ESTIMATE, "NVIDIA-GB300", _BLACKWELL, (10, 3), _G7, ("31C2",),
        f"{_NO_CAPTURE}; {_LABEL_UNSEEN}",
    ),
    Gpu(
        GpuName.RTX_PRO_4500, 32, 31744, _ESTIMATE, "NVIDIA-RTX-PRO-4500-Blackwell-Server-Edition",
        _BLACKWELL, (12, 0), MigGeometry.UNPUBLISHED, (),
        f"placements of its MIG profiles are not published; {_LABEL_UNSEEN}",
    ),
    Gpu(
        GpuName.RTX_PRO_5000, 48, 48128, _ESTIMATE, "NVIDIA-RTX-PRO-5000-Blackwell",
        _BLACKWELL, (12, 0), MigGeometry.UNPUBLISHED, (),
        "placements of its MIG profiles are not published, and two editions of the MIG guide differ on the "
        f"profiles; {_LABEL_UNSEEN}",
    ),
    Gpu(
        GpuName.RTX_PRO_6000, 96, 97402, _SMI, "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition",
        _BLACKWELL, (12, 0), MigGeometry.TWELVE_UNITS, ("2BB5",),
    ),
)  # fmt: skip

GPUS: Mapping[GpuName, Gpu] = MappingProxyType({row.name: row for row in _ROWS})
"""Every GPU, by name."""

"""MIG profiles of each GPU, and NVIDIA's named layouts of them.

Placements: hardware listings and the MIG user guide, as collected for mig-parted v0.15.0 (read 2026-11).
Memory: ``nvidia-smi mig -lgip`` listings; where several drivers disagree, the smallest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from types import MappingProxyType

from ..gpus import GPUS, GpuName, MigGeometry


@dataclass(frozen=True, slots=True)
class MigProfile:
    """One kind of MIG device that a GPU can be cut into."""

    name: str
    """NVIDIA's name, for example ``1g.10gb+me``."""
    compute_slices: int
    memory_slices: int
    """Placement units that the device takes, out of ``placement_units(gpu)``; 0 when unpublished."""
    starts: tuple[int, ...]
    """Placement units at which the device may begin; empty when unpublished."""
    max_count: int
    """Devices of this profile that one GPU can hold."""
    memory_mib: int
    """Memory of the device. The "gb" of the name is rounded and larger."""
    estimated: bool
    """Whether ``memory_mib`` is a cautious fraction of the marketed memory, not read from hardware."""
    multiprocessors: int | None
    """Streaming multiprocessors, or ``None`` when no listing was found."""

    @property
    def media_extension(self) -> bool:
        """Whether the device holds the media engines of which a GPU has only one set."""
        return "+me" in self.name


@dataclass(frozen=True, slots=True)
class _Shape:
    compute: int
    units: int
    starts: tuple[int, ...]
    max_count: int
    suffix: str = ""


_UNITS = {MigGeometry.SEVEN_SLICES: 8, MigGeometry.FOUR_SLICES: 4, MigGeometry.TWELVE_UNITS: 12}

# One start list per shape: with these, devices that don't overlap never exceed the compute slices either.
_SEVEN = (
    _Shape(1, 1, (0, 1, 2, 3, 4, 5, 6), 7),
    _Shape(1, 1, (0, 1, 2, 3, 4, 5, 6), 1, "+me"),
    _Shape(1, 2, (0, 2, 4, 6), 4),
    _Shape(2, 2, (0, 2, 4), 3),
    _Shape(3, 4, (0, 4), 2),
    _Shape(4, 4, (0,), 1),
    _Shape(7, 8, (0,), 1),
)

# Gigabytes in the profile names, in the order of _SEVEN without "+me"; mig-parted v0.15.0.
_SEVEN_GB = {
    GpuName.A100_40GB: (5, 10, 10, 20, 20, 40),
    GpuName.A100_80GB: (10, 20, 20, 40, 40, 80),
    GpuName.H100_80GB: (10, 20, 20, 40, 40, 80),
    GpuName.H100_94GB: (12, 24, 24, 47, 47, 94),
    GpuName.H100_96GB: (12, 24, 24, 48, 48, 96),
    GpuName.H20_96GB: (12, 24, 24, 48, 48, 96),
    GpuName.GH200_96GB: (12, 24, 24, 48, 48, 96),
    GpuName.GH200_144GB: (18, 36, 36, 72, 72, 144),
    GpuName.H200_141GB: (18, 35, 35, 71, 71, 141),
    GpuName.B200_180GB: (23, 45, 45, 90, 90, 180),
    GpuName.GB200_186GB: (23, 47, 47, 93, 93, 186),
    GpuName.B300: (34, 67, 67, 135, 135, 269),
    GpuName.GB300: (35, 70, 70, 139, 139, 278),
}

# MiB, same order; 0 where no listing was found. A100: MIG guide. H100-80: several listings; the smallest is
# that of driver 525 in Google's guide to MIG on Compute Engine, without 4g and 7g (read 2026-11). H100-94:
# NVIDIA/mig-parted#101 and two listings in public guides. H200: mig-parted#120; its 7g is from a listing
# quoted in a public test. B300 and GB300: no listing gives sizes.
# GH200-144: mig-parted#139. B200: mig-parted#187 (1g 20.50 GiB; 22.00 in #166). GB200: gpu-operator#1303
# (1g 20.00 GiB; 22.00 in mig-parted#227).
_SEVEN_MIB = {
    GpuName.A100_40GB: (4864, 9856, 9856, 19968, 19968, 40192),
    GpuName.A100_80GB: (9856, 19968, 19968, 40192, 40192, 80384),
    GpuName.H100_80GB: (9856, 19968, 19968, 40192, 40192, 81152),
    GpuName.H100_94GB: (11008, 22016, 22016, 47226, 47226, 94842),
    GpuName.GH200_144GB: (17920, 36096, 36096, 0, 0, 0),
    GpuName.H200_141GB: (16384, 33024, 33024, 71168, 71168, 143360),
    GpuName.B200_180GB: (20992, 45312, 45312, 0, 0, 0),
    GpuName.GB200_186GB: (20480, 46592, 46592, 0, 0, 0),
}

# Same order and listings as the memory.
_SEVEN_MULTIPROCESSORS = {
    GpuName.A100_40GB: (14, 14, 28, 42, 56, 98),
    GpuName.A100_80GB: (14, 14, 28, 42, 56, 98),
    GpuName.H100_80GB: (16, 26, 32, 60, 64, 132),
    GpuName.H100_94GB: (16, 26, 32, 60, 64, 132),
    GpuName.GH200_144GB: (16, 26, 32, 0, 0, 0),
    GpuName.H200_141GB: (16, 26, 32, 60, 64, 132),
    GpuName.B200_180GB: (18, 30, 36, 0, 0, 0),
    GpuName.GB200_186GB: (18, 32, 38, 0, 0, 0),
}

# Shape, GB in the name, MiB, multiprocessors. Source: MIG guide and go-nvml's A30.
_A30 = (
    (_Shape(1, 1, (0, 1, 2, 3), 4), 6, 5836, 14),
    (_Shape(1, 1, (0, 1, 2, 3), 1, "+me"), 6, 5836, 14),
    (_Shape(2, 2, (0, 2), 2), 12, 11672, 28),
    (_Shape(2, 2, (0, 2), 1, "+me"), 12, 11672, 28),
    (_Shape(4, 4, (0,), 1), 24, 23344, 56),
)

# Hardware listing: 23.62, 47.38 and 95.12 GiB; another one shows 23.12 GiB for 1g (bigstack-oss/cubecos#312).
_RTX_PRO_6000 = (
    (_Shape(1, 3, (0, 3, 6, 9), 4), 24, 23674, 46),
    (_Shape(1, 3, (0, 3, 6, 9), 1, "+me"), 24, 23674, 46),
    (_Shape(1, 3, (0, 3, 6, 9), 4, "+gfx"), 24, 23674, 46),
    (_Shape(1, 3, (0, 3, 6, 9), 1, "+me.all"), 24, 23674, 46),
    (_Shape(1, 3, (0, 3, 6, 9), 4, "-me"), 24, 23674, 46),
    (_Shape(2, 6, (0, 6), 2), 48, 48517, 94),
    (_Shape(2, 6, (0, 6), 2, "+gfx"), 48, 48517, 94),
    (_Shape(2, 6, (0, 6), 1, "+me.all"), 48, 48517, 94),
    (_Shape(2, 6, (0, 6), 2, "-me"), 48, 48517, 94),
    (_Shape(4, 12, (0,), 1), 96, 97402, 188),
    (_Shape(4, 12, (0,), 1, "+gfx"), 96, 97402, 188),
)

# MIG guide, current edition; AWS lists the same two plain profiles for g7. Starts unknown.
_RTX_PRO_4500 = (
    (_Shape(1, 0, (), 2), 16, 0, 0),
    (_Shape(1, 0, (), 2, "+gfx"), 16, 0, 0),
    (_Shape(1, 0, (), 1, "+me.all"), 16, 0, 0),
    (_Shape(1, 0, (), 2, "-me"), 16, 0, 0),
    (_Shape(2, 0, (), 1), 32, 0, 0),
    (_Shape(2, 0, (), 1, "+gfx"), 32, 0, 0),
)

# mig-parted v0.15.0; the current MIG guide lists other profiles (1g.24gb twice, 2g.48gb). Starts unknown.
_RTX_PRO_5000 = (
    (_Shape(1, 0, (), 1), 12, 0, 0),
    (_Shape(1, 0, (), 1, "+me"), 12, 0, 0),
    (_Shape(1, 0, (), 1, "+gfx"), 12, 0, 0),
    (_Shape(1, 0, (), 3, "-me"), 12, 0, 0),
    (_Shape(2, 0, (), 1, "-me"), 24, 0, 0),
    (_Shape(4, 0, (), 1), 48, 0, 0),
    (_Shape(4, 0, (), 1, "+gfx"), 48, 0, 0),
)

_LISTED = {
    GpuName.A30: _A30,
    GpuName.RTX_PRO_4500: _RTX_PRO_4500,
    GpuName.RTX_PRO_5000: _RTX_PRO_5000,
    GpuName.RTX_PRO_6000: _RTX_PRO_6000,
}


@cache
def profiles(gpu: GpuName) -> Mapping[str, MigProfile]:
    """The MIG profiles of a GPU by name, smallest first; empty for a GPU without MIG."""
    if gpu in _LISTED:
        rows = [_profile(gpu, *row) for row in _LISTED[gpu]]
    elif gpu in _SEVEN_GB:
        rows = _seven_slice_profiles(gpu)
    else:
        rows = []
    return MappingProxyType({row.name: row for row in rows})


def placement_units(gpu: GpuName) -> int:
    """Units of a GPU that MIG devices share out: 8, 4 or 12. 0 without MIG or when unpublished."""
    geometry = GPUS[gpu].geometry
    return _UNITS.get(geometry, 0) if geometry else 0


def resource_name(profile: str) -> str:
    """The Kubernetes resource of a profile: ``1g.10gb+me`` is ``nvidia.com/mig-1g.10gb.me``."""
    return f"nvidia.com/mig-{profile.replace('+', '.')}"


def gpu_share(gpu: GpuName, profile: str) -> Fraction:
    """The part of a GPU that one MIG device takes, by memory slices: 1/8 to 1.

    Raises ``ValueError`` when the GPU has no such profile or its placements are unpublished.
    """
    found = profiles(gpu).get(profile)
    units = placement_units(gpu)
    if found is None or not units:
        raise ValueError(f"the share of {profile!r} on {gpu} is not known")
    return Fraction(found.memory_slices, units)


def device_memory_mib(gpu: GpuName, profile: str | None = None) -> int:
    """Memory of a whole GPU, or of one MIG device of it, in MiB. ``KeyError`` for an unknown profile."""
    return GPUS[gpu].memory_mib if profile is None else profiles(gpu)[profile].memory_mib


def all_balanced(gpu: GpuName) -> dict[str, int] | None:
    """NVIDIA's ``all-balanced`` layout of one GPU, or ``None`` where NVIDIA defines none."""
    plain = [name for name in profiles(gpu) if name.endswith("gb")]
    match GPUS[gpu].geometry:
        case MigGeometry.SEVEN_SLICES:
            one, _, two, three, *_ = plain
            return {one: 2, two: 1, three: 1}
        case MigGeometry.FOUR_SLICES | MigGeometry.TWELVE_UNITS:
            one, two, *_ = plain
            return {one: 2, two: 1}
        case _:
            return None


def known_layouts(gpu: GpuName) -> dict[str, dict[str, int]]:
    """NVIDIA's named layouts of one GPU: configuration name to profile counts.

    ``all-disabled`` is the whole GPU and stands for every GPU. Names are those that mig-parted v0.15.0
    generates: ``all-`` and the profile with "+" turned into ".", each with the profile's largest count.
    """
    layouts: dict[str, dict[str, int]] = {"all-disabled": {}}
    balanced = all_balanced(gpu)
    if balanced is None:
        return layouts
    layouts["all-balanced"] = balanced
    for row in profiles(gpu).values():
        layouts[f"all-{row.name.replace('+', '.')}"] = {row.name: row.max_count}
    return layouts


def _seven_slice_profiles(gpu: GpuName) -> list[MigProfile]:
    unknown = (0, 0, 0, 0, 0, 0)
    columns = list(
        zip(
            _SEVEN_GB[gpu],
            _SEVEN_MIB.get(gpu, unknown),
            _SEVEN_MULTIPROCESSORS.get(gpu, unknown),
            strict=True,
        )
    )
    with_media = [columns[0], *columns]
    return [
        _profile(gpu, shape, gb, mib, multiprocessors)
        for shape, (gb, mib, multiprocessors) in zip(_SEVEN, with_media, strict=True)
    ]


def _profile(gpu: GpuName, shape: _Shape, gb: int, mib: int, multiprocessors: int) -> MigProfile:
    return MigProfile(
        name=f"{shape.compute}g.{gb}gb{shape.suffix}",
        compute_slices=shape.compute,
        memory_slices=shape.units,
        starts=shape.starts,
        max_count=shape.max_count,
        memory_mib=mib or _cautious_mib(gpu, gb),
        estimated=not mib,
        multiprocessors=multiprocessors or None,
    )


def _cautious_mib(gpu: GpuName, gb: int) -> int:
    # What drivers reserve weighs most on small devices. Of the memory that the marketed fraction promises,
    # listings show at least 0.865 for an eighth (GB200), 0.919 for a quarter (H200), 0.975 for a half (A100).
    fraction = Fraction(gb, GPUS[gpu].marketed_gb)
    eighths = round(fraction * 8)
    kept = Fraction(6, 7) if eighths <= 1 else Fraction(9, 10) if eighths <= 2 else Fraction(19, 20)
    return int(GPUS[gpu].memory_mib * Fraction(eighths, 8) * kept)

"""What part of a GPU a device really takes, and what a layout leaves unused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from ..gpus import GpuName
from .layout import WHOLE_GPU, Devices, NodeLayout
from .profiles import placement_units, profiles, resource_name


@dataclass(frozen=True, slots=True)
class GpuShares:
    """How one GPU is shared out between the devices of its layout.

    Shares of all devices and ``unused`` sum to exactly 1.
    """

    device: Mapping[str, Fraction]
    """Share of one device, by profile."""
    unused: Fraction
    """Share that no device answers for."""
    spare_compute_slices: int
    """Compute slices that no device holds."""
    spare_memory_slices: int
    """Memory slices that no device holds, whoever bears their price."""


@dataclass(frozen=True, slots=True)
class PoolShares:
    """How the GPUs of many nodes are shared out, in GPUs.

    The sum over all devices and ``unused`` is exactly the number of GPUs.
    """

    device: Mapping[str, Fraction]
    """GPUs that one device stands for, by Kubernetes resource; the mean where layouts differ."""
    unused: Fraction
    """GPUs that no device answers for."""


def claim(gpu: GpuName, profile: str) -> Fraction:
    """The larger of a device's compute share and its memory share: what nobody else can have beside it.

    Raises ``ValueError`` when the GPU has no such profile or its placements are unpublished.
    """
    rows = profiles(gpu)
    units = placement_units(gpu)
    if profile not in rows or not units:
        raise ValueError(f"the share of {profile!r} on {gpu} is not known")
    row = rows[profile]
    return max(Fraction(row.compute_slices, _compute_slices(gpu)), Fraction(row.memory_slices, units))


def gpu_shares(gpu: GpuName, devices: Mapping[str, int]) -> GpuShares:
    """The shares of one GPU cut into ``devices`` (profile to count), of which there is at least one.

    Each device claims the larger of its two shares. Claims of more than one GPU shrink by one factor until
    they are one GPU; claims of less leave the rest unused.
    """
    claims = {name: claim(gpu, name) for name in devices}
    claimed = sum((claims[name] * count for name, count in devices.items()), Fraction(0))
    scale = max(claimed, Fraction(1))
    rows = profiles(gpu)
    compute = sum(rows[name].compute_slices * count for name, count in devices.items())
    memory = sum(rows[name].memory_slices * count for name, count in devices.items())
    return GpuShares(
        {name: share / scale for name, share in claims.items()},
        max(Fraction(0), 1 - claimed),
        _compute_slices(gpu) - compute,
        placement_units(gpu) - memory,
    )


def pool_shares(layouts: Iterable[NodeLayout]) -> PoolShares:
    """The shares over the GPUs of all nodes."""
    taken: dict[str, Fraction] = {}
    counts: dict[str, int] = {}
    unused = Fraction(0)
    for (gpu, devices), gpus in _alike(layouts).items():
        if not devices:
            taken[WHOLE_GPU] = taken.get(WHOLE_GPU, Fraction(0)) + gpus
            counts[WHOLE_GPU] = counts.get(WHOLE_GPU, 0) + gpus
            continue
        shares = _cached_shares(gpu, devices)
        unused += shares.unused * gpus
        for name, count in devices:
            key = resource_name(name)
            taken[key] = taken.get(key, Fraction(0)) + shares.device[name] * count * gpus
            counts[key] = counts.get(key, 0) + count * gpus
    return PoolShares({key: taken[key] / counts[key] for key in sorted(taken)}, unused)


def _alike(layouts: Iterable[NodeLayout]) -> dict[tuple[GpuName, Devices], int]:
    nodes: dict[NodeLayout, int] = {}
    for layout in layouts:
        nodes[layout] = nodes.get(layout, 0) + 1
    gpus: dict[tuple[GpuName, Devices], int] = {}
    for layout, count in nodes.items():
        for devices in layout.partitions:
            key = layout.gpu, devices
            gpus[key] = gpus.get(key, 0) + count
    return gpus


@cache
def _cached_shares(gpu: GpuName, devices: Devices) -> GpuShares:
    return gpu_shares(gpu, dict(devices))


def _compute_slices(gpu: GpuName) -> int:
    return max(row.compute_slices for row in profiles(gpu).values())

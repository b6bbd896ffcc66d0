"""Devices of a pool in whole numbers: fractions of GPUs without the time that fractions take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import lcm

from ..gpu.node_plan import PoolPlan


@dataclass(frozen=True, slots=True)
class GpuUnits:
    """A pool's GPUs in a part of a GPU that every device is a multiple of."""

    whole: int
    """All GPUs of all nodes."""
    unused: int
    """What MIG layouts leave to no device."""
    devices: Mapping[str, int]
    """Quota key of a device to its size."""


def units_of(pool: PoolPlan, offered: Mapping[str, str]) -> GpuUnits:
    """The units of a pool that offers ``offered``, quota key to Kubernetes resource."""
    sizes = {key: pool.gpus_per_device[resource] for key, resource in offered.items()}
    scale = lcm(pool.unused_gpus.denominator, *(size.denominator for size in sizes.values()))
    return GpuUnits(
        pool.gpus_per_node * pool.max_nodes * scale,
        int(pool.unused_gpus * scale),
        {key: int(size * scale) for key, size in sizes.items()},
    )

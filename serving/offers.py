"""Where a model could run: GPUs and MIG devices of a pool or of a machine type, with their price."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ..finops.prices import PurchaseOption, price
from ..gpu.gpus import GpuName
from ..gpu.layout import WHOLE_GPU
from ..gpu.machines import MACHINES, Cloud, mig_capable
from ..gpu.mig import gpu_share, placement_units, profiles, resource_name
from ..gpu.node_plan import PoolPlan

PRICED_REGIONS = {Cloud.AWS: "us-east-1", Cloud.GCP: "us-central1"}
"""Regions whose prices the tables hold."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Devices of one node, all of the same GPU."""

    place: str
    """Name of the pool, or of the machine type."""
    gpu: GpuName
    whole_gpus: int
    """Of one node; 0 when all of them are cut."""
    profiles: tuple[str, ...]
    """MIG devices that there are or could be."""
    usd_per_gpu_hour: Decimal | None
    """The machine's price on demand, shared out evenly over its GPUs; ``None`` when unknown."""
    price_note: str | None = None
    """What to know before relying on the price, or ``None``."""

    def usd_per_hour(self, gpus: int, profile: str | None) -> Decimal | None:
        """Price of so many GPUs, or of one MIG device by its part of the GPU's memory slices."""
        if self.usd_per_gpu_hour is None:
            return None
        if profile is None:
            return self.usd_per_gpu_hour * gpus
        share = gpu_share(self.gpu, profile)
        return self.usd_per_gpu_hour * share.numerator / share.denominator


def pool_offers(pools: Iterable[PoolPlan], region: str) -> list[Offer]:
    """What each pool offers, cut as it is, at the prices of ``region``."""
    return [
        Offer(
            place=pool.name,
            gpu=pool.gpu,
            whole_gpus=max((node.resources[WHOLE_GPU] for node in pool.nodes), default=0),
            profiles=tuple(name for name in _cuts(pool.gpu) if pool.capacity.get(resource_name(name))),
            usd_per_gpu_hour=_per_gpu(pool.machine, region, pool.gpus_per_node),
            price_note=_note(pool.machine, region),
        )
        for pool in pools
    ]


def catalog_offers() -> list[Offer]:
    """What each machine type of the catalog offers, cut in any way, at the prices of the region priced."""
    return [
        Offer(
            place=row.name,
            gpu=row.gpu,
            whole_gpus=row.gpu_count,
            profiles=_cuts(row.gpu) if mig_capable(row) else (),
            usd_per_gpu_hour=_per_gpu(row.name, PRICED_REGIONS[row.cloud], row.gpu_count),
            price_note=_note(row.name, PRICED_REGIONS[row.cloud]),
        )
        for row in MACHINES.values()
    ]


def _cuts(gpu: GpuName) -> tuple[str, ...]:
    # Devices with media engines or graphics hold no more memory than the plain ones.
    return tuple(name for name in profiles(gpu) if name.endswith("gb") and placement_units(gpu))


def _per_gpu(machine: str, region: str, gpus: int) -> Decimal | None:
    known = price(machine, region, PurchaseOption.ON_DEMAND)
    return known.usd_per_hour / gpus if known else None


def _note(machine: str, region: str) -> str | None:
    known = price(machine, region, PurchaseOption.ON_DEMAND)
    if known is None or not (known.note or known.third_party):
        return None
    return known.note or f"price from a {known.source}"

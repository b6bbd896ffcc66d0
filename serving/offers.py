"""Where a model could run: GPUs and MIG devices of a pool or of a machine type, with their price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from ..finops.prices import PRICED_REGIONS, Price, PurchaseOption, price
from ..gpu.gpus import GpuName
from ..gpu.machines import MACHINES, mig_capable
from ..gpu.mig.device_shares import claim
from ..gpu.mig.layout import WHOLE_GPU
from ..gpu.mig.profiles import placement_units, profiles, resource_name
from ..gpu.node_plan import PoolPlan


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
    gpus_of_profiles: tuple[Fraction, ...]
    """What part of a GPU each of them stands for."""
    usd_per_gpu_hour: Decimal | None
    """The machine's price, shared out evenly over its GPUs; ``None`` when unknown."""
    price_note: str | None = None
    """What to know before relying on the price, or ``None``."""

    def usd_per_hour(self, gpus: int, profile: str | None) -> Decimal | None:
        """Price of so many GPUs, or of one MIG device by the part of the GPU that it stands for."""
        if self.usd_per_gpu_hour is None:
            return None
        if profile is None:
            return self.usd_per_gpu_hour * gpus
        share = self.gpus_of_profiles[self.profiles.index(profile)]
        return self.usd_per_gpu_hour * share.numerator / share.denominator


def pool_offers(pools: Iterable[PoolPlan], prices: Mapping[str, Price | None]) -> list[Offer]:
    """What each pool of GPUs offers, cut as it is. ``prices``: of one node of each pool, by its name."""
    offers = []
    for pool in pools:
        if pool.gpu is None:
            continue
        cuts = tuple(name for name in _cuts(pool.gpu) if pool.capacity.get(resource_name(name)))
        offers.append(
            Offer(
                place=pool.name,
                gpu=pool.gpu,
                whole_gpus=max((node.resources[WHOLE_GPU] for node in pool.nodes), default=0),
                profiles=cuts,
                gpus_of_profiles=tuple(pool.gpus_per_device[resource_name(name)] for name in cuts),
                usd_per_gpu_hour=_per_gpu(prices[pool.name], pool.gpus_per_node),
                price_note=_note(prices[pool.name]),
            )
        )
    return offers


def any_cut(pool: PoolPlan, price: Price | None) -> Offer | None:
    """The MIG devices that a pool could offer, cut in any way; ``None`` where its GPUs can't be cut."""
    if pool.gpu is None or not pool.mig_capable:
        return None
    cuts = _cuts(pool.gpu)
    return Offer(
        place=pool.name,
        gpu=pool.gpu,
        whole_gpus=0,
        profiles=cuts,
        gpus_of_profiles=tuple(claim(pool.gpu, name) for name in cuts),
        usd_per_gpu_hour=_per_gpu(price, pool.gpus_per_node),
        price_note=_note(price),
    )


def catalog_offers() -> list[Offer]:
    """What each machine type of the catalog offers, cut in any way, on demand in the region priced."""
    offers = []
    for row in MACHINES.values():
        known = price(row.name, PRICED_REGIONS[row.cloud], PurchaseOption.ON_DEMAND)
        cuts = _cuts(row.gpu) if mig_capable(row) else ()
        offers.append(
            Offer(
                place=row.name,
                gpu=row.gpu,
                whole_gpus=row.gpu_count,
                profiles=cuts,
                gpus_of_profiles=tuple(claim(row.gpu, name) for name in cuts),
                usd_per_gpu_hour=_per_gpu(known, row.gpu_count),
                price_note=_note(known),
            )
        )
    return offers


def _cuts(gpu: GpuName) -> tuple[str, ...]:
    # Devices with media engines or graphics hold no more memory than the plain ones.
    return tuple(name for name in profiles(gpu) if name.endswith("gb") and placement_units(gpu))


def _per_gpu(known: Price | None, gpus: int) -> Decimal | None:
    return known.usd_per_hour / gpus if known else None


def _note(known: Price | None) -> str | None:
    return known.provisional if known else None

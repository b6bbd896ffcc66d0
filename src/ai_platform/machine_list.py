"""Machines of a catalog with their prices, filtered and sorted for a reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .finops.price_book import PriceBook
from .finops.prices import PRICED_REGIONS, Price, PurchaseOption
from .finops.unit_costs import gpu_hour, shown_per_hour
from .gpu.gpus import GPUS, Gpu, GpuName
from .gpu.machines import Cloud, Fabric, Machine

"""Regions that the library's own prices are for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a machine must have to be listed. ``None``: anything."""

    gpu: str | None = None
    """A part of the GPU's name, in any case: ``h100``."""
    min_gpu_memory_gb: int | None = None
    """Of one GPU, as marketed."""
    fabric: Fabric | None = None
    cloud: Cloud | None = None
    max_usd_per_hour: Decimal | None = None
    """Of the whole machine. A machine whose price is unknown is not listed."""
    region: str | None = None
    """Region of the prices. Default: the home region of each machine's cloud."""
    option: PurchaseOption | None = None
    """Purchase option of the prices; machines that aren't sold that way are not listed."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A machine as listed, with the price that was looked up."""

    machine: Machine
    gpu: Gpu
    region: str
    option: PurchaseOption
    """Purchase option of the price: the wanted one, else on demand, else the first that the machine has."""
    price: Price | None

    @property
    def usd_per_gpu_hour(self) -> Fraction | None:
        """Exact price of one GPU with its part of the machine."""
        return gpu_hour(self.price, self.machine.gpu_count)


def matching_gpus(text: str) -> list[GpuName]:
    """GPUs whose name contains ``text``, whatever its case, blanks and dashes."""
    return [name for name in GPUS if plain(text) in plain(name)]


def listed(machines: Mapping[str, Machine], book: PriceBook, wanted: Wanted) -> list[Listed]:
    """The machines that fit, the cheapest GPU-hour first and unknown prices last, then by name."""
    gpus = set(GPUS) if wanted.gpu is None else set(matching_gpus(wanted.gpu))
    found = [
        _priced(row, book, wanted)
        for row in machines.values()
        if row.gpu in gpus
        and (wanted.min_gpu_memory_gb is None or GPUS[row.gpu].marketed_gb >= wanted.min_gpu_memory_gb)
        and wanted.fabric in (None, row.fabric)
        and wanted.cloud in (None, row.cloud)
        and (wanted.option is None or wanted.option in row.purchase_options)
    ]
    if wanted.max_usd_per_hour is not None:
        limit = wanted.max_usd_per_hour
        found = [row for row in found if row.price is not None and row.price.usd_per_hour <= limit]
    return sorted(found, key=_order)


def as_json(rows: Iterable[Listed]) -> list[dict[str, Any]]:
    """The rows as plain data: amounts as texts, unknown values as null."""
    return [_plain_row(row) for row in rows]


def _priced(row: Machine, book: PriceBook, wanted: Wanted) -> Listed:
    region = wanted.region or PRICED_REGIONS[row.cloud]
    options = row.purchase_options
    preferred = PurchaseOption.ON_DEMAND if PurchaseOption.ON_DEMAND in options else options[0]
    option = wanted.option or preferred
    return Listed(row, GPUS[row.gpu], region, option, book.price(row.name, region, option))


def _order(row: Listed) -> tuple[bool, Fraction, str]:
    hour = row.usd_per_gpu_hour
    return hour is None, hour or Fraction(0), row.machine.name


def _plain_row(row: Listed) -> dict[str, Any]:
    machine, gpu, price = row.machine, row.gpu, row.price
    hour = shown_per_hour(row.usd_per_gpu_hour)
    return {
        "machine": machine.name,
        "cloud": machine.cloud,
        "gpu": gpu.name,
        "gpus": machine.gpu_count,
        "gpu_memory_gb": gpu.marketed_gb,
        "gpu_memory_mib": gpu.memory_mib,
        "vcpu": machine.vcpu,
        "memory_gib": machine.memory_gib,
        "local_disk_gib": machine.local_disk_gib,
        "network_gbps": machine.network_gbps,
        "fabric": machine.fabric,
        "efa_interfaces": machine.efa_interfaces,
        "gpu_networks": machine.gpu_networks,
        "mig": machine.mig,
        "purchase_options": list(machine.purchase_options),
        "source": machine.source,
        "provisional": [
            note for note in (machine.provisional, machine.purchase_provisional, gpu.provisional) if note
        ],
        "price": {
            "region": row.region,
            "option": row.option,
            "usd_per_hour": str(price.usd_per_hour) if price else None,
            "usd_per_gpu_hour": str(hour) if hour is not None else None,
            "source": price.source if price else None,
            "date": price.date.isoformat() if price else None,
            "provisional": price.provisional if price else None,
        },
    }


def plain(text: str) -> str:
    """A name for comparing: its letters and digits alone."""
    return "".join(letter for letter in text.lower() if letter.isalnum())

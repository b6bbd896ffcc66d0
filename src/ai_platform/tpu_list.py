"""Machines with TPUs and their prices, filtered for a reader."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .finops.price_book import PriceBook
from .finops.prices import PRICED_REGIONS, Price, PurchaseOption
from .gpu.tpus import TPU_MACHINES, TpuMachine
from .machine_list import Wanted, plain


@dataclass(frozen=True, slots=True)
class ListedTpu:
    """A machine as listed, with the price that was looked up."""

    machine: TpuMachine
    region: str
    option: PurchaseOption
    price: Price | None


def matching_tpus(text: str) -> list[TpuMachine]:
    """Machines whose TPU has ``text`` in its name, whatever its case and blanks."""
    return [row for row in TPU_MACHINES.values() if plain(text) in plain(row.tpu)]


def listed_tpus(book: PriceBook, wanted: Wanted) -> list[ListedTpu]:
    """The machines that fit, in the order of the catalog. None has a fabric of GPUs."""
    if wanted.fabric is not None:
        return []
    rows = []
    for machine in matching_tpus(wanted.gpu or ""):
        option = wanted.option or machine.purchase_options[0]
        region = wanted.region or PRICED_REGIONS[machine.cloud]
        price = book.price(machine.name, region, option)
        limit = wanted.max_usd_per_hour
        if (
            machine.hbm_gib >= (wanted.min_gpu_memory_gb or 0)
            and wanted.cloud in (None, machine.cloud)
            and option in machine.purchase_options
            and (limit is None or (price is not None and price.usd_per_hour <= limit))
        ):
            rows.append(ListedTpu(machine, region, option, price))
    return rows


def tpus_as_json(rows: Iterable[ListedTpu]) -> list[dict[str, Any]]:
    """The rows as plain data: amounts as texts, unknown values as null."""
    return [_plain_row(row) for row in rows]


def _plain_row(row: ListedTpu) -> dict[str, Any]:
    machine, price = row.machine, row.price
    return {
        "machine": machine.name,
        "cloud": machine.cloud,
        "tpu": machine.tpu,
        "chips": machine.chips,
        "chip_memory_gb": machine.hbm_gib,
        "vcpu": machine.vcpu,
        "memory_gib": machine.memory_gib,
        "topologies": machine.shown_topologies(),
        "purchase_options": list(machine.purchase_options),
        "source": machine.source,
        "provisional": [note for note in (machine.provisional, machine.purchase_provisional) if note],
        "price": {
            "region": row.region,
            "option": row.option,
            "usd_per_hour": str(price.usd_per_hour) if price else None,
            "source": price.source if price else None,
            "date": price.date.isoformat() if price else None,
            "provisional": price.provisional if price else None,
        },
    }

"""Prices of GPU machines from GCP's Cloud Billing Catalog, put together from their SKUs.

The catalog has no price of a machine. It has one for a vCPU, a GiB of memory, a GPU and a GiB of local SSD,
each by region and by usage type. How a part is called was read in programs that use the catalog (2026-11);
the sums were checked against public list prices of a2-highgpu-1g and a3-megagpu-8g.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from http.client import HTTPException
from typing import Any

from .cost import HOURS_PER_MONTH
from .price_file import Refreshed, RefreshError
from .prices import PurchaseOption
from .spec import PriceSpec

COMPUTE_ENGINE = "6F81-5844-456A"
"""Compute Engine among the services of the catalog."""
KEY_VARIABLE = "AI_PLATFORM_GCP_API_KEY"
"""Environment variable that holds an API key for which the Cloud Billing API is enabled."""
BASE_URL = "https://cloudbilling.googleapis.com"

_TIMEOUT_S = 60
_USAGE = {PurchaseOption.ON_DEMAND: "OnDemand", PurchaseOption.SPOT: "Preemptible"}
_NANO = Decimal("1e-9")

# First words of a machine's name: family in the names of its vCPU and memory SKUs. None: the GPU's SKU is the
# price of its part of the whole machine.
_FAMILIES: Mapping[str, str | None] = {
    "a2-": "A2",
    "a3-highgpu-": "A3",
    "a3-megagpu-": "A3Plus",
    "a3-ultragpu-": "A3Ultra",
    "a4-highgpu-": None,
    "g2-": "G2",
    "g4-": "G4",
}
# GKE's accelerator: the GPU in the names of its SKUs.
_GPUS = {
    "nvidia-tesla-a100": "Nvidia Tesla A100 GPU",
    "nvidia-a100-80gb": "Nvidia Tesla A100 80GB GPU",
    "nvidia-h100-80gb": "Nvidia H100 80GB GPU",
    "nvidia-h100-mega-80gb": "Nvidia H100 80GB Mega GPU",
    "nvidia-h200-141gb": "H200 141GB GPU",
    "nvidia-b200": "A4 Nvidia B200 (1 gpu slice)",
    "nvidia-l4": "Nvidia L4 GPU",
    "nvidia-rtx-pro-6000": "RTX 6000 96GB",
}


@dataclass(frozen=True, slots=True)
class GcpMachine:
    """What a machine is billed for."""

    name: str
    accelerator: str
    """As GKE names the GPU."""
    gpu_count: int
    vcpu: int
    memory_gib: int
    local_disk_gib: int
    """Local SSDs that it always has."""
    options: Sequence[PurchaseOption]


@dataclass(frozen=True, slots=True)
class _Part:
    """One SKU that a machine is billed by, and how much of it."""

    names: tuple[str, ...]
    unit: str
    amount: Decimal


def refresh(region: str, machines: Iterable[GcpMachine], read_on: datetime.date) -> Refreshed:
    """Asks the catalog with the API key of the environment. Raises ``RefreshError`` without key or answer."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not key:
        raise RefreshError(f"{KEY_VARIABLE} is not set; it takes an API key for the Cloud Billing API")
    try:
        return gcp_prices(skus(key), region, machines, read_on)
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        said = f"the Cloud Billing Catalog gave an answer of another shape than expected: {error!r}"
        raise RefreshError(said.replace(key, "***")) from None


def skus(key: str, *, base_url: str = BASE_URL) -> Iterator[Mapping[str, Any]]:
    """Every SKU of Compute Engine, page by page. Raises ``RefreshError`` when the catalog doesn't answer.

    The key travels in a header and stands in no address and no message.
    """
    token, seen = "", set()
    while True:
        query = {"currencyCode": "USD", "pageSize": "5000"} | ({"pageToken": token} if token else {})
        page = _page(f"{base_url}/v1/services/{COMPUTE_ENGINE}/skus?{urllib.parse.urlencode(query)}", key)
        yield from page.get("skus", [])
        token = page.get("nextPageToken", "")
        if not token:
            return
        if token in seen:
            raise RefreshError("the Cloud Billing Catalog repeats a page; try again later")
        seen.add(token)


def gcp_prices(
    found: Iterable[Mapping[str, Any]], region: str, machines: Iterable[GcpMachine], read_on: datetime.date
) -> Refreshed:
    """On-demand and spot prices of ``machines`` in ``region`` from the SKUs of the catalog.

    A machine is unpriced when one of its parts has no SKU, or several with different prices: never the sum
    of the others. Flex start and commitments are not put together.
    """
    offers = _offers(found, region)
    rows, unpriced = [], {}
    for machine in sorted(machines, key=lambda each: each.name):
        for option in (PurchaseOption.ON_DEMAND, PurchaseOption.SPOT):
            if option not in machine.options:
                continue
            row = _row(machine, option, offers, region, read_on)
            if isinstance(row, str):
                unpriced[f"{machine.name} {option}"] = row
            else:
                rows.append(row)
    return Refreshed(rows, unpriced)


_Offers = Mapping[tuple[PurchaseOption, str, str], Mapping[Decimal, str]]


def _offers(found: Iterable[Mapping[str, Any]], region: str) -> _Offers:
    offers: dict[tuple[PurchaseOption, str, str], dict[Decimal, str]] = {}
    by_usage = {usage: option for option, usage in _USAGE.items()}
    for sku in found:
        option = by_usage.get(sku["category"]["usageType"])
        rate = _rate(sku)
        if option is None or rate is None or region not in sku["serviceRegions"]:
            continue
        unit, usd = rate
        name = re.sub(r" (running )?in [A-Z].*$", "", sku["description"])
        offers.setdefault((option, name, unit), {}).setdefault(usd, sku["skuId"])
    return offers


def _rate(sku: Mapping[str, Any]) -> tuple[str, Decimal] | None:
    """Unit and US dollars of a SKU with one price that isn't zero; ``None`` for any other."""
    if not sku.get("pricingInfo"):
        return None
    expression = sku["pricingInfo"][-1]["pricingExpression"]
    rates = expression.get("tieredRates", [])
    if len(rates) != 1 or rates[0]["unitPrice"].get("currencyCode") != "USD":
        return None
    price = rates[0]["unitPrice"]
    # The catalog writes units as text, since they are 64 bits wide, and leaves zeros out.
    usd = int(price.get("units", 0)) + int(price.get("nanos", 0)) * _NANO
    return (expression["usageUnit"], usd) if usd else None


def _parts(machine: GcpMachine, option: PurchaseOption) -> list[_Part] | str:
    prefix = next((start for start in _FAMILIES if machine.name.startswith(start)), None)
    gpu = _GPUS.get(machine.accelerator)
    if prefix is None or gpu is None:
        return "the names of its SKUs are not known"
    family = _FAMILIES[prefix]
    spot = option is PurchaseOption.SPOT
    attached = f"{gpu} attached to Spot Preemptible VMs"
    parts = [
        _Part((attached, f"Spot Preemptible {gpu}") if spot else (gpu,), "h", Decimal(machine.gpu_count))
    ]
    if family is None:
        return parts
    start = "Spot Preemptible " if spot else ""
    parts.append(_Part((f"{start}{family} Instance Core",), "h", Decimal(machine.vcpu)))
    parts.append(_Part((f"{start}{family} Instance Ram",), "GiBy.h", Decimal(machine.memory_gib)))
    if machine.local_disk_gib:
        end = " attached to Spot Preemptible VMs" if spot else ""
        part = Decimal(machine.local_disk_gib) / HOURS_PER_MONTH
        parts.append(_Part((f"SSD backed Local Storage{end}",), "GiBy.mo", part))
    return parts


def _row(
    machine: GcpMachine,
    option: PurchaseOption,
    offers: _Offers,
    region: str,
    read_on: datetime.date,
) -> PriceSpec | str:
    parts = _parts(machine, option)
    if isinstance(parts, str):
        return parts
    usd, ids = Decimal(0), []
    for part in parts:
        prices = {
            amount: sku
            for name in part.names
            for amount, sku in offers.get((option, name, part.unit), {}).items()
        }
        if len(prices) != 1:
            count = "no SKU" if not prices else f"{len(prices)} SKUs with different prices"
            return f"{count} for {part.names[0]} in {region}"
        [(amount, sku)] = prices.items()
        usd += amount * part.amount
        ids.append(sku)
    return PriceSpec(
        machine=machine.name,
        region=region,
        option=option,
        usd_per_hour=usd.quantize(_NANO),
        source=f"Cloud Billing Catalog, SKUs {' + '.join(ids)}",
        date=read_on,
    )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to wherever it leads."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _page(url: str, key: str) -> Mapping[str, Any]:
    request = urllib.request.Request(url, headers={"X-Goog-Api-Key": key})  # noqa: S310 - the scheme is ours
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=_TIMEOUT_S) as answer:
            page = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            said = _message(error.read(65536), key)
        raise RefreshError(
            f"the Cloud Billing Catalog answers {error.code}: {said}; check {KEY_VARIABLE}"
        ) from None
    except (OSError, HTTPException, ValueError) as error:
        raise RefreshError(f"the Cloud Billing Catalog can't be read: {error}".replace(key, "***")) from None
    if not isinstance(page, dict):
        raise RefreshError("the Cloud Billing Catalog answers something else than a page of SKUs")
    return page


def _message(body: bytes, key: str) -> str:
    try:
        said = str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        said = "no reason"
    return said.replace(key, "***").rstrip(".")

"""Public prices of GPU machines. What isn't listed is unknown, never free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class PurchaseOption(StrEnum):
    """How a machine is paid for."""

    ON_DEMAND = "on_demand"
    SPOT = "spot"
    RESERVED = "reserved"
    """One- or three-year commitment. Contract prices differ, so the tables hold none."""
    CAPACITY_BLOCK = "capacity_block"
    """AWS Capacity Block: paid ahead for a fixed time."""
    FLEX_START = "flex_start"
    """GCP Dynamic Workload Scheduler: starts when there is capacity, for at most seven days."""
    QUEUED_PROVISIONING = "queued_provisioning"
    """GCP Dynamic Workload Scheduler through Kueue: all nodes of a job at once, when there is capacity."""
    OWNED = "owned"
    """The user's own machine. Nobody sells it, so the tables hold no price."""


@dataclass(frozen=True, slots=True)
class Price:
    """Public price of one machine, Linux, without discounts, disks or traffic."""

    usd_per_hour: Decimal
    region: str
    option: PurchaseOption
    source: str
    date: date
    """When the source was generated or, where it doesn't say, read."""
    third_party: bool
    """Whether the source is someone other than the cloud or a tool fed from its price list."""
    note: str | None = None
    """What to know before relying on the number, or ``None``."""

    @property
    def provisional(self) -> str | None:
        """Why the number may be off, or ``None``."""
        if not self.third_party:
            return self.note
        return f"{self.source}; {self.note}" if self.note else self.source


PRICED_REGIONS = {"aws": "us-east-1", "gcp": "us-central1"}
"""The region of each cloud whose prices the tables hold."""

_KARPENTER = "Karpenter AWS v1.14.1, zz_generated.pricing_aws.go"
_AWS_REGION = PRICED_REGIONS["aws"]
_AWS_DATE = date(2026, 7, 20)
_AWS_ON_DEMAND = """
g4dn.xlarge,0.526
g4dn.2xlarge,0.752
g4dn.4xlarge,1.204
g4dn.8xlarge,2.176
g4dn.12xlarge,3.912
g4dn.16xlarge,4.352
g4dn.metal,7.824
g5.xlarge,1.006
g5.2xlarge,1.212
g5.4xlarge,1.624
g5.8xlarge,2.448
g5.12xlarge,5.672
g5.16xlarge,4.096
g5.24xlarge,8.144
g5.48xlarge,16.288
g6.xlarge,0.8048
g6.2xlarge,0.9776
g6.4xlarge,1.3232
g6.8xlarge,2.0144
g6.12xlarge,4.6016
g6.16xlarge,3.3968
g6.24xlarge,6.6752
g6.48xlarge,13.3504
gr6.4xlarge,1.5392
gr6.8xlarge,2.4464
g6e.xlarge,1.861
g6e.2xlarge,2.24208
g6e.4xlarge,3.00424
g6e.8xlarge,4.52856
g6e.12xlarge,10.49264
g6e.16xlarge,7.57719
g6e.24xlarge,15.06559
g6e.48xlarge,30.13118
g7.2xlarge,2.52
g7.4xlarge,3.04208
g7.8xlarge,4.08624
g7.12xlarge,7.12832
g7.24xlarge,14.25664
g7.48xlarge,28.51328
g7e.2xlarge,3.36312
g7e.4xlarge,3.99816
g7e.8xlarge,5.26824
g7e.12xlarge,8.28608
g7e.24xlarge,16.57216
g7e.48xlarge,33.14432
p3dn.24xlarge,31.212
p4d.24xlarge,21.957642
p4de.24xlarge,27.44705
p5.4xlarge,6.88
p5.48xlarge,55.04
p5en.48xlarge,63.296
p6-b200.48xlarge,113.9328
p6-b300.48xlarge,142.416
"""

_BLOCK_SOURCE = "third-party overview of Capacity Block prices"
_BLOCK_DATE = date(2026, 8, 1)
# Per GPU-hour; the second number is the GPUs of the machine.
_AWS_CAPACITY_BLOCK = """
p5.4xlarge,1,5.191
p6-b200.48xlarge,8,12.355
p6-b300.48xlarge,8,14.040
p6e-gb200.36xlarge,4,10.58
"""

_GCP_REGION = PRICED_REGIONS["gcp"]
_GCP_READ = date(2026, 11, 21)
_AUTOSCALER = "cluster-autoscaler, gce_price_info.go"
_G2_CONFLICT = "older than the public list, which shows less (g2-standard-4 0.7068, g2-standard-48 4.00)"
_FLEX_UPPER = "upper end of 64.44 to 90.22"
_GCP = """
a2-highgpu-1g,on_demand,3.673385,autoscaler
a2-highgpu-1g,spot,1.102,autoscaler
a2-highgpu-2g,on_demand,7.34677,autoscaler
a2-highgpu-4g,on_demand,14.69354,autoscaler
a2-highgpu-8g,on_demand,29.38708,autoscaler
a2-highgpu-8g,spot,8.816,autoscaler
a2-megagpu-16g,on_demand,55.739504,autoscaler
a2-ultragpu-1g,on_demand,5.0688,autoscaler
a2-ultragpu-1g,spot,1.6,autoscaler
a2-ultragpu-8g,on_demand,40.5504,autoscaler
a2-ultragpu-8g,spot,12.8,autoscaler
g2-standard-4,on_demand,0.76,autoscaler
g2-standard-8,on_demand,0.91,autoscaler
g2-standard-12,on_demand,1.06,autoscaler
g2-standard-16,on_demand,1.20,autoscaler
g2-standard-24,on_demand,2.11,autoscaler
g2-standard-32,on_demand,1.79,autoscaler
g2-standard-48,on_demand,4.23,autoscaler
g2-standard-96,on_demand,8.46,autoscaler
a3-highgpu-8g,on_demand,88.49,third-party
a3-megagpu-8g,on_demand,93.40,third-party
a3-ultragpu-8g,on_demand,84.807,third-party
a4-highgpu-8g,flex_start,90.22,third-party
a4-highgpu-8g,spot,39.63,third-party
g4-standard-48,on_demand,4.49993,third-party
g4-standard-96,on_demand,9.0002,dstack
g4-standard-192,on_demand,18.0003,dstack
g4-standard-384,on_demand,36.0006,dstack
"""
# Read again 2026-11-21 in SkyPilot's catalog (catalogs/v8/gcp/vms.csv, fed from the Billing Catalog): the
# a2-highgpu and a2-megagpu rows on demand are the same to the cent, a4-highgpu-8g by flex start is 90.216.
# Its other GPUs show prices of commitments, so they confirm nothing.
_SPOT_CHANGES = "spot prices change monthly"
_SPOT_SINCE = {
    "a2-highgpu-1g": f"{_SPOT_CHANGES}; SkyPilot's catalog shows about 1.80 (2026)",
    "a2-highgpu-8g": f"{_SPOT_CHANGES}; SkyPilot's catalog shows about 14.43 (2026)",
    "a2-ultragpu-1g": _SPOT_CHANGES,
    "a2-ultragpu-8g": _SPOT_CHANGES,
    "a4-highgpu-8g": f"{_SPOT_CHANGES}; SkyPilot's catalog shows about 32.61 (2026)",
}
_DSTACK = "dstack's catalog, fed from the Billing Catalog (dstackai/dstack#3213, 2025-10-22)"


def price(machine: str, region: str, option: PurchaseOption) -> Price | None:
    """Price of one machine, or ``None`` when no source gives it for that region and purchase option.

    Another region's price is never taken instead. Tables: AWS us-east-1 and GCP us-central1.
    """
    return PRICES.get((machine, region, option))


def _aws_on_demand(row: str) -> tuple[str, Price]:
    name, amount = row.split(",")
    return name, Price(
        Decimal(amount), _AWS_REGION, PurchaseOption.ON_DEMAND, _KARPENTER, _AWS_DATE, third_party=False
    )


def _aws_capacity_block(row: str) -> tuple[str, Price]:
    name, gpus, amount = row.split(",")
    return name, Price(
        int(gpus) * Decimal(amount),
        _AWS_REGION,
        PurchaseOption.CAPACITY_BLOCK,
        _BLOCK_SOURCE,
        _BLOCK_DATE,
        third_party=True,
        note="region not stated by the source",
    )


def _gcp(row: str) -> tuple[str, Price]:
    name, option, amount, source = row.split(",")
    sources = {"third-party": "third-party price page", "dstack": _DSTACK, "autoscaler": _AUTOSCALER}
    notes = {"g2": _G2_CONFLICT, "a4": _FLEX_UPPER if option == "flex_start" else None}
    spot = _SPOT_SINCE.get(name) if option == "spot" else None
    return name, Price(
        Decimal(amount),
        _GCP_REGION,
        PurchaseOption(option),
        sources[source],
        _GCP_READ,
        third_party=source != "autoscaler",
        note=spot or notes.get(name.split("-")[0]),
    )


PRICES: Mapping[tuple[str, str, PurchaseOption], Price] = {
    (name, row.region, row.option): row
    for name, row in (
        *map(_aws_on_demand, _AWS_ON_DEMAND.split()),
        *map(_aws_capacity_block, _AWS_CAPACITY_BLOCK.split()),
        *map(_gcp, _GCP.split()),
    )
}
"""Every price of the library, by machine, region and purchase option."""

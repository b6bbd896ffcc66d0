"""Prices of EC2 machines from AWS: on demand from the Price List API, spot from the spot price history."""

from __future__ import annotations

import datetime
import json
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, Protocol

from .price_file import Refreshed, RefreshError
from .prices import PurchaseOption
from .spec import PriceSpec

PRICE_LIST_REGION = "us-east-1"
"""The Price List API has endpoints in few regions; each of them knows the prices of all regions."""

# The attributes that single out one price of a machine: Linux, shared, without software of its own, running.
# A machine that is also sold in Capacity Blocks has a second product at 0 dollars; only marketoption tells.
_ATTRIBUTES = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "marketoption": "OnDemand",
}
_NO_BOTO3 = "boto3 is not installed; install it with: pip install 'ai-platform[aws]'"
_PERMISSIONS = "the credentials need pricing:GetProducts and ec2:DescribeSpotPriceHistory"


class Pages(Protocol):
    """A botocore paginator."""

    def paginate(self, **arguments: Any) -> Iterable[Mapping[str, Any]]:
        """The answer, page by page."""


class Client(Protocol):
    """A botocore client, as far as it is used here."""

    def get_paginator(self, operation_name: str) -> Pages:
        """The paginator of an operation."""


def refresh(region: str, machines: Collection[str], now: datetime.datetime) -> Refreshed:
    """Asks AWS with the environment's credentials. Raises ``RefreshError`` without boto3 or an answer."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise RefreshError(_NO_BOTO3) from None
    try:
        pricing = boto3.client("pricing", region_name=PRICE_LIST_REGION)
        return aws_prices(pricing, boto3.client("ec2", region_name=region), region, machines, now)
    except (BotoCoreError, ClientError) as error:
        raise RefreshError(f"AWS gave no prices: {error}; {_PERMISSIONS}") from None
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise RefreshError(f"AWS gave an answer of another shape than expected: {error!r}") from None


def aws_prices(
    pricing: Client, ec2: Client, region: str, machines: Collection[str], now: datetime.datetime
) -> Refreshed:
    """On-demand and spot prices of ``machines`` in ``region``; reserved ones and blocks are not asked for."""
    on_demand, doubts = _on_demand(pricing, region, machines, now.date())
    spot = _spot(ec2, region, machines, now)
    unpriced = {}
    for name in sorted(machines):
        if name not in on_demand:
            unpriced[f"{name} on_demand"] = doubts.get(name, "not in the Price List of this region")
        if name not in spot:
            unpriced[f"{name} spot"] = "not in the spot price history of this region"
    rows = [found[name] for name in sorted(machines) for found in (on_demand, spot) if name in found]
    return Refreshed(rows, unpriced)


def _on_demand(
    pricing: Client, region: str, machines: Collection[str], read_on: datetime.date
) -> tuple[dict[str, PriceSpec], dict[str, str]]:
    wanted = {**_ATTRIBUTES, "regionCode": region}
    filters = [{"Type": "TERM_MATCH", "Field": key, "Value": value} for key, value in wanted.items()]
    amounts: dict[str, set[Decimal]] = {}
    published = ""
    for page in pricing.get_paginator("get_products").paginate(
        ServiceCode="AmazonEC2", Filters=filters, FormatVersion="aws_v1"
    ):
        for text in page["PriceList"]:
            entry = json.loads(text)
            attributes = entry["product"]["attributes"]
            name = attributes.get("instanceType")
            if name in machines and all(attributes.get(key) == value for key, value in wanted.items()):
                amounts.setdefault(name, set()).update(_usd_an_hour(entry))
                published = max(published, entry.get("publicationDate", ""))
    source = "AWS Price List API" + (f", published {published[:10]}" if published else "")
    rows, doubts = {}, {}
    for name, found in amounts.items():
        if len(found) == 1:
            rows[name] = PriceSpec(
                machine=name, region=region, usd_per_hour=found.pop(), source=source, date=read_on
            )
        elif found:
            shown = ", ".join(f"{amount:f}" for amount in sorted(found))
            doubts[name] = f"several prices for the same machine: {shown}"
    return rows, doubts


def _usd_an_hour(entry: Mapping[str, Any]) -> set[Decimal]:
    return {
        amount
        for offer in entry.get("terms", {}).get("OnDemand", {}).values()
        for dimension in offer["priceDimensions"].values()
        if dimension["unit"] == "Hrs"
        for amount in [Decimal(dimension["pricePerUnit"].get("USD", "0"))]
        if amount
    }


def _spot(
    ec2: Client, region: str, machines: Collection[str], now: datetime.datetime
) -> dict[str, PriceSpec]:
    latest: dict[tuple[str, str], tuple[datetime.datetime, Decimal]] = {}
    # A history that starts now is the price of now in each zone.
    for page in ec2.get_paginator("describe_spot_price_history").paginate(
        StartTime=now,
        ProductDescriptions=["Linux/UNIX"],
        Filters=[{"Name": "instance-type", "Values": sorted(machines)}],
    ):
        for entry in page["SpotPriceHistory"]:
            key = entry["InstanceType"], entry["AvailabilityZone"]
            said = entry["Timestamp"], Decimal(entry["SpotPrice"])
            if said[1] and entry["InstanceType"] in machines:
                latest[key] = max(latest.get(key, said), said)
    by_machine: dict[str, list[Decimal]] = {}
    for (name, _), (_, amount) in latest.items():
        by_machine.setdefault(name, []).append(amount)
    return {
        name: PriceSpec(
            machine=name,
            region=region,
            option=PurchaseOption.SPOT,
            usd_per_hour=max(amounts),
            source="EC2 spot price history",
            date=now.date(),
            note=_span(amounts),
        )
        for name, amounts in by_machine.items()
    }


def _span(amounts: list[Decimal]) -> str:
    low, high = (f"{amount.normalize():f}" for amount in (min(amounts), max(amounts)))
    zones = "1 zone" if len(amounts) == 1 else f"{len(amounts)} zones, the dearest counts"
    return f"spot changes; {low if low == high else f'{low} to {high}'} in {zones}"

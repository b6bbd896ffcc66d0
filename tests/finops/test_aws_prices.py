"""Answers have the shape of AWS's: price list entries are JSON texts, and a Capacity Block is 0 dollars."""

import datetime
import json
from decimal import Decimal

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import Stubber

from ai_platform.finops.aws_prices import PRICE_LIST_REGION, aws_prices, refresh
from ai_platform.finops.price_file import RefreshError
from ai_platform.finops.prices import PurchaseOption

NOW = datetime.datetime(2026, 11, 21, 7, 30, tzinfo=datetime.UTC)
MACHINES = {"p5.48xlarge", "p5e.48xlarge", "g6.xlarge"}


def product(name, usd, sku, **attributes):
    term = f"{sku}.JRTCKXETXF"
    given = {
        "instanceType": name,
        "regionCode": "us-east-1",
        "locationType": "AWS Region",
        "location": "US East (N. Virginia)",
        "operatingSystem": "Linux",
        "tenancy": "Shared",
        "preInstalledSw": "NA",
        "licenseModel": "No License required",
        "capacitystatus": "Used",
        "marketoption": "OnDemand",
        "operation": "RunInstances",
        "usagetype": f"BoxUsage:{name}",
    }
    dimension = {
        "unit": "Hrs",
        "endRange": "Inf",
        "description": f"${usd} per On Demand Linux {name} Instance Hour",
        "appliesTo": [],
        "rateCode": f"{term}.6YS6EN2CT7",
        "beginRange": "0",
        "pricePerUnit": {"USD": usd},
    }
    offer = {
        "priceDimensions": {dimension["rateCode"]: dimension},
        "sku": sku,
        "effectiveDate": "2026-11-01T00:00:00Z",
        "offerTermCode": "JRTCKXETXF",
        "termAttributes": {},
    }
    return json.dumps(
        {
            "product": {
                "productFamily": "Compute Instance",
                "attributes": {**given, **attributes},
                "sku": sku,
            },
            "serviceCode": "AmazonEC2",
            "terms": {"OnDemand": {term: offer}, "Reserved": {}},
            "version": "20261119203421",
            "publicationDate": "2026-11-19T20:34:21Z",
        }
    )


P5 = product("p5.48xlarge", "55.0400000000", "AAAA")
P5_BLOCK = product(
    "p5.48xlarge", "0.0000000000", "BBBB", marketoption="CapacityBlock", operation="RunInstances:CB"
)
G6 = product("g6.xlarge", "0.8048000000", "CCCC")
OTHERS = [
    product("m5.xlarge", "0.1920000000", "DDDD"),
    product("g6.xlarge", "1.2500000000", "EEEE", operatingSystem="Windows"),
    product("g6.xlarge", "0.9000000000", "FFFF", regionCode="us-east-1-bos-1"),
]


def spot(name, zone, usd, minutes=0):
    return {
        "AvailabilityZone": f"us-east-1{zone}",
        "InstanceType": name,
        "ProductDescription": "Linux/UNIX",
        "SpotPrice": usd,
        "Timestamp": NOW - datetime.timedelta(minutes=minutes),
    }


SPOT = [
    spot("p5.48xlarge", "a", "21.500000", 90),
    spot("p5.48xlarge", "a", "20.000000", 5),
    spot("p5.48xlarge", "b", "24.750000"),
    spot("m5.xlarge", "a", "0.070000"),
]


class Fake:
    """A client whose paginators give pages and remember what was asked."""

    def __init__(self, pages):
        self.pages, self.asked = pages, {}

    def get_paginator(self, operation):
        self.operation = operation
        return self

    def paginate(self, **arguments):
        self.asked = arguments
        return iter(self.pages)


def asked(price_list, history=(), machines=MACHINES):
    half = len(price_list) // 2
    pricing = Fake([{"PriceList": price_list[:half]}, {"PriceList": price_list[half:]}])
    ec2 = Fake([{"SpotPriceHistory": list(history)}, {"SpotPriceHistory": []}])
    return pricing, ec2, aws_prices(pricing, ec2, "us-east-1", machines, NOW)


def prices(found):
    return {(row.machine, row.option): row.usd_per_hour for row in found.rows}


def test_on_demand_prices_are_those_of_shared_linux_machines_in_the_region():
    _, _, found = asked([P5_BLOCK, P5, *OTHERS, G6])
    assert prices(found) == {
        ("p5.48xlarge", PurchaseOption.ON_DEMAND): Decimal("55.04"),
        ("g6.xlarge", PurchaseOption.ON_DEMAND): Decimal("0.8048"),
    }
    row = found.rows[0]
    assert row.source == "AWS Price List API, published 2026-11-19"
    assert row.date == NOW.date()


def test_all_ten_places_behind_the_point_of_the_price_list_are_kept():
    _, _, found = asked([product("g6.xlarge", "0.8048000001", "CCCC")])
    assert prices(found) == {("g6.xlarge", PurchaseOption.ON_DEMAND): Decimal("0.8048000001")}


def test_the_price_list_is_asked_for_exactly_these():
    pricing, ec2, _ = asked([P5])
    filters = {each["Field"]: each["Value"] for each in pricing.asked["Filters"]}
    assert filters["marketoption"] == "OnDemand"
    assert filters["regionCode"] == "us-east-1"
    assert pricing.asked["ServiceCode"] == "AmazonEC2"
    assert ec2.asked["StartTime"] == NOW


def test_spot_takes_the_newest_price_of_each_zone_and_the_dearest_zone():
    _, _, found = asked([], SPOT)
    [row] = found.rows
    assert (row.machine, row.option, row.usd_per_hour) == ("p5.48xlarge", "spot", Decimal("24.75"))
    assert "20 to 24.75 in 2 zones" in row.note


def test_what_has_no_price_is_named_with_the_reason():
    _, _, found = asked([P5, P5_BLOCK], SPOT)
    assert "p5.48xlarge on_demand" not in found.unpriced
    assert "Price List" in found.unpriced["p5e.48xlarge on_demand"]
    assert "history" in found.unpriced["g6.xlarge spot"]


def test_two_prices_for_one_machine_are_no_price():
    _, _, found = asked([P5, product("p5.48xlarge", "50.0000000000", "GGGG")])
    assert not found.rows
    assert "several prices" in found.unpriced["p5.48xlarge on_demand"]


def test_without_boto3_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "boto3", None)
    with pytest.raises(RefreshError, match=r"ai-platform\[aws\]"):
        refresh("us-east-1", MACHINES, NOW)


def test_botocore_accepts_what_is_asked_and_gives_it_page_by_page():
    def client(service, region):
        return boto3.client(service, region_name=region, aws_access_key_id="x", aws_secret_access_key="x")

    pricing, ec2 = client("pricing", PRICE_LIST_REGION), client("ec2", "us-east-1")
    with Stubber(pricing) as lists, Stubber(ec2) as history:
        lists.add_response(
            "get_products", {"FormatVersion": "aws_v1", "PriceList": [P5_BLOCK, P5], "NextToken": "n"}
        )
        lists.add_response("get_products", {"FormatVersion": "aws_v1", "PriceList": [G6]})
        history.add_response("describe_spot_price_history", {"SpotPriceHistory": SPOT[:2], "NextToken": "n"})
        history.add_response("describe_spot_price_history", {"SpotPriceHistory": SPOT[2:], "NextToken": ""})
        found = aws_prices(pricing, ec2, "us-east-1", MACHINES, NOW)
        lists.assert_no_pending_responses()
        history.assert_no_pending_responses()
    assert len(found.rows) == 3


def test_a_refusal_of_aws_is_one_sentence_with_the_permissions(monkeypatch):
    def refuse(*_, **__):
        raise NoCredentialsError

    monkeypatch.setattr(boto3, "client", refuse)
    with pytest.raises(RefreshError, match="pricing:GetProducts"):
        refresh("us-east-1", MACHINES, NOW)

"""SKUs are named and shaped as the catalog does; sums are those of public list prices."""

import datetime
import json
import threading
from collections.abc import Callable
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlparse
from zlib import crc32

import pytest

from ai_platform.finops.gcp_prices import COMPUTE_ENGINE, KEY_VARIABLE, GcpMachine, gcp_prices, refresh, skus
from ai_platform.finops.price_file import RefreshError
from ai_platform.finops.prices import PurchaseOption, price

DAY = datetime.date(2026, 11, 21)
BOTH = (PurchaseOption.ON_DEMAND, PurchaseOption.SPOT)
A2 = GcpMachine("a2-highgpu-1g", "nvidia-tesla-a100", 1, 12, 85, 0, BOTH)
MEGA = GcpMachine("a3-megagpu-8g", "nvidia-h100-mega-80gb", 8, 208, 1872, 6000, BOTH)
A4 = GcpMachine("a4-highgpu-8g", "nvidia-b200", 8, 224, 3968, 12000, (PurchaseOption.SPOT,))


def sku(
    description, usd, group="GPU", unit="h", usage="OnDemand", regions=("us-central1", "us-east1"), **price
):
    whole, _, part = usd.partition(".")
    amount = {"currencyCode": "USD", "units": whole, "nanos": int(part.ljust(9, "0") or 0), **price}
    return {
        "name": f"services/{COMPUTE_ENGINE}/skus/0000",
        "skuId": f"{crc32(f'{description} {usd}'.encode()):08X}",
        "description": description,
        "category": {
            "serviceDisplayName": "Compute Engine",
            "resourceFamily": "Compute",
            "resourceGroup": group,
            "usageType": usage,
        },
        "serviceRegions": list(regions),
        "pricingInfo": [
            {
                "summary": "",
                "pricingExpression": {
                    "usageUnit": unit,
                    "displayQuantity": 1,
                    "tieredRates": [{"startUsageAmount": 0, "unitPrice": amount}],
                },
                "currencyConversionRate": 1,
                "effectiveTime": "2026-11-20T11:00:00Z",
            }
        ],
        "serviceProviderName": "Google",
    }


A2_CORE = sku("A2 Instance Core running in Americas", "0.031611", "CPU")
A2_RAM = sku("A2 Instance Ram running in Americas", "0.004237", "RAM", "GiBy.h")
A100 = sku("Nvidia Tesla A100 GPU running in Americas", "2.933908")
MEGA_GPU = sku("Nvidia H100 80GB Mega GPU running in Americas", "10.344276")
MEGA_CORE = sku("A3Plus Instance Core running in Americas", "0.026924", "CPU")
MEGA_RAM = sku("A3Plus Instance Ram running in Americas", "0.002344", "RAM", "GiBy.h")
SSD = sku("SSD backed Local Storage", "0.08", "LocalSSD", "GiBy.mo")
SPOT = {"usage": "Preemptible"}
A2_SPOT = [
    sku("Spot Preemptible A2 Instance Core running in Americas", "0.012", "CPU", **SPOT),
    sku("Spot Preemptible A2 Instance Ram running in Americas", "0.0016", "RAM", "GiBy.h", **SPOT),
    sku("Nvidia Tesla A100 GPU attached to Spot Preemptible VMs running in Americas", "0.88", **SPOT),
]
NOISE = [
    sku("Nvidia H100 80GB Mega GPU attached to DWS Defined Duration VMs running in Americas", "4.423936"),
    sku("DWS Calendar Mode Nvidia H100 80GB Mega GPU running in Americas", "5"),
    sku("Reserved Nvidia H100 80GB Mega GPU in Americas", "0"),
    sku("Commitment v1: Nvidia Tesla A100 GPU running in Americas for 1 Year", "1.8", usage="Commit1Yr"),
    sku("Nvidia Tesla A100 GPU running in Frankfurt", "3.2", regions=["europe-west3"]),
    sku("Nvidia Tesla A100 80GB GPU running in Americas", "3.92808"),
    sku("N2 Instance Core running in Americas", "0.031611", "CPU"),
    {**sku("Network", "1"), "pricingInfo": []},
]


def prices(found):
    return {(row.machine, row.option): row.usd_per_hour for row in found.rows}


def test_a_machine_costs_its_cpus_memory_and_gpus():
    found = gcp_prices([*NOISE, A2_CORE, A2_RAM, A100, *A2_SPOT], "us-central1", [A2], DAY)
    listed = price("a2-highgpu-1g", "us-central1", PurchaseOption.ON_DEMAND)
    assert prices(found) == {
        ("a2-highgpu-1g", "on_demand"): listed.usd_per_hour,
        ("a2-highgpu-1g", "spot"): Decimal("1.16"),
    }
    assert found.rows[0].source.count("+") == 2
    assert found.rows[0].date == DAY


def test_disks_that_a_machine_always_has_are_part_of_its_price():
    found = gcp_prices([*NOISE, MEGA_GPU, MEGA_CORE, MEGA_RAM, SSD], "us-central1", [MEGA], DAY)
    [row] = found.rows
    listed = price("a3-megagpu-8g", "us-central1", PurchaseOption.ON_DEMAND)
    assert row.usd_per_hour.quantize(Decimal("0.01")) == listed.usd_per_hour
    assert "no SKU" in found.unpriced["a3-megagpu-8g spot"]


@pytest.mark.parametrize("missing", [MEGA_GPU, MEGA_CORE, MEGA_RAM, SSD])
def test_a_machine_without_one_of_its_parts_is_unknown_never_cheaper(missing):
    parts = [part for part in (MEGA_GPU, MEGA_CORE, MEGA_RAM, SSD) if part is not missing]
    found = gcp_prices([*NOISE, *parts], "us-central1", [MEGA], DAY)
    assert not found.rows


def test_the_slice_of_an_a4_is_the_price_of_its_part_of_the_machine():
    name = "A4 Nvidia B200 (1 gpu slice)"
    for description in (
        f"Spot Preemptible {name} running in Americas",
        f"{name} attached to Spot Preemptible VMs running in Americas",
    ):
        found = gcp_prices([sku(description, "4.95375", **SPOT)], "us-central1", [A4], DAY)
        assert prices(found) == {("a4-highgpu-8g", "spot"): Decimal("39.63")}


def test_two_prices_for_one_part_make_the_machine_unknown():
    other = sku("A2 Instance Core running in Iowa", "0.05", "CPU")
    found = gcp_prices([A2_CORE, other, A2_RAM, A100], "us-central1", [A2], DAY)
    assert not found.rows
    assert "2 SKUs" in found.unpriced["a2-highgpu-1g on_demand"]


def test_the_same_part_listed_twice_for_the_same_price_is_one():
    again = sku("A2 Instance Core running in Iowa", "0.031611", "CPU")
    assert gcp_prices([A2_CORE, again, A2_RAM, A100], "us-central1", [A2], DAY).rows


def test_prices_of_another_currency_or_with_tiers_are_not_taken():
    euro = sku("Nvidia Tesla A100 GPU running in Americas", "2.9", currencyCode="EUR")
    tiers = sku("Nvidia Tesla A100 GPU running in Americas", "2.9")
    tiers["pricingInfo"][0]["pricingExpression"]["tieredRates"] *= 2
    for wrong in (euro, tiers):
        assert not gcp_prices([A2_CORE, A2_RAM, wrong], "us-central1", [A2], DAY).rows


def test_a_machine_whose_skus_nobody_knows_is_unknown():
    found = gcp_prices([], "us-central1", [GcpMachine("a9-1g", "x", 1, 1, 1, 0, BOTH)], DAY)
    assert set(found.unpriced.values()) == {"the names of its SKUs are not known"}


KEY = "AIza-test-key"
ALL = [*NOISE, A2_CORE, A2_RAM, A100, *A2_SPOT]


class Catalog(BaseHTTPRequestHandler):
    """Pages as the Cloud Billing Catalog does: the last page has no nextPageToken, or an empty one."""

    server: "CatalogServer"

    def do_GET(self):
        self.server.seen.append((self.path, self.headers["X-Goog-Api-Key"]))
        query = parse_qs(urlparse(self.path).query)
        status, body = self.server.answer(query.get("pageToken", [""])[0])
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.end_headers()
        self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

    def log_message(self, *_):
        """Nothing on stderr."""


class CatalogServer(HTTPServer):
    """What was asked, and what is answered to a page token."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Catalog)
        self.seen: list = []
        self.answer: Callable = lambda _: (200, {})
        self.url = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def catalog():
    server = CatalogServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_all_pages_are_read_and_the_key_stands_in_no_address(catalog):
    pages = {"": (ALL[:5], "two"), "two": (ALL[5:], "three"), "three": ([], "")}

    def answer(token):
        found, following = pages[token]
        return 200, {"skus": found, "nextPageToken": following} if found else {}

    catalog.answer = answer
    found = gcp_prices(skus(KEY, base_url=catalog.url), "us-central1", [A2], DAY)
    assert len(found.rows) == 2
    assert [key for _, key in catalog.seen] == [KEY] * 3
    assert not any(KEY in path for path, _ in catalog.seen)
    assert urlparse(catalog.seen[0][0]).path == f"/v1/services/{COMPUTE_ENGINE}/skus"


INVALID = {"error": {"code": 400, "message": f"API key {KEY} not valid.", "status": "INVALID_ARGUMENT"}}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((400, INVALID), "answers 400: API key .* not valid"),
        ((403, b"<html>"), "answers 403: no reason"),
        ((302, {}), "answers 302"),
        ((200, b"not json"), "can't be read"),
        ((200, []), "something else"),
        ((200, {"skus": [], "nextPageToken": "again"}), "repeats a page"),
    ],
)
def test_every_failure_is_one_sentence_without_the_key(answer, said, catalog):
    catalog.answer = lambda _: answer
    with pytest.raises(RefreshError, match=said) as caught:
        list(skus(KEY, base_url=catalog.url))
    assert KEY not in str(caught.value)


def test_a_catalog_that_is_not_there_is_one_sentence(catalog):
    with pytest.raises(RefreshError, match="can't be read"):
        list(skus(KEY, base_url="http://127.0.0.1:9"))


def test_without_a_key_the_variable_is_named(monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with pytest.raises(RefreshError, match=KEY_VARIABLE):
        refresh("us-central1", [A2], DAY)

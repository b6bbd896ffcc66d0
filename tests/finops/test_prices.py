from decimal import Decimal

from ai_platform.finops.prices import PRICES, PurchaseOption, price
from ai_platform.gpu.machines import MACHINES, Cloud

ON_DEMAND = PurchaseOption.ON_DEMAND


def test_every_priced_machine_is_in_the_catalog_of_its_cloud():
    regions = {Cloud.AWS: "us-east-1", Cloud.GCP: "us-central1"}
    for name, region, _ in PRICES:
        assert regions[MACHINES[name].cloud] == region


def test_no_price_is_zero():
    assert all(price(*key).usd_per_hour > 0 for key in PRICES)


def test_every_aws_machine_on_sale_by_the_hour_has_a_price():
    unpriced = {
        row.name
        for row in MACHINES.values()
        if row.cloud is Cloud.AWS and price(row.name, "us-east-1", ON_DEMAND) is None
    }
    assert unpriced == {"p5e.48xlarge", "p6e-gb200.36xlarge"}


def test_prices_keep_every_digit():
    assert price("p4d.24xlarge", "us-east-1", ON_DEMAND).usd_per_hour == Decimal("21.957642")
    assert price("p5.48xlarge", "us-east-1", ON_DEMAND).usd_per_hour == Decimal("55.04")
    assert price("a2-ultragpu-8g", "us-central1", PurchaseOption.SPOT).usd_per_hour == Decimal("12.8")


def test_capacity_blocks_are_priced_by_the_machine():
    row = price("p6-b200.48xlarge", "us-east-1", PurchaseOption.CAPACITY_BLOCK)
    assert row.usd_per_hour == Decimal("98.840")
    assert row.third_party


def test_what_is_not_listed_is_unknown():
    assert price("p5.48xlarge", "eu-central-1", ON_DEMAND) is None
    assert price("p5.48xlarge", "us-east-1", PurchaseOption.SPOT) is None
    assert price("a4-highgpu-8g", "us-central1", ON_DEMAND) is None
    assert price("no-such-machine", "us-east-1", ON_DEMAND) is None


def test_the_source_of_a_price_is_told():
    assert not price("g6.xlarge", "us-east-1", ON_DEMAND).third_party
    assert price("a3-highgpu-8g", "us-central1", ON_DEMAND).third_party
    assert "64.44" in price("a4-highgpu-8g", "us-central1", PurchaseOption.FLEX_START).note
    assert "change monthly" in price("a4-highgpu-8g", "us-central1", PurchaseOption.SPOT).note

import csv
import io
from decimal import Decimal

from ai_platform.components.charts import CHARTS, ChartName
from ai_platform.finops.opencost import (
    MachineRate,
    PoolRate,
    monitor_manifest,
    opencost_values,
    prices_csv,
    prices_manifest,
)

COLUMNS = (
    "EndTimestamp",
    "InstanceID",
    "Region",
    "AssetClass",
    "InstanceIDField",
    "InstanceType",
    "MarketPriceHourly",
    "Version",
)
"""As OpenCost reads them, in this order: pkg/cloud/provider/csvprovider.go."""
RATES = [PoolRate("h100", Decimal("55.04")), MachineRate("us-east-1", "m7i.xlarge", Decimal("0.2016"))]


def rows():
    return [dict(zip(COLUMNS, row, strict=True)) for row in csv.reader(io.StringIO(prices_csv(RATES)))]


def test_every_row_has_opencosts_columns_and_there_is_no_header():
    assert [row["MarketPriceHourly"] for row in rows()] == ["55.04", "0.2016"]
    assert {row["AssetClass"] for row in rows()} == {"node"}


def test_a_pool_is_found_by_the_label_of_its_nodes():
    pool, _ = rows()
    # OpenCost takes what follows `metadata.labels.` for the key.
    assert pool["InstanceIDField"].removeprefix("metadata.labels.") == "ai-platform/pool"
    assert (pool["InstanceID"], pool["Region"]) == ("h100", "")


def test_a_row_fits_nothing_but_what_it_is_for():
    pool, machine = rows()
    # OpenCost also compares region and machine type, and takes that before the label. Labels have no slash.
    assert "/" in pool["InstanceType"]
    assert "/" in machine["InstanceID"]
    assert (machine["Region"], machine["InstanceType"]) == ("us-east-1", "m7i.xlarge")


def test_opencost_mounts_the_prices_that_the_plan_wrote():
    values = opencost_values("prod", {})
    [volume], [mount] = values["extraVolumes"], values["opencost"]["exporter"]["extraVolumeMounts"]
    manifest = prices_manifest(RATES)
    assert volume["configMap"]["name"] == manifest["metadata"]["name"]
    env = values["opencost"]["exporter"]["extraEnv"]
    folder, _, file = env["CSV_PATH"].rpartition("/")
    assert (mount["mountPath"], mount["name"]) == (folder, volume["name"])
    assert file in manifest["data"]


def test_opencost_asks_our_prometheus_and_is_scraped_by_it():
    internal = opencost_values("prod", {})["opencost"]["prometheus"]["internal"]
    assert internal["namespaceName"] == CHARTS[ChartName.PROMETHEUS].namespace
    spec = monitor_manifest()["spec"]
    assert spec["namespaceSelector"]["matchNames"] == [CHARTS[ChartName.OPENCOST].namespace]


def test_opencost_offers_neither_a_page_nor_a_server_for_agents():
    opencost = opencost_values("prod", {})["opencost"]
    assert not opencost["ui"]["enabled"]
    assert not opencost["mcp"]["enabled"]


def test_gpus_bear_what_a_node_costs():
    weights = opencost_values("prod", {})["opencost"]["customPricing"]["costModel"]
    cpus, gib, gpus = 192, 2048, 8
    beside = cpus * Decimal(weights["CPU"]) + gib * Decimal(weights["RAM"])
    assert beside / (beside + gpus * Decimal(weights["GPU"])) < Decimal("0.01")


def test_opencost_makes_up_no_price_of_volumes_and_traffic():
    weights = opencost_values("prod", {})["opencost"]["customPricing"]["costModel"]
    assert {key for key, weight in weights.items() if weight == "0"} == {
        "storage",
        "zoneNetworkEgress",
        "regionNetworkEgress",
        "internetNetworkEgress",
    }

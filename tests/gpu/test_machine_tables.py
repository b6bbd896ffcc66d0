from ai_platform.finops.prices import PRICES, PurchaseOption
from ai_platform.gpu.gpus import GPUS
from ai_platform.gpu.machine_tables import AWS, GCP, NO_MIG, PROVISIONAL, SALES, sales
from ai_platform.gpu.machines import MACHINES, Cloud, machine

UNPRICED = {
    "p5e.48xlarge",
    "a2-ultragpu-2g",
    "a2-ultragpu-4g",
    "a3-highgpu-1g",
    "a3-highgpu-2g",
    "a3-highgpu-4g",
    "a3-edgegpu-8g",
    "a4x-highgpu-4g",
    "a4x-maxgpu-4g-metal",
}
"""Machines for which no source gives any price."""


def test_every_row_is_one_machine_and_names_its_source():
    rows = [*AWS.records(), *GCP.records()]
    assert [row["name"] for row in rows] == list(MACHINES)
    assert all("(20" in machine.source for machine in MACHINES.values())


def test_every_machine_has_a_price_or_is_listed_as_unpriced():
    assert {row.name for row in MACHINES.values()} - {name for name, _, _ in PRICES} == UNPRICED


def test_every_priced_option_is_one_that_the_machine_is_sold_as():
    wrong = [key for key in PRICES if key[2] not in MACHINES[key[0]].purchase_options]
    assert not wrong


def test_every_machine_is_sold_somehow_and_only_by_options_of_its_cloud():
    foreign = {Cloud.AWS: PurchaseOption.FLEX_START, Cloud.GCP: PurchaseOption.CAPACITY_BLOCK}
    for row in MACHINES.values():
        assert row.purchase_options, row.name
        assert foreign[row.cloud] not in row.purchase_options, row.name
        assert list(row.purchase_options) == [o for o in PurchaseOption if o in row.purchase_options]


def test_every_entry_about_sales_and_gaps_is_of_use():
    assert {sales(name).prefixes for name in MACHINES} == {entry.prefixes for entry in SALES}
    for prefix in PROVISIONAL:
        assert any(name.startswith(prefix) for name in MACHINES), prefix
    assert set(MACHINES) >= NO_MIG


def test_options_without_a_source_say_that_they_are_general_knowledge():
    assert all(entry.provisional for entry in SALES if entry.source == "none found")


def test_mig_is_for_gpus_that_have_it():
    for row in MACHINES.values():
        assert not row.mig or GPUS[row.gpu].geometry is not None


def test_sizes_of_a_family_grow_with_its_gpus():
    small, large = machine("a3-highgpu-1g"), machine("a3-highgpu-4g")
    assert (small.local_disk_gib, small.network_gbps) == (750, 25)
    assert (large.local_disk_gib, large.network_gbps) == (3000, 100)
    assert machine("a2-ultragpu-8g").local_disk_gib == 3000


def test_what_is_sold_only_ahead_of_time_is_not_sold_on_demand():
    assert machine("p5e.48xlarge").purchase_options == (PurchaseOption.CAPACITY_BLOCK,)
    assert PurchaseOption.ON_DEMAND not in machine("a3-highgpu-2g").purchase_options
    assert PurchaseOption.ON_DEMAND in machine("p5.48xlarge").purchase_options


def test_machines_of_gcp_are_those_of_its_docs():
    """Compute Engine docs, GPU machine types, of 2026-04-14: vCPU, GB, GiB of local disks, Gbps."""
    published = {
        "a4x-maxgpu-4g-metal": (144, 960, 12000, 3600),
        "a4x-highgpu-4g": (140, 884, 12000, 2000),
        "a4-highgpu-8g": (224, 3968, 12000, 3600),
        "a3-ultragpu-8g": (224, 2952, 12000, 3600),
        "a3-megagpu-8g": (208, 1872, 6000, 1800),
        "a3-highgpu-1g": (26, 234, 750, 25),
        "a3-highgpu-2g": (52, 468, 1500, 50),
        "a3-highgpu-4g": (104, 936, 3000, 100),
        "a3-highgpu-8g": (208, 1872, 6000, 1000),
        "a3-edgegpu-8g": (208, 1872, 6000, 400),
        "a2-ultragpu-1g": (12, 170, 375, 24),
        "a2-ultragpu-2g": (24, 340, 750, 32),
        "a2-ultragpu-4g": (48, 680, 1500, 50),
        "a2-ultragpu-8g": (96, 1360, 3000, 100),
        "a2-highgpu-1g": (12, 85, None, 24),
        "a2-highgpu-2g": (24, 170, None, 32),
        "a2-highgpu-4g": (48, 340, None, 50),
        "a2-highgpu-8g": (96, 680, None, 100),
        "a2-megagpu-16g": (96, 1360, None, 100),
        "g4-standard-48": (48, 180, None, 50),
        "g4-standard-96": (96, 360, None, 100),
        "g4-standard-192": (192, 720, None, 200),
        "g4-standard-384": (384, 1440, None, 400),
        "g2-standard-4": (4, 16, None, 10),
        "g2-standard-8": (8, 32, None, 16),
        "g2-standard-12": (12, 48, None, 16),
        "g2-standard-16": (16, 64, None, 32),
        "g2-standard-24": (24, 96, None, 32),
        "g2-standard-32": (32, 128, None, 32),
        "g2-standard-48": (48, 192, None, 50),
        "g2-standard-96": (96, 384, None, 100),
    }
    rows = {row.name: row for row in MACHINES.values() if row.cloud is Cloud.GCP}
    found = {
        name: (row.vcpu, row.memory_gib, row.local_disk_gib, row.network_gbps) for name, row in rows.items()
    }
    assert found == published


def test_what_its_docs_do_not_sell_on_demand_says_so():
    assert PurchaseOption.ON_DEMAND not in machine("a4-highgpu-8g").purchase_options
    assert machine("a4x-highgpu-4g").purchase_options == (PurchaseOption.RESERVED,)
    assert "only with reserved capacity" in machine("a3-ultragpu-8g").purchase_provisional

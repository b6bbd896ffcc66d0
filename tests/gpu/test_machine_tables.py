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
    "g4-standard-96",
    "g4-standard-192",
    "g4-standard-384",
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

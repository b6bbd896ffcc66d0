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


def test_machines_of_aws_are_those_of_karpenters_reference():
    """Karpenter AWS v1.14.1, machines with NVIDIA GPUs: GPU, their number, vCPU, GiB, Gbps, EFA devices.

    Left out are machines with a part of a GPU (g6f), which offer no ``nvidia.com/gpu``.
    """
    published = {
        "g4dn.xlarge": ("T4", 1, 4, 16, 5, 0),
        "g4dn.2xlarge": ("T4", 1, 8, 32, 10, 0),
        "g4dn.4xlarge": ("T4", 1, 16, 64, 20, 0),
        "g4dn.8xlarge": ("T4", 1, 32, 128, 50, 1),
        "g4dn.12xlarge": ("T4", 4, 48, 192, 50, 1),
        "g4dn.16xlarge": ("T4", 1, 64, 256, 50, 1),
        "g4dn.metal": ("T4", 8, 96, 384, 100, 1),
        "g5.xlarge": ("A10G", 1, 4, 16, 2.5, 0),
        "g5.2xlarge": ("A10G", 1, 8, 32, 5, 0),
        "g5.4xlarge": ("A10G", 1, 16, 64, 10, 0),
        "g5.8xlarge": ("A10G", 1, 32, 128, 25, 1),
        "g5.12xlarge": ("A10G", 4, 48, 192, 40, 1),
        "g5.16xlarge": ("A10G", 1, 64, 256, 25, 1),
        "g5.24xlarge": ("A10G", 4, 96, 384, 50, 1),
        "g5.48xlarge": ("A10G", 8, 192, 768, 100, 1),
        "g6.xlarge": ("L4", 1, 4, 16, 2.5, 0),
        "g6.2xlarge": ("L4", 1, 8, 32, 5, 0),
        "g6.4xlarge": ("L4", 1, 16, 64, 10, 0),
        "g6.8xlarge": ("L4", 1, 32, 128, 25, 1),
        "g6.12xlarge": ("L4", 4, 48, 192, 40, 1),
        "g6.16xlarge": ("L4", 1, 64, 256, 25, 1),
        "g6.24xlarge": ("L4", 4, 96, 384, 50, 1),
        "g6.48xlarge": ("L4", 8, 192, 768, 100, 1),
        "gr6.4xlarge": ("L4", 1, 16, 128, 10, 0),
        "gr6.8xlarge": ("L4", 1, 32, 256, 25, 1),
        "g6e.xlarge": ("L40S", 1, 4, 32, 2.5, 0),
        "g6e.2xlarge": ("L40S", 1, 8, 64, 5, 0),
        "g6e.4xlarge": ("L40S", 1, 16, 128, 20, 0),
        "g6e.8xlarge": ("L40S", 1, 32, 256, 25, 1),
        "g6e.12xlarge": ("L40S", 4, 48, 384, 100, 1),
        "g6e.16xlarge": ("L40S", 1, 64, 512, 35, 1),
        "g6e.24xlarge": ("L40S", 4, 96, 768, 200, 2),
        "g6e.48xlarge": ("L40S", 8, 192, 1536, 400, 4),
        "g7.2xlarge": ("RTX PRO 4500", 1, 8, 32, 60, 0),
        "g7.4xlarge": ("RTX PRO 4500", 1, 16, 64, 60, 0),
        "g7.8xlarge": ("RTX PRO 4500", 1, 32, 128, 80, 1),
        "g7.12xlarge": ("RTX PRO 4500", 2, 48, 192, 175, 1),
        "g7.24xlarge": ("RTX PRO 4500", 4, 96, 384, 350, 1),
        "g7.48xlarge": ("RTX PRO 4500", 8, 192, 768, 700, 2),
        "g7e.2xlarge": ("RTX PRO 6000", 1, 8, 64, 50, 0),
        "g7e.4xlarge": ("RTX PRO 6000", 1, 16, 128, 50, 0),
        "g7e.8xlarge": ("RTX PRO 6000", 1, 32, 256, 100, 1),
        "g7e.12xlarge": ("RTX PRO 6000", 2, 48, 512, 400, 1),
        "g7e.24xlarge": ("RTX PRO 6000", 4, 96, 1024, 800, 2),
        "g7e.48xlarge": ("RTX PRO 6000", 8, 192, 2048, 1600, 4),
        "p3dn.24xlarge": ("V100", 8, 96, 768, 100, 1),
        "p4d.24xlarge": ("A100-40GB", 8, 96, 1152, 400, 4),
        "p4de.24xlarge": ("A100-80GB", 8, 96, 1152, 400, 4),
        "p5.4xlarge": ("H100-80GB", 1, 16, 256, 100, 1),
        "p5.48xlarge": ("H100-80GB", 8, 192, 2048, 3200, 32),
        "p5e.48xlarge": ("H200-141GB", 8, 192, 2048, 3200, 32),
        "p5en.48xlarge": ("H200-141GB", 8, 192, 2048, 3200, 16),
        "p6-b200.48xlarge": ("B200-180GB", 8, 192, 2048, 3200, 8),
        "p6-b300.48xlarge": ("B300", 8, 192, 4096, 6400, 16),
        "p6e-gb200.36xlarge": ("GB200-186GB", 4, 144, 960, None, 4),
    }
    found = {
        row.name: (row.gpu, row.gpu_count, row.vcpu, row.memory_gib, row.network_gbps, row.efa_interfaces)
        for row in MACHINES.values()
        if row.cloud is Cloud.AWS
    }
    assert found == published


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

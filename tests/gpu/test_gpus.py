import re

from ai_platform.gpu.gpus import GPUS, GpuName, MemorySource, MigGeometry


def test_every_gpu_name_has_a_row():
    assert set(GPUS) == set(GpuName)


def test_product_labels_are_valid_label_values_and_belong_to_one_gpu():
    products = [gpu.product for gpu in GPUS.values()]
    assert len(set(products)) == len(products)
    for product in products:
        assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", product)


def test_usable_memory_is_close_to_the_marketed_memory_and_never_above_it():
    for gpu in GPUS.values():
        marketed_mib = gpu.marketed_gb * 1024
        assert 0.92 * marketed_mib < gpu.memory_mib <= marketed_mib, gpu.name


def test_estimated_memory_is_marked_as_provisional():
    for gpu in GPUS.values():
        if gpu.memory_source is MemorySource.ESTIMATE:
            assert gpu.provisional, gpu.name


def test_only_ada_hopper_and_blackwell_compute_in_fp8():
    assert {gpu.architecture.value for gpu in GPUS.values() if gpu.fp8} == {
        "ada-lovelace",
        "hopper",
        "blackwell",
    }
    assert not GPUS[GpuName.A100_80GB].fp8


def test_pci_devices_belong_to_one_gpu_and_every_placeable_gpu_has_some():
    devices = [device for gpu in GPUS.values() for device in gpu.pci_devices]
    assert len(set(devices)) == len(devices)
    assert all(re.fullmatch(r"[0-9A-F]{4}", device) for device in devices)
    for gpu in GPUS.values():
        assert bool(gpu.pci_devices) == (gpu.geometry not in (None, MigGeometry.UNPUBLISHED)), gpu.name

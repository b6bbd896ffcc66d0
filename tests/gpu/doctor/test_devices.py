import pytest

from ai_platform.gpu.doctor.devices import read_devices
from ai_platform.gpu.doctor.reading import DeviceKind, NodeDevices


@pytest.fixture
def root(tmp_path):
    def write(path, text):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")

    return write


def device(write, name, vendor, layer, state="4: ACTIVE", rate="100 Gb/sec (4X EDR)"):
    write(f"sys/class/infiniband/{name}/device/vendor", vendor)
    for key, text in (("link_layer", layer), ("state", state), ("rate", rate)):
        write(f"sys/class/infiniband/{name}/ports/1/{key}", text)


def test_an_adapter_of_amazon_is_efa_whatever_its_link_layer(root, tmp_path):
    device(root, "rdmap79s0", "0x1d0f", "Unknown")
    [found] = read_devices(tmp_path).rdma
    assert (found.name, found.kind, found.state, found.gbps) == ("rdmap79s0", DeviceKind.EFA, "ACTIVE", 100)


def test_other_adapters_are_told_apart_by_their_link_layer(root, tmp_path):
    device(root, "mlx5_0", "0x15b3", "InfiniBand", rate="400 Gb/sec (4X NDR)")
    device(root, "mlx5_1", "0x15b3", "Ethernet", state="1: DOWN", rate="2.5 Gb/sec (1X SDR)")
    first, second = read_devices(tmp_path).rdma
    assert (first.kind, first.gbps) == (DeviceKind.INFINIBAND, 400)
    assert (second.kind, second.state, second.gbps) == (DeviceKind.ROCE, "DOWN", 2.5)


def test_googles_cards_are_counted_on_the_bus_since_a_pod_sees_only_its_own_network(root, tmp_path):
    for slot, (vendor, kind) in enumerate([("0x1ae0", "0x0042")] * 5 + [("0x10de", "0x2330")]):
        root(f"sys/bus/pci/devices/0000:00:{slot:02x}.0/vendor", vendor)
        root(f"sys/bus/pci/devices/0000:00:{slot:02x}.0/device", kind)
    assert read_devices(tmp_path).gvnics == 5


def test_huge_pages_are_those_of_2_mib(root, tmp_path):
    root("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "5128")
    root("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "5100")
    found = read_devices(tmp_path)
    assert (found.huge_pages_2mib, found.huge_pages_2mib_free) == (5128, 5100)


def test_a_machine_without_any_of_it_is_no_error(tmp_path):
    assert read_devices(tmp_path) == NodeDevices()


def test_a_port_that_says_nothing_is_unknown(root, tmp_path):
    root("sys/class/infiniband/odd/device/vendor", "0x15b3")
    [found] = read_devices(tmp_path).rdma
    assert (found.kind, found.state, found.gbps) == (DeviceKind.UNKNOWN, None, None)

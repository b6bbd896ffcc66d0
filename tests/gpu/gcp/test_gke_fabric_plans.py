"""Golden plans of the machines with a fabric, reviewed against the sources that their tables name."""

import os

import pytest

from tests.gpu.gcp.gke_pools import GOLDEN, ZONE, recorded, shown

RESERVED = {"purchase_option": "reserved", "reservation": "gpus-2026"}
FABRICS = {
    "a3-highgpu-8g": {"fabric": "tcpx", "placement": "compact"},
    "a3-megagpu-8g": {"fabric": "tcpxo", **RESERVED},
    "a3-ultragpu-8g": {"fabric": "rdma", **RESERVED},
    "a4-highgpu-8g": {"fabric": "rdma", "purchase_option": "flex_start"},
}


@pytest.mark.parametrize("machine", FABRICS)
def test_a_pool_with_a_fabric_is_what_was_reviewed(machine):
    recording = recorded(machine, max_nodes=4, zones=[ZONE], **FABRICS[machine])
    file = GOLDEN / f"{machine}.txt"
    if os.environ.get("REWRITE_GOLDEN"):
        file.write_text(shown(recording))
    assert shown(recording) == file.read_text()

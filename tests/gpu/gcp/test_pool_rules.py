from dataclasses import replace

import pytest

from ai_platform.components.cluster_spec import GkeSpec
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.pool_rules import contradictions
from ai_platform.gpu.spec import NodePoolSpec

A, B = "us-central1-a", "us-central1-b"
GKE = {"provider": "gke", "project": "acme-ml", "kubernetes_version": "1.35", "zones": [A, B]}


def found(machine, network=None, **keys):
    cluster = GkeSpec.model_validate({**GKE, "network": network or {}})
    spec = NodePoolSpec.model_validate({"name": "gpus", "machine": machine, **keys})
    return {
        key: f"{expected}; {fix}"
        for key, _, expected, fix in contradictions(spec, MACHINES[machine], cluster)
    }


H100, ULTRA, A4X = "a3-highgpu-8g", "a3-ultragpu-8g", "a4x-highgpu-4g"


def test_plain_pools_of_every_kind_are_fine():
    for machine in ("g2-standard-4", H100, ULTRA, "a4-highgpu-8g"):
        assert not found(machine)
    assert not found(ULTRA, fabric="rdma", zones=[A], purchase_option="reserved", reservation="r")
    assert not found(ULTRA, placement="compact", zones=[A], purchase_option="flex_start")
    assert not found(A4X, fabric="rdma", max_nodes=18, zones=[A], purchase_option="reserved", reservation="r")


@pytest.mark.parametrize(
    ("machine", "keys", "key", "says"),
    [
        (H100, {"zones": ["europe-west4-a"]}, "zones", "zones of the cluster"),
        (H100, {"fabric": "tcpx"}, "zones", "one zone, since fabric: tcpx"),
        (H100, {"reservation": "r"}, "zones", "one zone, since a reservation"),
        (H100, {"placement": "compact"}, "zones", "one zone, since placement: compact"),
        (H100, {"purchase_option": "spot", "reservation": "r", "zones": [A]}, "reservation", "Spot"),
        (
            H100,
            {"purchase_option": "flex_start", "reservation": "r", "zones": [A]},
            "reservation",
            "flex start",
        ),
        (H100, {"purchase_option": "flex_start", "min_nodes": 1}, "min_nodes", "seven days"),
        (H100, {"purchase_option": "queued_provisioning", "min_nodes": 1}, "min_nodes", "write 0"),
        (
            H100,
            {"purchase_option": "queued_provisioning", "placement": "compact", "zones": [A]},
            "placement",
            "queued provisioning",
        ),
        (
            H100,
            {"purchase_option": "flex_start", "placement": "compact", "zones": [A]},
            "placement",
            "A3 Ultra and A4",
        ),
        (H100, {"image": "bottlerocket"}, "image", "cos or ubuntu"),
        (H100, {"image": "ubuntu", "fabric": "tcpx", "zones": [A]}, "image", "cos"),
        (H100, {"gpu_stack": "managed", "mig": "auto"}, "mig", "parts as nvidia.com/gpu"),
        (
            H100,
            {"gpu_stack": "managed", "sharing": {"strategy": "mps", "replicas": 2}},
            "sharing",
            "parts as nvidia.com/gpu",
        ),
        (A4X, {"max_nodes": 19, "reservation": "r", "zones": [A]}, "max_nodes", "at most 18"),
        (A4X, {}, "reservation", "sold in no other way"),
        (
            "a4x-maxgpu-4g-metal",
            {"fabric": "rdma", "reservation": "r", "zones": [A]},
            "fabric",
            "not installed here",
        ),
    ],
)
def test_what_gke_refuses_is_told_with_the_reason(machine, keys, key, says):
    assert says in found(machine, **keys)[key]


def test_gpu_networks_and_the_clusters_own_addresses_must_not_meet():
    keys = {"fabric": "rdma", "zones": [A], "purchase_option": "reserved", "reservation": "r"}
    assert "network.cidr" in found(ULTRA, network={"cidr": "192.168.0.0/20"}, **keys)["fabric"]
    assert not found(ULTRA, network={"cidr": "10.1.0.0/20"}, **keys)


def test_a_machine_whose_gpu_networks_nobody_counted_has_no_fabric():
    spec = NodePoolSpec.model_validate({"name": "gpus", "machine": ULTRA, "fabric": "rdma", "zones": [A]})
    cluster = GkeSpec.model_validate(GKE)
    (finding,) = contradictions(spec, replace(MACHINES[ULTRA], gpu_networks=None), cluster)
    assert "gpu_networks under machines" in finding[3]

import json

import pytest

from ai_platform.gpu.fabric_pods import PodFabric
from ai_platform.gpu.gcp.fabric_pods import gcp_pod_fabric
from ai_platform.gpu.gcp.fabrics import FABRIC_RANGE, fabric_interfaces
from ai_platform.gpu.machines import MACHINES, Cloud, Fabric
from ai_platform.gpu.node_plan import plan_pool
from ai_platform.gpu.spec import NodePoolSpec


def plan_of(machine):
    row = MACHINES[machine]
    spec = {"name": "gpus", "machine": machine, "fabric": row.fabric}
    return plan_pool(NodePoolSpec.model_validate(spec))


def pod_on(machine):
    plan = plan_of(machine)
    return gcp_pod_fabric(plan, plan.gpus_per_node)


FABRICS = {
    name: row
    for name, row in MACHINES.items()
    if row.cloud is Cloud.GCP and row.fabric is not Fabric.NONE and row.gpu_networks
}


def interfaces(pod):
    entries = json.loads(pod.annotations["networking.gke.io/interfaces"])
    return {entry["interfaceName"]: entry["network"] for entry in entries}


@pytest.mark.parametrize(
    ("machine", "first", "count"),
    [
        ("a3-highgpu-8g", "eth1", 4),
        ("a3-megagpu-8g", "eth1", 8),
        ("a3-ultragpu-8g", "eth2", 8),
        ("a4-highgpu-8g", "eth2", 8),
        ("a4x-highgpu-4g", "eth2", 4),
    ],
)
def test_a_pod_gets_each_card_of_the_node_beside_the_default_network(machine, first, count):
    named = interfaces(pod_on(machine))
    assert named.pop("eth0") == "default"
    assert next(iter(named)) == first
    assert len(named) == len(set(named.values())) == count
    assert all(network.startswith("gpus-") for network in named.values())


@pytest.mark.parametrize("machine", FABRICS)
def test_networks_of_a_node_never_overlap(machine):
    row = FABRICS[machine]
    ranges = [item.cidr for item in fabric_interfaces(row.fabric, row.gpu_networks)]
    assert all(cidr.subnet_of(FABRIC_RANGE) for cidr in ranges)
    assert not any(a.overlaps(b) for index, a in enumerate(ranges) for b in ranges[:index])


@pytest.mark.parametrize("machine", FABRICS)
def test_everything_that_is_mounted_is_a_volume_of_the_pod(machine):
    pod = pod_on(machine)
    volumes = {volume["name"] for volume in pod.volumes}
    for mounts in (pod.volume_mounts, *(container["volumeMounts"] for container in pod.containers)):
        assert {mount["name"] for mount in mounts} <= volumes


def test_tcp_fabrics_bring_a_sidecar_with_the_devices_that_it_needs():
    for machine, name in (("a3-highgpu-8g", "tcpx-daemon"), ("a3-megagpu-8g", "tcpxo-daemon")):
        pod = pod_on(machine)
        assert [container["name"] for container in pod.containers] == [name]
        devices = pod.annotations[f"devices.gke.io/container.{name}"]
        assert devices.count("/dev/nvidia") == 8 + len(["nvidiactl", "nvidia-uvm"])
        assert "privileged" not in json.dumps(pod.containers)


def test_a_worker_on_tcpxo_starts_when_the_daemon_is_ready():
    (daemon,) = pod_on("a3-megagpu-8g").containers
    named = {item["name"]: item["value"] for item in daemon["env"]}
    assert daemon["startupProbe"]["exec"]["command"] == ["cat", named["HEALTH_CHECK_LOG_FILE"]]


def test_rdma_needs_no_sidecar_and_names_its_plugin():
    pod = pod_on("a3-ultragpu-8g")
    assert not pod.containers
    assert pod.env["NCCL_NET"] == "gIB"
    assert pod.setup_script == "/usr/local/gib/scripts/set_nccl_env.sh"


def test_without_a_fabric_a_pod_needs_nothing():
    plan = plan_pool(NodePoolSpec(name="gpus", machine="a3-highgpu-8g"))
    assert gcp_pod_fabric(plan, 8) == gcp_pod_fabric(plan, 1) == PodFabric()


def test_a_pod_with_a_part_of_a_node_can_not_use_the_fabric():
    with pytest.raises(ValueError, match="takes all GPUs of its node"):
        gcp_pod_fabric(plan_of("a3-highgpu-8g"), 4)

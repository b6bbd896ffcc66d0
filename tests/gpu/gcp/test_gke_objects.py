"""Every object that a pool on GKE makes, and a pod on it, before the real API server."""

from pathlib import Path

import pytest
import yaml

from ai_platform.gpu.gcp.fabric_installers import installer_manifests
from ai_platform.gpu.gcp.fabric_networks import network_manifest, parameters_manifest
from ai_platform.gpu.gcp.fabric_pods import gcp_pod_fabric
from ai_platform.gpu.gcp.fabrics import fabric_interfaces, network_name
from ai_platform.gpu.gcp.provisioning import provisioning_manifests
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.node_plan import plan_pool
from ai_platform.gpu.spec import NodePoolSpec
from ai_platform.local.api import connect
from ai_platform.local.waiting import wait_until

CRDS = Path(__file__).with_name("gke_crds.yaml")
FABRICS = ("a3-highgpu-8g", "a3-megagpu-8g", "a3-ultragpu-8g", "a4x-highgpu-4g")


@pytest.fixture(scope="module")
def server(simulated_cluster):
    api = connect(simulated_cluster.kubeconfig)
    for definition in yaml.safe_load_all(CRDS.read_text()):
        api.apply(definition)
    assert wait_until(lambda: served(api), limit_s=30)
    return api


def served(api):
    groups = api.send("GET", "/apis")["groups"]
    if "networking.gke.io" not in {group["name"] for group in groups}:
        return False
    kinds = {found["kind"] for found in api.send("GET", "/apis/networking.gke.io/v1")["resources"]}
    return {"Network", "GKENetworkParamSet"} <= kinds


def objects(machine):
    row = MACHINES[machine]
    for interface in fabric_interfaces(row.fabric, row.gpu_networks):
        name = network_name("gpus", interface)
        yield parameters_manifest(name, interface.mode, "vpc", "subnet")
        yield network_manifest(name)
    yield from installer_manifests("gpus", row.fabric, row)
    yield from provisioning_manifests("gpus")
    yield pod(machine)


def pod(machine):
    row = MACHINES[machine]
    spec = NodePoolSpec.model_validate({"name": "gpus", "machine": machine, "fabric": row.fabric})
    fabric = gcp_pod_fabric(plan_pool(spec), row.gpu_count)
    worker = {
        "name": "worker",
        "image": "worker:1",
        "env": [{"name": name, "value": value} for name, value in fabric.env.items()],
        "volumeMounts": list(fabric.volume_mounts),
        "securityContext": {"capabilities": {"add": list(fabric.capabilities)}},
        "resources": {"limits": {"nvidia.com/gpu": str(row.gpu_count)}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "worker", "namespace": "default", "annotations": dict(fabric.annotations)},
        "spec": {"containers": [*fabric.containers, worker], "volumes": list(fabric.volumes)},
    }


@pytest.mark.engine
@pytest.mark.parametrize("machine", FABRICS)
def test_the_api_server_takes_every_object_and_knows_every_field(server, machine):
    for manifest in objects(machine):
        # Server-side apply refuses a field that the kind doesn't have.
        server.apply(manifest, dry_run=True)

"""Doctor and proof on the real API server: every field is known, and Pod Security lets their pods in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ai_platform.gpu.doctor import daemon_set, proof
from ai_platform.gpu.doctor.proof_spec import FabricProofArgs
from ai_platform.gpu.fabric_pods import PodFabric
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.node_plan import plan_pool
from ai_platform.gpu.spec import NodePoolSpec
from ai_platform.local.api import Api, connect
from ai_platform.local.cluster import Cluster
from ai_platform.local.waiting import wait_until

pytestmark = pytest.mark.engine

IMAGE = f"registry.example/image@sha256:{'a' * 64}"
CUT = [{"nodes": 1, "gpus": [{"count": 2, "devices": {"1g.10gb": 7}}]}]
EFA = PodFabric(resources={"vpc.amazonaws.com/efa": "32"}, huge_pages={"hugepages-2Mi": "5120Mi"})
HELPED = PodFabric(
    capabilities=("IPC_LOCK",),
    volumes=({"name": "libraries", "hostPath": {"path": "/home/kubernetes/bin/nvidia"}},),
    volume_mounts=({"name": "libraries", "mountPath": "/usr/local/nvidia"},),
    containers=({"name": "daemon", "image": IMAGE},),
)
LIMIT_S = 30.0


@pytest.fixture(scope="module")
def api(simulated_cluster: Cluster) -> Iterator[Api]:
    api = connect(simulated_cluster.kubeconfig)
    runtime = {
        "apiVersion": "node.k8s.io/v1",
        "kind": "RuntimeClass",
        "metadata": {"name": "nvidia"},
        "handler": "nvidia",
    }
    api.send("POST", "/apis/node.k8s.io/v1/runtimeclasses", runtime)
    yield api
    api.delete("node.k8s.io/v1", "RuntimeClass", "nvidia")


def pool(**spec: Any) -> daemon_set.DoctorPool:
    described = NodePoolSpec.model_validate({"name": "h100", "machine": "p5.48xlarge", **spec})
    return daemon_set.doctor_pool(plan_pool(described), described, MACHINES[described.machine])


def doctor(namespace: str, *pools: daemon_set.DoctorPool) -> list[dict[str, Any]]:
    spec = daemon_set.NodeDoctorArgs(image=IMAGE, pools=list(pools), namespace=namespace)
    return [daemon_set.namespace_manifest(spec), *daemon_set.namespaced_manifests(spec).values()]


def proven(namespace: str, fabric: PodFabric) -> list[dict[str, Any]]:
    spec = FabricProofArgs(
        image=IMAGE, pool="h100", machine="p5.48xlarge", gpus_per_node=8, nodes=2, namespace=namespace
    )
    return [proof.namespace_manifest(spec, fabric), *proof.namespaced_manifests(spec, fabric).values()]


def pod_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The pod that a controller would make: only pods are held to Pod Security."""
    template = manifest["spec"]["template"]
    metadata = {"name": "pod", "namespace": manifest["metadata"]["namespace"], **template["metadata"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def collection(manifest: Mapping[str, Any]) -> str:
    version, kind = manifest["apiVersion"], manifest["kind"]
    plural = f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"
    namespace = f"namespaces/{manifest['metadata']['namespace']}/" if kind != "Namespace" else ""
    return f"/{'apis' if '/' in version else 'api'}/{version}/{namespace}{plural.lower()}"


@pytest.mark.parametrize(
    "manifests",
    [
        pytest.param(doctor("doctor-whole", pool()), id="doctor-restricted"),
        pytest.param(doctor("doctor-cut", pool(max_nodes=2, mig=CUT)), id="doctor-cut"),
        pytest.param(
            doctor("doctor-gke", pool(machine="a3-megagpu-8g", gpu_stack="managed")), id="doctor-managed"
        ),
        pytest.param(proven("proof-efa", EFA), id="proof-restricted"),
        pytest.param(proven("proof-helped", HELPED), id="proof-helped"),
    ],
)
def test_every_object_and_its_pods_are_accepted(api: Api, manifests: list[dict[str, Any]]) -> None:
    namespace, *others = manifests
    name = namespace["metadata"]["name"]
    api.send("POST", "/api/v1/namespaces", namespace, query={"fieldValidation": "Strict"})
    try:
        assert wait_until(
            lambda: api.get("v1", "ServiceAccount", "default", name) is not None, limit_s=LIMIT_S
        )
        for manifest in others:
            really = {"fieldValidation": "Strict"} | (
                {} if manifest["kind"] == "ServiceAccount" else {"dryRun": "All"}
            )
            api.send("POST", collection(manifest), manifest, query=really)
        for manifest in others:
            if "template" in manifest.get("spec", {}):
                pod = pod_of(manifest)
                api.send("POST", collection(pod), pod, query={"fieldValidation": "Strict", "dryRun": "All"})
    finally:
        api.delete("v1", "Namespace", name)

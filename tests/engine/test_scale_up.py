"""Work for a pool without nodes is admitted and Pending, which is what an autoscaler looks for."""

from __future__ import annotations

from typing import Any

import pytest

from ai_platform.environment import parse
from ai_platform.local.api import Api, Manifest, connect
from ai_platform.local.cluster import Cluster
from ai_platform.local.waiting import wait_until
from ai_platform.platform import Platform
from ai_platform.testing import record

pytestmark = pytest.mark.engine

KUEUE = "kueue.x-k8s.io/v1beta2"
LIMIT_S = 120.0
EKS = {"provider": "eks", "kubernetes_version": "1.35", "zones": ["us-east-1a", "us-east-1b"]}
ORDER = ("Namespace", "Topology", "Cohort", "ResourceFlavor", "WorkloadPriorityClass", "ClusterQueue")


def objects(name: str, cluster: dict[str, Any]) -> list[Manifest]:
    """A gang of two whole nodes in a pool that may have none."""
    description = {
        "name": name,
        "cluster": cluster,
        "node_pools": [{"name": f"{name}-l4", "machine": "g6.12xlarge", "min_nodes": 0, "max_nodes": 2}],
        "teams": [{"name": name, "quota": {f"{name}-l4": {"gpus": {"nominal": 8}}}}],
        "training_jobs": [
            {
                "name": "gang",
                "team": name,
                "pool": f"{name}-l4",
                "workers": 2,
                "gpus_per_worker": 4,
                "image": "work",
                "command": ["train"],
                "simulated_seconds": 3600,
            }
        ],
    }
    environment = parse(description, subject=name)
    recording = record(lambda: Platform(name, environment))
    found = [made.inputs for made in recording.resources if made.type.startswith("kubernetes:")]
    return [item for item in found if item["kind"] != "ClusterServingRuntime"]


def apply(api: Api, manifests: list[Manifest]) -> None:
    """All but the nodes, in the order in which they need each other."""
    for kind in ORDER:
        api.apply_all(item for item in manifests if item["kind"] == kind)
    api.apply_all(item for item in manifests if item["kind"] not in {*ORDER, "Node"})


def told(item: Manifest, kind: str, field: str) -> str:
    """`field` of the condition `kind`; empty while nothing is said of it."""
    found = item.get("status", {}).get("conditions") or []
    return next((entry.get(field, "") for entry in found if entry["type"] == kind), "")


def pods(api: Api, name: str) -> list[Manifest]:
    return api.list("v1", "Pod", name, labels="batch.kubernetes.io/job-name=gang")


def until(holds: Any, what: str) -> None:
    assert wait_until(holds, limit_s=LIMIT_S, interval_s=0.2), f"not within {LIMIT_S} s: {what}"


def test_a_gang_for_a_pool_without_nodes_asks_the_autoscaler_for_all_of_them(simulated_cluster: Cluster):
    api, name = connect(simulated_cluster.kubeconfig), "scaled"
    manifests = objects(name, EKS)
    apply(api, manifests)
    until(
        lambda: [told(pod, "PodScheduled", "reason") for pod in pods(api, name)] == ["Unschedulable"] * 2,
        "both workers are unschedulable",
    )
    [load] = api.list(KUEUE, "Workload", name)
    assert told(load, "Admitted", "status") == "True"
    for pod in pods(api, name):
        assert pod["spec"]["nodeSelector"] == {"ai-platform/pool": f"{name}-l4"}
        assert not pod["spec"].get("schedulingGates")
        assert pod["metadata"]["annotations"]["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "false"

    api.apply_all(item for item in manifests if item["kind"] == "Node")
    until(
        lambda: [pod["status"]["phase"] for pod in pods(api, name)] == ["Running", "Running"],
        "both workers run once the nodes are there",
    )


def deployment(name: str) -> Manifest:
    """What serves a model, as far as Kueue looks at it."""
    limits = {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "1"}
    container = {
        "name": "main",
        "image": "work",
        "resources": {"limits": limits},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec = {
        "nodeSelector": {"ai-platform/pool": f"{name}-l4"},
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    labels = {"app": "chat", "kueue.x-k8s.io/queue-name": "default"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "chat", "namespace": name, "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "chat"}},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def test_a_replica_for_a_pool_without_nodes_asks_for_one_too(simulated_cluster: Cluster):
    api, name = connect(simulated_cluster.kubeconfig), "served"
    apply(api, [item for item in objects(name, EKS) if item["kind"] != "Job"])
    api.apply(deployment(name))
    until(
        lambda: (
            [told(pod, "PodScheduled", "reason") for pod in api.list("v1", "Pod", name)] == ["Unschedulable"]
        ),
        "the replica is unschedulable",
    )
    [pod] = api.list("v1", "Pod", name)
    assert not pod["spec"].get("schedulingGates")
    [load] = api.list(KUEUE, "Workload", name)
    assert told(load, "Admitted", "status") == "True"


def test_with_a_topology_the_same_gang_would_wait_for_ever(simulated_cluster: Cluster):
    api, name = connect(simulated_cluster.kubeconfig), "unscaled"
    manifests = objects(name, {"provider": "simulated"})
    apply(api, manifests)
    until(
        lambda: (
            [
                (told(load, "QuotaReserved", "status"), "topology" in told(load, "QuotaReserved", "message"))
                for load in api.list(KUEUE, "Workload", name)
            ]
            == [("False", True)]
        ),
        "Kueue finds no place for it in the topology",
    )
    assert not pods(api, name)

    api.apply_all(item for item in manifests if item["kind"] == "Node")
    until(
        lambda: [pod["status"]["phase"] for pod in pods(api, name)] == ["Running", "Running"],
        "both workers run once the nodes are there",
    )

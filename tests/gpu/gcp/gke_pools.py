"""Pools on a GKE cluster that the tests share."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ai_platform.components.cluster import Cluster, GcpCluster
from ai_platform.components.cluster_spec import ClusterProvider
from ai_platform.gpu.node_pool import NodePool
from ai_platform.testing import Recording, Resource, record

GOLDEN = Path(__file__).parent / "golden"
POOL = "gcp:container/nodePool:NodePool"
ACCOUNT = "prod-nodes@acme-ml.iam.gserviceaccount.com"
LABELS = {"environment": "prod"}
ZONE = "us-central1-a"
GCP = GcpCluster(
    project="acme-ml",
    region="us-central1",
    zones=("us-central1-a", "us-central1-b"),
    cluster_name="prod",
    kubernetes_version="1.35",
    network="net",
    subnetwork="subnet",
    node_service_account=ACCOUNT,
    labels=LABELS,
)
CLUSTER = Cluster(provider=ClusterProvider.GKE, cluster_identifier="prod", kubeconfig="{}", gcp=GCP)


def recorded(machine: str, **keys: Any) -> Recording:
    """A pool ``gpus`` of this machine as a program on GKE would register it."""
    return _recorded(json.dumps({"name": "gpus", "machine": machine, **keys}))


@cache
def _recorded(args: str) -> Recording:
    return record(lambda: NodePool("pool", json.loads(args), cluster=CLUSTER), outputs=_named)


def _named(resource: Any) -> dict[str, object]:
    """Names and links as the provider gives them."""
    if resource.type.startswith("gcp:compute/"):
        return {"name": resource.name, "selfLink": f"link/{resource.name}"}
    return {}


def shown(recording: Recording) -> str:
    """Every resource in a form that a person can review: pools in full, others on a line each."""
    rows = sorted((_row(resource) for resource in recording.resources if resource.custom), key=_order)
    return "\n".join([*(text for _, text in rows), ""])


def _order(row: tuple[str, str]) -> tuple[bool, str, str]:
    return not row[0].startswith("gcp:"), *row


def _row(resource: Resource) -> tuple[str, str]:
    guard = " (protected)" if resource.options.protect else ""
    inputs = resource.inputs
    if resource.type == POOL:
        body = yaml.safe_dump(inputs, default_flow_style=False, width=120)
        lines = "".join(f"  {line}\n" for line in body.splitlines())
        return resource.type, f"NodePool {resource.name}{guard}\n{lines}".rstrip()
    if resource.type.startswith("kubernetes:"):
        inputs = _object(inputs)
    return resource.type, f"{resource.type.rpartition(':')[2]} {resource.name}{guard} {_line(inputs)}"


def _object(inputs: dict[str, Any]) -> dict[str, Any]:
    pod = inputs["spec"].get("template", {}).get("spec", {})
    if not pod:
        return {"name": inputs["metadata"]["name"], **inputs["spec"]}
    containers = [*pod.get("initContainers", ()), *pod["containers"]]
    images = {container["name"]: container["image"].rpartition("/")[2] for container in containers}
    return {"name": inputs["metadata"]["name"], "nodes": pod["nodeSelector"], "images": images}


def _line(inputs: dict[str, Any]) -> str:
    known = {
        key: value for key, value in inputs.items() if value is not None and key not in {"project", "region"}
    }
    return json.dumps(known, sort_keys=True).replace('"', "")

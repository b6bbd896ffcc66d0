"""The doctor on every GPU node: it reports where a node is not as planned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import pulumi
from pydantic import BaseModel, ConfigDict, Field, field_validator

from ...components.args import parsed
from ...components.images import ImageWithDigest
from ...components.names import Name, shortened
from ...components.objects import kubernetes_object
from ...components.queues import POOL_LABEL
from ..machines import Machine
from ..node_groups import MIG_CONFIG_LABEL
from ..node_plan import PoolPlan
from ..spec import NodePoolSpec
from .access import DriverAccess, access_of, container_parts, pod_parts, pod_security
from .expectation import PoolExpectation, pool_expectation

METRICS_PORT = 9410

_APP = "app.kubernetes.io/name"
_ACCOUNT = "node-doctor"
_FOLDER = "/etc/ai-platform"


class DoctorPool(BaseModel):
    """A pool whose nodes are looked at."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    expectation: PoolExpectation
    """What its nodes must be like."""
    access: DriverAccess
    """How a pod there gets to the driver."""


class NodeDoctorArgs(BaseModel):
    """Who looks at which pools."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    image: ImageWithDigest
    """Image with ai-platform installed, pinned by digest."""
    pools: Annotated[list[DoctorPool], Field(min_length=1)]
    """Pools of the plan."""
    namespace: Name = "node-doctor"
    """Namespace that is made for it. Default: node-doctor."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Cost labels of its namespace and pods. Default: none."""
    every_seconds: Annotated[int, Field(ge=10, le=86400)] = 300
    """Seconds between two looks. Default: 300."""

    @field_validator("pools")
    @classmethod
    def _named_once(cls, pools: list[DoctorPool]) -> list[DoctorPool]:
        names = [pool.expectation.pool for pool in pools]
        if len(set(names)) < len(names):
            raise ValueError(f"pools with names of their own, not {', '.join(names)}")
        return pools


class NodeDoctor(pulumi.ComponentResource):
    """A DaemonSet for each layout of each pool, with metrics, a line of log for each change, and readiness.

    A pod is ready where nothing failed. It has no right on the Kubernetes API and takes no GPU. ``up``
    doesn't wait for it: a sick node must not stop a deployment.
    """

    namespace: pulumi.Output[str]
    """Where the pods run."""

    def __init__(
        self, name: str, args: NodeDoctorArgs | Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ai-platform:index:NodeDoctor", name, {}, opts)
        spec = parsed("NodeDoctor", name, NodeDoctorArgs, args)
        own = pulumi.ResourceOptions(parent=self)
        namespace = kubernetes_object(f"{name}-namespace", namespace_manifest(spec), own)
        inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        for role, manifest in namespaced_manifests(spec).items():
            kubernetes_object(f"{name}-{role}", manifest, inside)
        self.namespace = pulumi.Output.from_input(spec.namespace)
        self.register_outputs({"namespace": self.namespace})


def doctor_pool(plan: PoolPlan, spec: NodePoolSpec, machine: Machine) -> DoctorPool:
    """A planned pool for the doctor. ``machine`` is the row of its machine type."""
    expected = pool_expectation(plan, machine, spec.gpu_stack)
    return DoctorPool(expectation=expected, access=access_of(plan, spec))


def namespace_manifest(spec: NodeDoctorArgs) -> dict[str, Any]:
    """Pod Security restricted, unless a pool needs more; ``access`` says why."""
    level = pod_security([pool.access for pool in spec.pools])
    labels = {f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "warn", "audit")}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": spec.namespace, "labels": spec.labels | labels},
    }


def namespaced_manifests(spec: NodeDoctorArgs) -> dict[str, dict[str, Any]]:
    """What lies in the namespace, by role."""
    manifests = {
        "account": {
            **_object(spec, "v1", "ServiceAccount", _ACCOUNT),
            "automountServiceAccountToken": False,
        },
        "network": {
            **_object(spec, "networking.k8s.io/v1", "NetworkPolicy", "metrics-only"),
            "spec": {
                "podSelector": {},
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [{"ports": [{"port": METRICS_PORT, "protocol": "TCP"}]}],
            },
        },
    }
    for pool in spec.pools:
        name = pool.expectation.pool
        manifests[f"{name}-config"] = config_manifest(spec, pool)
        for index in range(len(pool.expectation.layouts)):
            manifests[f"{name}-{_role(index)}"] = daemon_set_manifest(spec, pool, index)
    return manifests


def config_manifest(spec: NodeDoctorArgs, pool: DoctorPool) -> dict[str, Any]:
    """What is expected, a document for each layout. A change reaches running pods by itself."""
    expected = pool.expectation
    documents = {
        f"{_role(index)}.json": expected.of_layout(layout.name).model_dump_json(indent=1)
        for index, layout in enumerate(expected.layouts)
    }
    return {**_object(spec, "v1", "ConfigMap", expected.pool), "data": documents}


def daemon_set_manifest(spec: NodeDoctorArgs, pool: DoctorPool, index: int) -> dict[str, Any]:
    """The doctor on the nodes of one layout of a pool."""
    expected, role = pool.expectation, _role(index)
    name = shortened(f"{expected.pool}-{role}")
    labels = {_APP: "node-doctor", POOL_LABEL: expected.pool, "ai-platform/node-group": role}
    volumes = [{"name": "expected", "configMap": {"name": expected.pool}}]
    parts = pod_parts(pool.access)
    manifest = _object(spec, "apps/v1", "DaemonSet", name)
    manifest["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
    manifest["spec"] = {
        "selector": {"matchLabels": labels},
        # Pods on sick nodes are not ready; they must not hold back the others.
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "100%"}},
        "template": {
            "metadata": {
                "labels": spec.labels | labels,
                "annotations": {
                    "prometheus.io/scrape": "true",
                    "prometheus.io/port": str(METRICS_PORT),
                },
            },
            "spec": {
                **parts,
                "serviceAccountName": _ACCOUNT,
                "automountServiceAccountToken": False,
                "enableServiceLinks": False,
                "nodeSelector": {POOL_LABEL: expected.pool, "kubernetes.io/os": "linux"},
                "affinity": {"nodeAffinity": _node_affinity(expected, index)},
                "tolerations": [{"operator": "Exists"}],
                "containers": [_container(spec, pool, role)],
                "volumes": [*volumes, *parts.get("volumes", [])],
            },
        },
    }
    return manifest


def _container(spec: NodeDoctorArgs, pool: DoctorPool, role: str) -> dict[str, Any]:
    parts = container_parts(pool.access)
    address = {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    expected = f"{_FOLDER}/{role}.json"
    return {
        "name": "doctor",
        "image": spec.image,
        "command": ["ai-platform", "doctor", "--expect", expected],
        "args": ["--serve", f"$(POD_IP):{METRICS_PORT}", "--every", str(spec.every_seconds)],
        "env": [address, *parts["env"]],
        "ports": [{"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"}],
        "livenessProbe": _probe("/livez", period_s=60),
        "readinessProbe": _probe("/readyz", period_s=30),
        "resources": {
            "requests": {"cpu": "10m", "memory": "128Mi", "ephemeral-storage": "16Mi"},
            "limits": {"cpu": "500m", "memory": "256Mi", "ephemeral-storage": "64Mi"},
        },
        "securityContext": parts["securityContext"],
        "volumeMounts": [
            {"name": "expected", "mountPath": _FOLDER, "readOnly": True},
            *parts["volumeMounts"],
        ],
    }


def _node_affinity(expected: PoolExpectation, index: int) -> dict[str, Any]:
    # The first group also takes the nodes whose label names no layout of the plan: they differ from it too.
    layouts = [layout.name for layout in expected.layouts]
    rule = (
        {"key": MIG_CONFIG_LABEL, "operator": "In", "values": [layouts[index]]}
        if index
        else {"key": MIG_CONFIG_LABEL, "operator": "NotIn", "values": layouts[1:]}
    )
    exists = {"key": POOL_LABEL, "operator": "Exists"}
    terms = [{"matchExpressions": [rule if rule["values"] else exists]}]
    return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}


def _probe(path: str, *, period_s: int) -> dict[str, Any]:
    get = {"path": path, "port": "metrics"}
    return {"httpGet": get, "initialDelaySeconds": 5, "periodSeconds": period_s, "timeoutSeconds": 5}


def _role(index: int) -> str:
    """As ``node_groups`` calls the same nodes."""
    return f"nodes-{index}" if index else "nodes"


def _object(spec: NodeDoctorArgs, version: str, kind: str, name: str) -> dict[str, Any]:
    labels = {_APP: "node-doctor"}
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": spec.namespace, "labels": labels},
    }

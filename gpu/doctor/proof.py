"""A proof after a deploy: each node shows its GPUs, and the fabric carries an all-reduce."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Annotated, Any

import pulumi
from pydantic import BaseModel, ConfigDict, Field

from ...components.args import parsed
from ...components.names import Name
from ...components.objects import kubernetes_object
from ...components.queues import POOL_LABEL
from ..fabric_pods import PodFabric
from ..layout import WHOLE_GPU
from ..spec import TaintSpec
from .bandwidth import BUS_BANDWIDTHS, threshold
from .daemon_set import ImageWithDigest

MESSAGE_MIB = 2048
RENDEZVOUS_PORT = 29500

_APP = "app.kubernetes.io/name"
_JOB = "ai-platform/proof"
_FOLDER = "/etc/ai-platform"
_SCRIPT = "pod_scripts.py"
_HOST = "kubernetes.io/hostname"
_SHARED = "/dev/shm"  # noqa: S108 - where NCCL looks for it
_SHARED_MEMORY = {"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "16Gi"}}


class FabricProofArgs(BaseModel):
    """Which pool is proven, and with what."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    image: ImageWithDigest
    """Image with Python, torch with NCCL, and the fabric's NCCL plugin; pinned by digest."""
    pool: Name
    """Node pool."""
    machine: str
    """Its machine type; the threshold is that of this row."""
    gpus_per_node: Annotated[int, Field(ge=1, le=16)]
    """Whole GPUs of each node."""
    nodes: Annotated[int, Field(ge=1, le=1000)]
    """Nodes that must show a GPU: those that always run."""
    resource: str = WHOLE_GPU
    """What one pod of the first job takes of a node. Default: nvidia.com/gpu; a MIG resource on cut nodes."""
    fabric_nodes: Annotated[int, Field(ge=0, le=1000)] = 2
    """Whole nodes of the all-reduce; 0 for none, as on nodes that are cut. Default: 2."""
    minimum_gb_per_s: Annotated[float, Field(gt=0)] | None = None
    """Bus bandwidth that must be reached. Default: that of the machine's row, or not judged without one."""
    taints: list[TaintSpec] = Field(default_factory=list)
    """Taints of the pool beside nvidia.com/gpu. Default: none."""
    run: Name = "first"
    """Any other name proves again. Default: first."""
    namespace: Name = "fabric-proof"
    """Namespace that is made for it. Default: fabric-proof."""
    deadline_seconds: Annotated[int, Field(ge=60, le=86400)] = 3600
    """A proof that found no nodes for so long has failed. Default: 3600."""

    @property
    def least_gb_per_s(self) -> float | None:
        """What the all-reduce is judged by."""
        return self.minimum_gb_per_s or threshold(self.machine, self.fabric_nodes)


class FabricProof(pulumi.ComponentResource):
    """Two Jobs: a GPU computes on each node; an all-reduce over whole nodes reaches its threshold.

    ``up`` doesn't wait for them: they start when GPUs are free. Their logs hold a line of JSON with the
    result, and a Job that failed is one that did not prove it.
    """

    namespace: pulumi.Output[str]
    """Where the Jobs are."""

    def __init__(
        self,
        name: str,
        args: FabricProofArgs | Mapping[str, Any],
        fabric: PodFabric | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ai-platform:index:FabricProof", name, {}, opts)
        spec, fabric = parsed("FabricProof", name, FabricProofArgs, args), fabric or PodFabric()
        own = pulumi.ResourceOptions(parent=self)
        namespace = kubernetes_object(f"{name}-namespace", namespace_manifest(spec, fabric), own)
        inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        for role, manifest in namespaced_manifests(spec, fabric).items():
            # The fields of a Job can't change: another run takes the place of the one before.
            replaced = pulumi.ResourceOptions(delete_before_replace=manifest["kind"] == "Job")
            kubernetes_object(f"{name}-{role}", manifest, pulumi.ResourceOptions.merge(inside, replaced))
        self.namespace = pulumi.Output.from_input(spec.namespace)
        self.register_outputs({"namespace": self.namespace})


def namespace_manifest(spec: FabricProofArgs, fabric: PodFabric) -> dict[str, Any]:
    """Pod Security restricted, unless the fabric brings capabilities, host folders or helpers."""
    needs_more = fabric.capabilities or fabric.containers or any("hostPath" in v for v in fabric.volumes)
    level = "privileged" if needs_more else "restricted"
    labels = {f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "warn", "audit")}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": spec.namespace, "labels": labels},
    }


def namespaced_manifests(spec: FabricProofArgs, fabric: PodFabric) -> dict[str, dict[str, Any]]:
    """What lies in the namespace, by role."""
    manifests = {
        "script": {
            **_object(spec, "v1", "ConfigMap", f"{spec.pool}-script"),
            "data": {_SCRIPT: files(__package__).joinpath(_SCRIPT).read_text()},
        },
        "network": {
            **_object(spec, "networking.k8s.io/v1", "NetworkPolicy", "proof-only"),
            "spec": {
                "podSelector": {},
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [{"from": [{"podSelector": {}}]}],
                "egress": [{"to": [{"podSelector": {}}]}, _DNS],
            },
        },
        "visible": visible_manifest(spec),
    }
    if spec.fabric_nodes:
        manifests["service"] = service_manifest(spec)
        manifests["all-reduce"] = all_reduce_manifest(spec, fabric)
    return manifests


def visible_manifest(spec: FabricProofArgs) -> dict[str, Any]:
    """A pod on each node takes one device and computes on it."""
    resources = {spec.resource: "1", "cpu": "1", "memory": "4Gi"}
    container = _container(spec, ["visible", "1"], resources)
    container["env"] = [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}]
    return _job(spec, "visible", spec.nodes, {"containers": [container]})


def all_reduce_manifest(spec: FabricProofArgs, fabric: PodFabric) -> dict[str, Any]:
    """A gang of whole nodes; torchrun brings its processes together without ssh."""
    name, least = f"{spec.pool}-all-reduce", spec.least_gb_per_s
    resources = {
        WHOLE_GPU: str(spec.gpus_per_node),
        "cpu": "4",
        "memory": "32Gi",
        **fabric.resources,
        **fabric.huge_pages,
    }
    launch = [
        "torchrun",
        f"--nnodes={spec.fabric_nodes}",
        f"--nproc-per-node={spec.gpus_per_node}",
        "--node-rank=$(JOB_COMPLETION_INDEX)",
        f"--master-addr={name}-0.{name}",
        f"--master-port={RENDEZVOUS_PORT}",
    ]
    work = ["all-reduce", str(MESSAGE_MIB * 2**20), *([f"{least:.2f}"] if least else [])]
    if fabric.setup_script:
        launch = ["bash", "-c", f'. {fabric.setup_script} && exec "$@"', "proof", *launch]
    container = _container(spec, work, resources, launch)
    index = {"fieldPath": "metadata.annotations['batch.kubernetes.io/job-completion-index']"}
    variables = {"NCCL_DEBUG": "INFO", "NCCL_DEBUG_SUBSYS": "INIT,NET", **fabric.env}
    container["env"] = [
        {"name": "JOB_COMPLETION_INDEX", "valueFrom": {"fieldRef": index}},
        *({"name": key, "value": value} for key, value in variables.items()),
    ]
    # A container's own 64 MiB are too little for NCCL; some fabrics bring theirs.
    brought = any(mount["mountPath"] == _SHARED for mount in fabric.volume_mounts)
    own_mounts = [] if brought else [{"name": "shared-memory", "mountPath": _SHARED}]
    container["volumeMounts"] = [*container["volumeMounts"], *own_mounts, *fabric.volume_mounts]
    if fabric.capabilities:
        # A capability that is added reaches only root.
        container["securityContext"] |= {"runAsNonRoot": False, "runAsUser": 0}
        container["securityContext"]["capabilities"] = {"drop": ["ALL"], "add": [*fabric.capabilities]}
    pod = {
        "subdomain": name,
        "containers": [container],
        # A helper that never ends would keep the Job from ending; as a sidecar it goes with the others.
        **({"initContainers": [_sidecar(one) for one in fabric.containers]} if fabric.containers else {}),
        "volumes": [*([] if brought else [_SHARED_MEMORY]), *fabric.volumes],
    }
    return _job(spec, "all-reduce", spec.fabric_nodes, pod, fabric.annotations)


def service_manifest(spec: FabricProofArgs) -> dict[str, Any]:
    """Names for the pods of the gang, from their first moment."""
    name = f"{spec.pool}-all-reduce"
    return {
        **_object(spec, "v1", "Service", name),
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": {_JOB: name},
            "ports": [{"name": "rendezvous", "port": RENDEZVOUS_PORT}],
        },
    }


def _job(
    spec: FabricProofArgs,
    role: str,
    pods: int,
    pod: Mapping[str, Any],
    annotations: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    name = f"{spec.pool}-{role}"
    labels = {_APP: "fabric-proof", POOL_LABEL: spec.pool, _JOB: name, "ai-platform/run": spec.run}
    apart = {"labelSelector": {"matchLabels": {_JOB: name}}, "topologyKey": _HOST}
    manifest = _object(spec, "batch/v1", "Job", name)
    manifest["metadata"]["annotations"] = {
        "pulumi.com/skipAwait": "true",
        **_about_threshold(spec, role),
    }
    manifest["spec"] = {
        "completionMode": "Indexed",
        "completions": pods,
        "parallelism": pods,
        "backoffLimit": 0,
        "activeDeadlineSeconds": spec.deadline_seconds,
        "template": {
            "metadata": {"labels": labels, "annotations": dict(annotations or {})},
            "spec": {
                "restartPolicy": "Never",
                "automountServiceAccountToken": False,
                "enableServiceLinks": False,
                "nodeSelector": {POOL_LABEL: spec.pool},
                "tolerations": _tolerations(spec),
                "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [apart]}},
                **pod,
                "volumes": [
                    {"name": "script", "configMap": {"name": f"{spec.pool}-script"}},
                    *pod.get("volumes", []),
                ],
            },
        },
    }
    return manifest


def _about_threshold(spec: FabricProofArgs, role: str) -> dict[str, str]:
    row = BUS_BANDWIDTHS.get(spec.machine)
    if role != "all-reduce" or row is None:
        return {}
    note = f"; provisional: {row.provisional}" if row.provisional else ""
    return {"ai-platform/published-bandwidth": f"{row.gb_per_s} GB/s, {row.source}{note}"}


def _container(
    spec: FabricProofArgs, work: list[str], resources: dict[str, str], launch: list[str] | None = None
) -> dict[str, Any]:
    return {
        "name": "proof",
        "image": spec.image,
        "command": [*(launch or ["python3"]), f"{_FOLDER}/{_SCRIPT}", *work],
        "resources": {"requests": resources, "limits": resources},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": [{"name": "script", "mountPath": _FOLDER, "readOnly": True}],
    }


def _sidecar(container: Mapping[str, Any]) -> dict[str, Any]:
    return {**container, "restartPolicy": "Always"}


def _tolerations(spec: FabricProofArgs) -> list[dict[str, str]]:
    gpu = {"key": WHOLE_GPU, "operator": "Exists", "effect": "NoSchedule"}
    own = [
        {"key": one.key, "operator": "Equal", "value": one.value, "effect": one.effect.value}
        for one in spec.taints
    ]
    return [gpu, *own]


_DNS = {
    "to": [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ],
    "ports": [{"port": 53, "protocol": protocol} for protocol in ("UDP", "TCP")],
}


def _object(spec: FabricProofArgs, version: str, kind: str, name: str) -> dict[str, Any]:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": spec.namespace, "labels": {_APP: "fabric-proof"}},
    }

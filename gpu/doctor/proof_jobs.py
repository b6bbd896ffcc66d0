"""The Jobs of a proof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...components.queues import POOL_LABEL
from ..fabric_pods import PodFabric, sidecars
from ..mig.layout import WHOLE_GPU
from .bandwidth import BUS_BANDWIDTHS
from .proof_spec import FabricProofArgs

MESSAGE_MIB = 2048
RENDEZVOUS_PORT = 29500
SCRIPT = "pod_scripts.py"

_APP = "app.kubernetes.io/name"
_JOB = "ai-platform/proof"
_FOLDER = "/etc/ai-platform"
_HOST = "kubernetes.io/hostname"
_SHARED = "/dev/shm"  # noqa: S108 - where NCCL looks for it
_SHARED_MEMORY = {"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "16Gi"}}


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
        # The first node may be there long before the last one.
        f"--rdzv-conf=timeout={spec.deadline_seconds}",
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
        **({"initContainers": sidecars(fabric)} if fabric.containers else {}),
        "volumes": [*([] if brought else [_SHARED_MEMORY]), *fabric.volumes],
    }
    return _job(spec, "all-reduce", spec.fabric_nodes, pod, fabric.annotations)


def service_manifest(spec: FabricProofArgs) -> dict[str, Any]:
    """Names for the pods of the gang, from their first moment."""
    name = f"{spec.pool}-all-reduce"
    return {
        **namespaced(spec, "v1", "Service", name),
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
    manifest = namespaced(spec, "batch/v1", "Job", name)
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
            "metadata": {"labels": spec.labels | labels, "annotations": dict(annotations or {})},
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
        "command": [*(launch or ["python3"]), f"{_FOLDER}/{SCRIPT}", *work],
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


def _tolerations(spec: FabricProofArgs) -> list[dict[str, str]]:
    gpu = {"key": WHOLE_GPU, "operator": "Exists", "effect": "NoSchedule"}
    own = [
        {"key": one.key, "operator": "Equal", "value": one.value, "effect": one.effect.value}
        for one in spec.taints
    ]
    return [gpu, *own]


def namespaced(spec: FabricProofArgs, version: str, kind: str, name: str) -> dict[str, Any]:
    """The head of an object in the proof's namespace."""
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": spec.namespace, "labels": {_APP: "fabric-proof"}},
    }

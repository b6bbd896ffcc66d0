"""How a pod that takes no GPU gets to the driver.

Sources (read 2026-11): NVIDIA k8s-device-plugin's DaemonSet (MIG monitor with SYS_ADMIN alone);
nvidia-container-toolkit, which refuses NVIDIA_MIG_MONITOR_DEVICES without SYS_ADMIN; Bottlerocket's setting
visible-devices-envvar-when-unprivileged, off by default; Google Cloud's DCGM exporter for GKE.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from ..node_plan import PoolPlan
from ..spec import GpuStack, NodeImage, NodePoolSpec

DEVICES = {"NVIDIA_VISIBLE_DEVICES": "all", "NVIDIA_DRIVER_CAPABILITIES": "utility"}
"""Every GPU, and of the driver only NVML; the device plugin counts no GPU as taken."""

_GKE_DRIVER = "/home/kubernetes/bin/nvidia"
_IN_POD = "/usr/local/nvidia"


class DriverAccess(StrEnum):
    """From the strictest on; the value is the Pod Security level that it needs."""

    RUNTIME_CLASS = "runtime_class"
    """The runtime class nvidia, without any right: Pod Security restricted."""
    MIG_MONITOR = "mig_monitor"
    """The same with SYS_ADMIN, which the driver wants of who looks at MIG devices that others made."""
    PRIVILEGED = "privileged"
    """Bottlerocket gives GPUs to no other pod that requests none."""
    HOST_DRIVER = "host_driver"
    """GKE's own stack has no runtime class: device nodes and the driver's folder of the host."""


def access_of(plan: PoolPlan, spec: NodePoolSpec) -> DriverAccess:
    """The strictest access that works on the nodes of a pool."""
    if spec.gpu_stack is GpuStack.MANAGED:
        return DriverAccess.HOST_DRIVER
    if spec.image is NodeImage.BOTTLEROCKET:
        return DriverAccess.PRIVILEGED
    cut = any(node.layout != "all-disabled" for node in plan.nodes)
    return DriverAccess.MIG_MONITOR if cut else DriverAccess.RUNTIME_CLASS


def pod_security(accesses: list[DriverAccess]) -> str:
    """The Pod Security level of a namespace whose pods have these accesses."""
    return "restricted" if set(accesses) <= {DriverAccess.RUNTIME_CLASS} else "privileged"


def pod_parts(access: DriverAccess) -> dict[str, Any]:
    """What the access adds to a pod's ``spec``."""
    if access is DriverAccess.HOST_DRIVER:
        # The kubelet of GKE puts the driver there; nothing else of the host is mounted.
        return {"volumes": [{"name": "driver", "hostPath": {"path": _GKE_DRIVER, "type": "Directory"}}]}
    return {"runtimeClassName": "nvidia"}


def container_parts(access: DriverAccess) -> dict[str, Any]:
    """What the access makes of a container: environment, mounts and security context."""
    variables, mounts = dict(DEVICES), []
    security: dict[str, Any] = {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if access is not DriverAccess.RUNTIME_CLASS:
        # A capability that is added reaches only root.
        security |= {"runAsNonRoot": False, "runAsUser": 0}
        variables["NVIDIA_MIG_MONITOR_DEVICES"] = "all"
    if access is DriverAccess.MIG_MONITOR:
        security["capabilities"] = {"drop": ["ALL"], "add": ["SYS_ADMIN"]}
    if access in {DriverAccess.PRIVILEGED, DriverAccess.HOST_DRIVER}:
        security = {"privileged": True, "runAsUser": 0, "readOnlyRootFilesystem": True}
    if access is DriverAccess.HOST_DRIVER:
        variables = {"LD_LIBRARY_PATH": f"{_IN_POD}/lib64"}
        mounts = [{"name": "driver", "mountPath": _IN_POD, "readOnly": True}]
    return {
        "env": [{"name": name, "value": value} for name, value in variables.items()],
        "volumeMounts": mounts,
        "securityContext": security,
    }

"""How a pod that takes no GPU gets to the driver.

Sources (read 2026-11): NVIDIA GPU Operator, "Container Device Interface": pods that manage GPUs keep the
runtime class nvidia and NVIDIA_VISIBLE_DEVICES, unless its NRI plugin is on. NVIDIA k8s-device-plugin's
DaemonSet: SYS_ADMIN alone for the MIG monitor, without which nvidia-container-toolkit refuses it.
bottlerocket-os/bottlerocket#3992: SYS_ADMIN is enough. Google Cloud's DCGM exporter: GKE's own stack.
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
    """From the strictest on."""

    RUNTIME_CLASS = "runtime_class"
    """The runtime class nvidia, without any right: Pod Security restricted."""
    SYS_ADMIN = "sys_admin"
    """The same with this one capability: the driver wants it of who looks at MIG devices that others made,
    and Bottlerocket of who requests no GPU."""
    HOST_DRIVER = "host_driver"
    """GKE's own stack has no runtime class: device nodes and the driver's folder of the host."""


def access_of(plan: PoolPlan, spec: NodePoolSpec) -> DriverAccess:
    """The strictest access that works on the nodes of a pool."""
    if spec.gpu_stack is GpuStack.MANAGED:
        return DriverAccess.HOST_DRIVER
    cut = any(node.layout != "all-disabled" for node in plan.nodes)
    if cut or spec.image is NodeImage.BOTTLEROCKET:
        return DriverAccess.SYS_ADMIN
    return DriverAccess.RUNTIME_CLASS


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
    if access is DriverAccess.HOST_DRIVER:
        variables = {"LD_LIBRARY_PATH": f"{_IN_POD}/lib64"}
        mounts = [{"name": "driver", "mountPath": _IN_POD, "readOnly": True}]
        # Device nodes of the host reach no other container.
        security: dict[str, Any] = {"privileged": True, "runAsUser": 0, "readOnlyRootFilesystem": True}
    else:
        variables, mounts = dict(DEVICES), []
        security = {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "runAsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
    if access is DriverAccess.SYS_ADMIN:
        variables["NVIDIA_MIG_MONITOR_DEVICES"] = "all"
        # A capability that is added reaches only root.
        security |= {"runAsNonRoot": False, "runAsUser": 0, "runAsGroup": 0}
        security["capabilities"] = {"drop": ["ALL"], "add": ["SYS_ADMIN"]}
    return {
        "env": [{"name": name, "value": value} for name, value in variables.items()],
        "volumeMounts": mounts,
        "securityContext": security,
    }

"""What GKE needs beside the GPU Operator: a quota for critical pods, and Google's driver installer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .values import GKE_DRIVER

_CRITICAL = ["system-node-critical", "system-cluster-critical"]
_MOUNTS = {
    "dev": ("/dev", "/dev"),
    "vulkan-icd-mount": (f"{GKE_DRIVER}/vulkan/icd.d", "/etc/vulkan/icd.d"),
    "nvidia-install-dir-host": (GKE_DRIVER, "/usr/local/nvidia"),
    "root-mount": ("/", "/root"),
    "cos-tools": ("/var/lib/cos-tools", "/build/cos-tools"),
}
"""Name of the volume, folder of the host, folder of the container."""
_ENVIRONMENT = {
    "NVIDIA_INSTALL_DIR_HOST": GKE_DRIVER,
    "NVIDIA_INSTALL_DIR_CONTAINER": "/usr/local/nvidia",
    "VULKAN_ICD_DIR_HOST": f"{GKE_DRIVER}/vulkan/icd.d",
    "VULKAN_ICD_DIR_CONTAINER": "/etc/vulkan/icd.d",
    "ROOT_MOUNT_DIR": "/root",
    "COS_TOOLS_DIR_HOST": "/var/lib/cos-tools",
    "COS_TOOLS_DIR_CONTAINER": "/build/cos-tools",
}
_INSTALL = "if lsmod | grep -q '^nvidia '; then exit 0; fi; exec /cos-gpu-installer install"
_PAUSE = "gke.gcr.io/pause:3.8@sha256:880e63f94b145e46f1b1082bb71b85e21f16b99b180b9996407d61240ceb9830"


def critical_pods_quota(namespace: str) -> dict[str, Any]:
    """Lets pods of system priority run in a namespace; GKE allows that in kube-system alone.

    Source: docs.nvidia.com, GPU Operator with Google GKE (2026-08-21).
    """
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "critical-pods", "namespace": namespace},
        "spec": {
            "hard": {"pods": "10000"},
            "scopeSelector": {
                "matchExpressions": [
                    {"scopeName": "PriorityClass", "operator": "In", "values": _CRITICAL},
                ]
            },
        },
    }


def driver_installer(namespace: str, cost_labels: Mapping[str, str]) -> dict[str, Any]:
    """Installs the driver that a Container-Optimized OS image has at hand, once on each GPU node.

    For pools whose ``gpu_driver_version`` is ``INSTALLATION_DISABLED``. The image is on the node already and
    never pulled. Source: GoogleCloudPlatform/container-engine-accelerators of 2026-06-11,
    nvidia-driver-installer/cos/daemonset-preloaded.yaml, without its step for GKE's own MIG.
    """
    labels = {"k8s-app": "nvidia-driver-installer"}
    mounts = [{"name": name, "mountPath": inside} for name, (_, inside) in _MOUNTS.items()]
    install = {
        "name": "nvidia-driver-installer",
        "image": "cos-nvidia-installer:fixed",
        "imagePullPolicy": "Never",
        "command": ["bash", "-c", _INSTALL],
        "env": [{"name": name, "value": value} for name, value in _ENVIRONMENT.items()],
        "resources": {"requests": {"cpu": "150m"}},
        "securityContext": {"privileged": True},
        "volumeMounts": mounts,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "nvidia-driver-installer", "namespace": namespace, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": {**cost_labels, **labels}},
                "spec": {
                    "priorityClassName": "system-node-critical",
                    "affinity": {"nodeAffinity": _gpu_nodes_without_driver()},
                    "tolerations": [{"operator": "Exists"}],
                    "hostNetwork": True,
                    "hostPID": True,
                    "automountServiceAccountToken": False,
                    "initContainers": [install],
                    "containers": [{"name": "pause", "image": _PAUSE}],
                    "volumes": [
                        {"name": name, "hostPath": {"path": outside}}
                        for name, (outside, _) in _MOUNTS.items()
                    ],
                },
            },
        },
    }


def _gpu_nodes_without_driver() -> dict[str, Any]:
    expressions = [
        {"key": "cloud.google.com/gke-accelerator", "operator": "Exists"},
        {"key": "cloud.google.com/gke-gpu-driver-version", "operator": "DoesNotExist"},
        {"key": "cloud.google.com/gke-confidential-nodes-instance-type", "operator": "DoesNotExist"},
    ]
    return {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": expressions}]
        }
    }

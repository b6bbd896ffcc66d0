"""Values of the GPU Operator and of NVIDIA's DRA driver on each platform.

Keys: NVIDIA/gpu-operator v26.7.0, deployments/gpu-operator/values.yaml and templates/clusterpolicy.yaml, and
NVIDIA/k8s-dra-driver-gpu v0.4.0, deployments/helm/dra-driver-nvidia-gpu/values.yaml (read 2026-11-21).
Settings: docs.nvidia.com, "GPU Operator with Google GKE" and "GPU Operator with MIG", from
NVIDIA/cloud-native-docs of 2026-08-21; NVIDIA/aicr, recipes/components/gpu-operator (2026-03-21); AWS EKS
user guide, "Install Kubernetes device plugin for GPUs". Nodes that have driver or toolkit: docs.nvidia.com,
"Installing the NVIDIA GPU Operator" (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from ...components.cluster_spec import ClusterProvider, NodesHave
from ..spec import NodePoolSpec, TaintSpec
from .config_maps import WHOLE
from .node_labels import GPU_STACK_LABEL

GKE_DRIVER = "/home/kubernetes/bin/nvidia"
"""Where Google's installer puts the driver; one of the few folders of its nodes that can be written."""
_OPERATOR_DRIVER = "/run/nvidia/driver"
_NODE_DRIVER = "/"
_GPU_TAINT = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
_CONTROL_PLANE = {
    "key": "node-role.kubernetes.io/control-plane",
    "operator": "Exists",
    "effect": "NoSchedule",
}


@dataclass(frozen=True, slots=True)
class OperatorConfigs:
    """Names of the ConfigMaps that the operator reads, in its own namespace."""

    metrics: str
    device_plugin: str
    mig: str | None
    """``None`` where no GPU of the pools can be cut."""


def tolerations(taints: Iterable[Iterable[TaintSpec]]) -> list[dict[str, str]]:
    """What pods must tolerate to run on GPU nodes of pools with these taints, each once."""
    found = [_GPU_TAINT]
    for taint in chain.from_iterable(taints):
        toleration = {"key": taint.key, "operator": "Exists", "effect": taint.effect.value}
        if toleration not in found:
            found.append(toleration)
    return found


def gpu_operator_values(
    provider: ClusterProvider,
    pools: Sequence[NodePoolSpec],
    configs: OperatorConfigs,
    *,
    service_monitor: bool,
    nodes_have: NodesHave = NodesHave.NOTHING,
) -> dict[str, Any]:
    """Values of the chart for these pools.

    ``service_monitor``: whether the cluster has the kinds of the Prometheus operator. ``nodes_have``: what
    the nodes of a cluster that exists bring.
    """
    tolerated = tolerations(pool.taints for pool in pools)
    platform = _platform(provider, nodes_have)
    return {
        **platform,
        "operator": {"upgradeCRD": False},
        "daemonsets": {"tolerations": tolerated},
        "node-feature-discovery": {"worker": {"tolerations": [_CONTROL_PLANE, *tolerated]}},
        "mig": {"strategy": "mixed"},
        "migManager": _mig_manager(provider, configs.mig),
        "devicePlugin": {
            **platform.get("devicePlugin", {}),
            "config": {"name": configs.device_plugin, "default": WHOLE},
        },
        "dcgmExporter": {
            "config": {"name": configs.metrics},
            "serviceMonitor": _service_monitor() if service_monitor else {"enabled": False},
        },
    }


def dra_driver_values(
    provider: ClusterProvider,
    pools: Sequence[NodePoolSpec],
    *,
    compute_domains: bool,
    nodes_have: NodesHave = NodesHave.NOTHING,
) -> dict[str, Any]:
    """Values of the DRA driver's chart, which runs on nodes of pools with ``gpu_stack: dra`` alone.

    ``compute_domains``: whether a pool has GPUs whose NVLink reaches across machines.
    """
    on_nodes = provider is ClusterProvider.EXISTING and nodes_have is not NodesHave.NOTHING
    return {
        "nvidiaDriverRoot": _NODE_DRIVER if on_nodes else _DRIVER_ROOT[provider],
        "gpuResourcesEnabledOverride": True,
        "resources": {"gpus": {"enabled": True}, "computeDomains": {"enabled": compute_domains}},
        "kubeletPlugin": {
            "nodeSelector": {
                GPU_STACK_LABEL: "dra",
                # The operator stops pods with this selector while it changes a driver or a MIG layout.
                "nvidia.com/gpu.deploy.client": "true",
            },
            "tolerations": tolerations(pool.taints for pool in pools),
        },
    }


def _platform(provider: ClusterProvider, nodes_have: NodesHave) -> dict[str, Any]:
    if provider is not ClusterProvider.EXISTING or nodes_have is NodesHave.NOTHING:
        return _PLATFORM[provider]
    if nodes_have is NodesHave.GPU_DRIVER_AND_TOOLKIT:
        # As on EKS, whose images have both.
        return _PLATFORM[ClusterProvider.EKS]
    return {**_PLATFORM[provider], "driver": {"enabled": False}}


def _mig_manager(provider: ClusterProvider, config: str | None) -> dict[str, Any]:
    if config is None:
        return {"enabled": False}
    values: dict[str, Any] = {"enabled": True, "config": {"name": config, "default": "all-disabled"}}
    if provider is not ClusterProvider.EXISTING:
        # A virtual machine can't reset its GPUs; the node boots only where a change of MIG mode asks for it.
        values["env"] = [{"name": "WITH_REBOOT", "value": "true"}]
    return values


def _service_monitor() -> dict[str, Any]:
    return {
        "enabled": True,
        "interval": "30s",
        # Namespace and pod are those of the work on the GPU, not those of the exporter.
        "honorLabels": True,
        "relabelings": [
            {
                "sourceLabels": ["__meta_kubernetes_pod_node_name"],
                "targetLabel": "node",
                "action": "replace",
            }
        ],
    }


# A container that names GPUs in an environment variable would otherwise get them without a request.
_NO_GPUS_BY_ENVIRONMENT = [
    {"name": "ACCEPT_NVIDIA_VISIBLE_DEVICES_ENVVAR_WHEN_UNPRIVILEGED", "value": "false"},
    {"name": "ACCEPT_NVIDIA_VISIBLE_DEVICES_AS_VOLUME_MOUNTS", "value": "true"},
]
_DEVICES_BY_CDI = [{"name": "DEVICE_LIST_STRATEGY", "value": "cdi-cri,cdi-annotations,volume-mounts"}]

_PLATFORM: dict[ClusterProvider, dict[str, Any]] = {
    # NVIDIA's images of EKS have driver and container toolkit.
    ClusterProvider.EKS: {"driver": {"enabled": False}, "toolkit": {"enabled": False}},
    ClusterProvider.GKE: {
        "driver": {"enabled": False},
        "hostPaths": {"driverInstallDir": GKE_DRIVER},
        "cdi": {"enabled": True},
        "toolkit": {
            "enabled": True,
            "installDir": GKE_DRIVER,
            # Since 1.33 the toolkit would otherwise write a configuration that containerd can't read.
            "env": [*_NO_GPUS_BY_ENVIRONMENT, {"name": "RUNTIME_CONFIG_SOURCE", "value": "file"}],
        },
        "devicePlugin": {"env": _DEVICES_BY_CDI},
    },
    ClusterProvider.EXISTING: {
        "driver": {"enabled": True},
        "toolkit": {"enabled": True, "env": _NO_GPUS_BY_ENVIRONMENT},
        "devicePlugin": {"env": _DEVICES_BY_CDI},
    },
}

_DRIVER_ROOT = {
    ClusterProvider.EKS: _NODE_DRIVER,
    ClusterProvider.GKE: GKE_DRIVER,
    ClusterProvider.EXISTING: _OPERATOR_DRIVER,
}

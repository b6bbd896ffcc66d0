"""What a pod needs so that its GPUs reach those of other machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .machines import Fabric
from .node_plan import PoolPlan


@dataclass(frozen=True, slots=True)
class PodFabric:
    """What is added to the pod, and to the container that uses the GPUs."""

    resources: Mapping[str, str] = field(default_factory=dict)
    """Requests and limits, which are equal for these."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Annotations of the pod."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment of the container."""
    huge_pages: Mapping[str, str] = field(default_factory=dict)
    """Requests and limits of huge pages; Kubernetes wants a request of memory or CPU with them."""
    capabilities: tuple[str, ...] = ()
    """Linux capabilities that the container adds. None keeps a pod within Pod Security ``restricted``."""
    volumes: tuple[Mapping[str, Any], ...] = ()
    """Volumes of the pod."""
    volume_mounts: tuple[Mapping[str, Any], ...] = ()
    """Where the container mounts them."""
    containers: tuple[Mapping[str, Any], ...] = ()
    """Containers that run beside it."""
    setup_script: str | None = None
    """Script that the command sources first, for settings that change with the plugin's version."""

    @property
    def privileged(self) -> bool:
        """Whether Pod Security ``restricted`` and ``baseline`` refuse the pod."""
        return bool(self.capabilities or self.containers or any("hostPath" in item for item in self.volumes))


def sidecars(fabric: PodFabric) -> list[dict[str, Any]]:
    """The containers that run beside it, as ``initContainers``: they start first and end with the pod.

    Beside the others, a helper that never ends would keep a Job from ending.
    """
    return [{**container, "restartPolicy": "Always"} for container in fabric.containers]


def pod_fabric(plan: PoolPlan, gpus: int) -> PodFabric:
    """What a pod with ``gpus`` whole GPUs needs for the fabric of a pool; nothing where it has none.

    Raises ``ValueError`` for a pod whose share of the node is too small for the fabric.
    """
    if plan.fabric is Fabric.NONE:
        return PodFabric()
    if plan.rdma is not None:
        from .rdma_pods import rdma_pod_fabric

        return rdma_pod_fabric(plan, plan.rdma, gpus)
    if plan.fabric is Fabric.EFA:
        from .aws.fabric_pods import efa_pod_fabric

        return efa_pod_fabric(plan, gpus)
    from .gcp.fabric_pods import gcp_pod_fabric

    return gcp_pod_fabric(plan, gpus)

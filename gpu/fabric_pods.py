"""What a pod needs to use the fabric of its pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .machines import Fabric
from .node_plan import EFA, PoolPlan

HUGE_PAGES = "hugepages-2Mi"

NODE_HUGE_PAGES_MIB = 10240
"""Huge pages of a node with EFA that pods may ask for: 5,128 × 2 MiB, less what the node keeps.

EKS user guide, node-efa (read 2026-11): nodes set 5,128 pages aside; the worker of its example asks for half.
"""


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
    """Script that the command sources first, for settings that change with a plugin's version."""


def pod_fabric(plan: PoolPlan, gpus: int) -> PodFabric:
    """What a pod with ``gpus`` whole GPUs needs for the fabric of a pool; nothing where it has none.

    Raises ``ValueError`` for a pod whose share of the node's interfaces is less than one.
    """
    return _efa(plan, gpus) if plan.fabric is Fabric.EFA else PodFabric()


def _efa(plan: PoolPlan, gpus: int) -> PodFabric:
    """The pod's share of the node's interfaces and huge pages, so that all pods of a node get theirs.

    libfabric takes another way than EFA when it finds none; ``FI_PROVIDER`` makes that an error instead of a
    slow run (libfabric, fi_provider; read 2026-11). What else NCCL needs is the image's: its plugin for
    libfabric finds out by itself whether GPUs are reached directly.
    """
    interfaces = plan.efa_interfaces * gpus // plan.gpus_per_node
    if not interfaces:
        least = -(-plan.gpus_per_node // plan.efa_interfaces)
        raise ValueError(
            f"{gpus} GPU without an EFA interface of its own: {plan.machine} has {plan.efa_interfaces} for "
            f"{plan.gpus_per_node} GPUs; take at least {least}"
        )
    pages = min(NODE_HUGE_PAGES_MIB // 2, NODE_HUGE_PAGES_MIB * gpus // plan.gpus_per_node) // 2 * 2
    return PodFabric(
        resources={EFA: str(interfaces)},
        env={"FI_PROVIDER": "efa"},
        huge_pages={HUGE_PAGES: f"{pages}Mi"},
    )

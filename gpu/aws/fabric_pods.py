"""What a pod needs to use EFA."""

from __future__ import annotations

from ..fabric_pods import PodFabric
from ..node_plan import EFA, PoolPlan

HUGE_PAGES = "hugepages-2Mi"

NODE_HUGE_PAGES_MIB = 10240
"""Huge pages of a node with EFA that pods may ask for: 5,128 × 2 MiB, less what the node keeps.

EKS user guide, node-efa (read 2026-11): nodes set 5,128 pages aside; the worker of its example asks for half.
"""


def efa_pod_fabric(plan: PoolPlan, gpus: int) -> PodFabric:
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

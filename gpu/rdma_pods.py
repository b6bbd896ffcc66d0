"""What a pod needs for RDMA on premises."""

from __future__ import annotations

from .fabric_pods import PodFabric
from .node_plan import PoolPlan
from .rdma import (
    NETWORK_NAMESPACE,
    RDMA_FUNCTION,
    SHARED_RDMA,
    RdmaMode,
    RdmaSpec,
    functions_of,
    network_names,
)

NETWORKS = "k8s.v1.cni.cncf.io/networks"
"""Annotation that names the secondary networks of a pod; one for each interface, also of the same network."""


def rdma_pod_fabric(plan: PoolPlan, rdma: RdmaSpec, gpus: int) -> PodFabric:
    """The cards and the networks to use them on.

    Registered memory is locked, which Linux bounds without IPC_LOCK. NCCL finds the cards by itself; which of
    them are storage's, only the owner of the nodes knows (``NCCL_IB_HCA`` in the image or the command).
    """
    names = [f"{NETWORK_NAMESPACE}/{name}" for name in network_names(plan.name, rdma)]
    resources = {SHARED_RDMA: "1"}
    if rdma.mode is RdmaMode.SRIOV:
        functions = functions_of(rdma, gpus, plan.gpus_per_node)
        resources, names = {RDMA_FUNCTION: str(functions)}, names * functions
    return PodFabric(
        resources=resources,
        annotations={NETWORKS: ",".join(names)} if names else {},
        capabilities=("IPC_LOCK",),
    )

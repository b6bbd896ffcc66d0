"""Labels that nodes must carry for the stack of their pool."""

from __future__ import annotations

from ...components.cluster_spec import ClusterProvider
from ..spec import GpuStack, NodeImage, NodePoolSpec
from .config_maps import sharing_key

GPU_STACK_LABEL = "ai-platform/gpu-stack"
_DEVICE_PLUGIN = "nvidia.com/gpu.deploy.device-plugin"


def stack_labels(provider: ClusterProvider, pool: NodePoolSpec) -> dict[str, str]:
    """What the node group of a pool must set, beside the MIG layout that ``nvidia.com/mig.config`` names.

    A node has one device plugin at most: none of the operator where NVIDIA's DRA driver allocates GPUs, where
    Bottlerocket brings its own, or where GKE manages them.
    """
    labels = {GPU_STACK_LABEL: pool.gpu_stack.value}
    if pool.gpu_stack is GpuStack.MANAGED:
        return {**labels, "nvidia.com/gpu.deploy.operands": "false"}
    if provider is ClusterProvider.GKE:
        # docs.nvidia.com, GPU Operator with Google GKE: the node label that turns GKE's own plugin off.
        labels["gke-no-default-nvidia-gpu-device-plugin"] = "true"
    if pool.gpu_stack is GpuStack.DRA or pool.image is NodeImage.BOTTLEROCKET:
        return {**labels, _DEVICE_PLUGIN: "false"}
    return {**labels, "nvidia.com/device-plugin.config": sharing_key(pool)}

"""Simulated nodes: Kubernetes objects with what a real node of a pool would show."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi

from ..components.node_labels import POOL_LABEL
from ..components.objects import kubernetes_object
from .aws.fabric_pods import HUGE_PAGES, NODE_HUGE_PAGES_MIB
from .machines import MACHINES, Machine
from .mig.layout import SHARED_GPU, WHOLE_GPU, layout_name, mig_parted_config, node_layout, node_resources
from .mig.profiles import known_layouts
from .node_groups import MIG_CONFIG_LABEL
from .node_plan import EFA, NodePlan, PoolPlan, gpu_of, layouts_of
from .rdma import offered
from .spec import NodePoolSpec
from .tpu_nodes import tpu_node_manifest

_ZONE = "simulated-a"
_MIG_DONE = "jsonpath={.metadata.labels['nvidia.com/mig.config.state']}=success"


def simulated_nodes(
    name: str,
    spec: NodePoolSpec,
    plan: PoolPlan,
    machines: Mapping[str, Machine],
    opts: pulumi.ResourceOptions,
) -> None:
    """The nodes of a pool and, where its GPUs can be cut, what its MIG managers read."""
    if plan.mig_capable:
        kubernetes_object(f"{name}-mig", mig_config_manifest(spec, machines), opts)
    for node in plan.nodes:
        # The logical name is the node's place in the pool, so that a new layout changes only it.
        role = node.name.removeprefix(f"{spec.name}-")
        kubernetes_object(f"{name}-node-{role}", node_manifest(plan, node), opts)


def mig_config_manifest(spec: NodePoolSpec, machines: Mapping[str, Machine] = MACHINES) -> dict[str, Any]:
    """The pool's layouts as mig-parted reads them."""
    row = machines.get(spec.machine)
    layouts = layouts_of(spec, row) if row else []
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": f"mig-{spec.name}",
            "namespace": "kube-system",
            "labels": {POOL_LABEL: spec.name},
        },
        "data": {"config.yaml": json.dumps(mig_parted_config(layouts), indent=1)},
    }


def node_manifest(plan: PoolPlan, node: NodePlan) -> dict[str, Any]:
    """A simulated node: what a kubelet, GPU feature discovery and the device plugin would make of it."""
    if plan.tpu:
        return tpu_node_manifest(plan, plan.tpu, node)
    base = {
        "cpu": str(plan.vcpu),
        "memory": f"{plan.memory_gib}Gi",
        "ephemeral-storage": "1Ti",
        "pods": "250",
        **_gpus(plan),
        **_efa(plan),
        **_rdma(plan),
    }
    labels = {
        POOL_LABEL: plan.name,
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": plan.machine,
        "topology.kubernetes.io/zone": _ZONE,
        "nvidia.com/gpu.present": "true",
        "nvidia.com/gpu.product": plan.gpu_product,
        "nvidia.com/gpu.count": str(plan.gpus_per_node),
        "nvidia.com/gpu.memory": str(plan.gpu_memory_mib),
        "nvidia.com/mig.capable": str(plan.mig_capable).lower(),
    }
    annotations = {
        "kwok.x-k8s.io/node": "fake",
        "simulated.ai-platform/resources": json.dumps(base),
    }
    if plan.sharing:
        labels |= {
            "nvidia.com/gpu.replicas": str(plan.sharing.replicas),
            "nvidia.com/gpu.sharing-strategy": plan.sharing.strategy.replace("_", "-"),
        }
    if plan.mig_capable:
        labels |= {"nvidia.com/mig.strategy": "mixed", MIG_CONFIG_LABEL: node.layout}
        annotations |= {
            "simulated.ai-platform/mig-layouts": json.dumps(_simulated_layouts(plan, node)),
            "pulumi.com/waitFor": json.dumps(_laid_out(node)),
        }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node.name, "labels": labels, "annotations": annotations},
        "spec": {"taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]},
    }


def _efa(plan: PoolPlan) -> dict[str, str]:
    if not plan.efa_interfaces:
        return {}
    return {EFA: str(plan.efa_interfaces), HUGE_PAGES: f"{NODE_HUGE_PAGES_MIB}Mi"}


def _rdma(plan: PoolPlan) -> dict[str, str]:
    return {name: str(count) for name, count in offered(plan.rdma).items()} if plan.rdma else {}


def _gpus(plan: PoolPlan) -> dict[str, str]:
    if plan.sharing:
        return {SHARED_GPU: str(plan.gpus_per_node * plan.sharing.replicas)}
    return {WHOLE_GPU: str(plan.gpus_per_node)}


def _laid_out(node: NodePlan) -> list[str]:
    # Until the MIG manager has seen a new layout, it still says "success" of the old one.
    offered = [
        f"jsonpath={{.status.allocatable['{resource}']}}={count}"
        for resource, count in node.resources.items()
    ]
    return [_MIG_DONE, *offered]


def _simulated_layouts(plan: PoolPlan, node: NodePlan) -> dict[str, dict[str, str]]:
    """Every layout that the node's MIG manager knows: NVIDIA's named ones and the plan's own."""
    layouts = {node.layout: node.resources}
    for name, devices in known_layouts(gpu_of(plan)).items():
        groups = [(plan.gpus_per_node, devices)] if devices else []
        known = node_layout(gpu_of(plan), plan.gpus_per_node, groups)
        layouts.setdefault(name if devices else layout_name(known), node_resources(known))
    return {
        name: {resource: str(count) for resource, count in sorted(resources.items())}
        for name, resources in sorted(layouts.items())
    }

"""What the nodes of a cluster that somebody else made must carry: labels and taints, as kubectl sets them."""

from __future__ import annotations

from collections.abc import Iterator

from ..components.cluster_spec import ClusterProvider
from ..components.node_labels import POOL_LABEL
from .node_groups import MIG_CONFIG_LABEL, node_groups
from .node_plan import PoolPlan
from .operator.node_labels import stack_labels
from .spec import NodePoolSpec, TaintSpec

_GPU_TAINT = TaintSpec(key="nvidia.com/gpu", value="present")


def node_commands(spec: NodePoolSpec, plan: PoolPlan) -> Iterator[str]:
    """kubectl commands for the nodes of a pool: labels for each MIG layout, then the taints of all."""
    for group in node_groups(plan):
        labels = {**spec.labels, POOL_LABEL: spec.name, **stack_labels(ClusterProvider.EXISTING, spec)}
        if plan.mig_capable:
            labels[MIG_CONFIG_LABEL] = group.layout
        named = " ".join(f"{key}={value}" for key, value in labels.items())
        yield f"kubectl label node --overwrite {named} {_nodes(spec, group.max_nodes)}"
    taints = [_GPU_TAINT, *spec.taints]
    named = " ".join(
        f"{taint.key}={taint.value}:{taint.effect}" if taint.value else f"{taint.key}:{taint.effect}"
        for taint in taints
    )
    yield f"kubectl taint node --overwrite {named} {_nodes(spec, spec.max_nodes)}"


def _nodes(spec: NodePoolSpec, count: int) -> str:
    return f"<{count} of {spec.name}>"

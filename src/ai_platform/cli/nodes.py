"""What the nodes of a cluster that exists need before the platform can use them."""

from __future__ import annotations

from ..components.cluster_spec import ClusterProvider
from ..environment import Environment
from ..gpu.existing_nodes import node_commands
from ..plan import Plan


def node_lines(environment: Environment, plan: Plan) -> list[str]:
    """kubectl commands for the nodes of each pool; none where the platform makes the nodes."""
    if environment.cluster.provider is not ClusterProvider.EXISTING:
        return []
    lines = ["", "what the nodes need, with names in place of <…>:"]
    for spec, pool in zip(environment.node_pools, plan.pools, strict=True):
        lines += [f"  {command}" for command in node_commands(spec, pool)]
    return lines

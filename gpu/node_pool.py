"""A pool of nodes with GPUs or TPUs."""

from collections.abc import Mapping
from typing import Any

import pulumi

from ..components.args import InvalidArgs, parsed
from ..components.cluster import Cluster
from ..components.cluster_spec import ClusterProvider
from ..components.errors import Problem
from .fall_backs import Networks
from .machines import MACHINES, Machine
from .node_plan import PoolPlan, plan_pool
from .simulated_nodes import simulated_nodes
from .spec import NodePoolSpec
from .tpus import TPU_MACHINES


class NodePool(pulumi.ComponentResource):
    """Nodes of one machine type, with labels, taints, MIG layouts and fabric, on whatever cluster they run.

    On EKS: managed node groups between ``min_nodes`` and ``max_nodes``. On GKE: node pools. On a simulated
    cluster, or without one: simulated nodes, at ``max_nodes``, since they cost nothing and no autoscaler
    runs; ``up`` waits until each MIG layout is applied. On a cluster that somebody else made, nothing: it has
    its nodes.
    """

    pool: pulumi.Output[str]
    """Name of the pool, for the node label ai-platform/pool."""

    def __init__(
        self,
        name: str,
        args: NodePoolSpec | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        *,
        machines: Mapping[str, Machine] = MACHINES,
        cluster: Cluster | None = None,
        networks_of: "NodePool | None" = None,
    ) -> None:
        """``networks_of``: on GKE, a pool with the same fabric whose networks its nodes are in too, so that
        work of that pool can fall back to this one. A change of it replaces the nodes.
        """
        super().__init__("ai-platform:index:NodePool", name, {}, opts)
        spec = parsed("NodePool", name, NodePoolSpec, args)
        plan = _planned(name, spec, machines)
        own = pulumi.ResourceOptions(parent=self)

        self._networks: Networks | None = None
        # Each cloud's module is loaded only where its pools are made.
        if cluster is not None and cluster.aws is not None:
            _refuse_tpus(name, spec, plan)
            from .aws.node_pool import aws_node_pool

            aws_node_pool(name, spec, plan, machines[spec.machine], cluster.aws, own)
        elif cluster is not None and cluster.gcp is not None:
            if plan.tpu:
                from .gcp.tpu_node_pool import gke_tpu_node_pool

                gke_tpu_node_pool(name, spec, plan, plan.tpu, cluster.gcp, own)
            else:
                from .gcp.node_pool import gke_node_pool

                row, shared = machines[spec.machine], networks_of._networks if networks_of else None
                self._networks = gke_node_pool(name, spec, plan, row, cluster.gcp, own, shared)
        elif cluster is None or cluster.provider is ClusterProvider.SIMULATED:
            simulated_nodes(name, spec, plan, machines, own)

        self.pool = pulumi.Output.from_input(spec.name)
        self.register_outputs({"pool": self.pool})


def _refuse_tpus(name: str, spec: NodePoolSpec, plan: PoolPlan) -> None:
    if plan.tpu:
        expected = "a machine of aws, where the cluster is"
        problem = Problem("machine", spec.machine, expected, "take another machine")
        raise InvalidArgs(f"NodePool {name!r}", [problem])


def _planned(name: str, spec: NodePoolSpec, machines: Mapping[str, Machine]) -> PoolPlan:
    try:
        return plan_pool(spec, machines)
    except ValueError as error:
        key, fitting = ("tpu_topology", "slices") if spec.machine in TPU_MACHINES else ("mig", "layouts")
        problem = Problem(
            key, f"a pool that can't be: {error}", f"a machine and {fitting} that fit", "change them"
        )
        raise InvalidArgs(f"NodePool {name!r}", [problem]) from None

"""What brings nodes to a cluster when pods wait for them, where its cloud does not do so itself."""

from __future__ import annotations

import pulumi

from .charts_spec import ChartsSpec
from .cluster import Cluster


def make_autoscaler(
    name: str,
    cluster: Cluster | None,
    charts: ChartsSpec,
    opts: pulumi.ResourceOptions,
    *,
    await_ready: bool = True,
) -> pulumi.Resource | None:
    """Cluster Autoscaler on EKS; ``None`` elsewhere.

    GKE scales its node pools, a simulated cluster has all nodes, and one that exists is scaled by its owner.
    It needs the cluster, and the providers of Kubernetes and of AWS. Pools need not wait for it.
    """
    if cluster is None or cluster.aws is None:
        return None
    # The cloud's module is loaded only where it is used.
    from .aws.autoscaler import ClusterAutoscaler

    return ClusterAutoscaler(name, charts, opts, cluster=cluster, await_ready=await_ready)

"""What makes the GPUs of a cluster usable, on whatever cluster they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from ..components.chart import Chart, ChartArgs
from ..components.charts import ChartName
from ..components.charts_spec import ChartsSpec
from ..components.cluster import Cluster
from ..components.cluster_spec import ClusterProvider, NodesHave
from ..components.objects import kubernetes_object
from ..finops.prices import PurchaseOption
from .machines import Machine
from .operator.efa import efa_pools, efa_values
from .operator.gpu_operator import GpuOperator, GpuOperatorSpec
from .operator.network_operator import NetworkOperator, NetworkOperatorSpec, RdmaPoolSpec
from .spec import NodePoolSpec
from .tpus import TPU_MACHINES


def make_gpu_software(
    name: str,
    pools: Sequence[NodePoolSpec],
    opts: pulumi.ResourceOptions,
    *,
    cluster: Cluster,
    charts: ChartsSpec,
    machines: Mapping[str, Machine],
    labels: Mapping[str, str],
    monitored: bool = False,
    nodes_have: NodesHave = NodesHave.NOTHING,
) -> None:
    """GPU operator, EFA's device plugin, and RDMA on premises. A simulated cluster needs none of it.

    ``pools`` have their MIG layouts worked out; ``labels`` say who pays; ``monitored``: a Prometheus operator
    is there; ``nodes_have``: what the nodes of a cluster that exists bring.
    """
    gpus = [pool for pool in pools if pool.machine not in TPU_MACHINES]
    if cluster.provider is ClusterProvider.SIMULATED or not gpus:
        return
    spec = GpuOperatorSpec.model_validate(
        {
            "provider": cluster.provider,
            "pools": gpus,
            "charts": charts,
            "labels": labels,
            "service_monitor": monitored,
            "nodes_have": nodes_have,
        }
    )
    operator = GpuOperator(f"{name}-gpu", spec, opts, machines=machines)
    rdma = rdma_pools(gpus, machines)
    if rdma:
        after = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[operator]))
        own = NetworkOperatorSpec(pools=rdma, charts=charts, labels=dict(labels))
        NetworkOperator(f"{name}-rdma", own, after)
    if cluster.aws is not None and efa_pools(gpus):
        values = efa_values(cluster.aws.region, gpus)
        Chart(f"{name}-efa", ChartArgs(ChartName.EFA, values, charts, labels=labels), opts)


def rdma_pools(pools: Sequence[NodePoolSpec], machines: Mapping[str, Machine]) -> list[RdmaPoolSpec]:
    """The pools on premises whose nodes reach each other by RDMA."""
    return [
        RdmaPoolSpec(
            pool=pool.name,
            rdma=pool.rdma,
            gpus_per_node=machines[pool.machine].gpu_count,
            taints=pool.taints,
        )
        for pool in pools
        if pool.rdma is not None
    ]


def admission_checks(
    pools: Sequence[NodePoolSpec], provider: ClusterProvider | None
) -> dict[str, tuple[str, ...]]:
    """Admission check to the flavors that wait for it: pools with queued provisioning on GKE."""
    from .gcp.provisioning import admission_check_name

    return {
        admission_check_name(pool.name): (pool.name,)
        for pool in pools
        if provider is ClusterProvider.GKE and pool.purchase_option is PurchaseOption.QUEUED_PROVISIONING
    }


def make_admission_checks(
    name: str, pools: Sequence[NodePoolSpec], provider: ClusterProvider, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """The objects behind ``admission_checks``. Kueue is there already."""
    from .gcp.provisioning import provisioning_manifests

    flavors = {pool for named in admission_checks(pools, provider).values() for pool in named}
    return [
        kubernetes_object(f"{name}-{pool.name}-{manifest['kind']}", manifest, opts)
        for pool in pools
        if pool.name in flavors
        for manifest in provisioning_manifests(pool.name, pool.tpu_topology)
    ]

"""RDMA between GPU nodes on premises: NVIDIA Network Operator, and what it reads.

EKS and GKE don't need it: there RDMA goes through EFA and Google's own networks.

Keys: Mellanox/network-operator v26.4.1, deployment/network-operator/values.yaml, hack/release.yaml and the
schemas of NicClusterPolicy, MacvlanNetwork and SriovNetworkNodePolicy; networks and addresses: its quick
starts and example/, Mellanox/nvidia-k8s-ipam, deploy/crds (read 2026-11-21).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import pulumi
from pydantic import BaseModel, ConfigDict, Field

from ...components.args import parsed
from ...components.chart import Chart, ChartArgs
from ...components.charts import CHARTS, ChartName
from ...components.charts_spec import ChartsSpec, Existing
from ...components.names import Name
from ...components.objects import kubernetes_object
from ...components.queues import POOL_LABEL
from ..rdma import (
    NETWORK_NAMESPACE,
    PODS_PER_NODE,
    RDMA_FUNCTION,
    SHARED_RDMA,
    LinkType,
    RdmaMode,
    RdmaSpec,
    addresses_per_node,
    network_names,
)
from ..spec import TaintSpec
from .values import tolerations

_NVIDIA_NICS = "15b3"
_IMAGES = "nvcr.io/nvidia/mellanox"
_VERSION = "network-operator-v26.4.1"
_NAMESPACE = CHARTS[ChartName.NETWORK_OPERATOR].namespace
_FUNCTION = RDMA_FUNCTION.partition("/")[2]


class RdmaPoolSpec(BaseModel):
    """The network cards of one pool."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    pool: Name
    """Pool of the description."""
    rdma: RdmaSpec
    """How pods reach the cards."""
    gpus_per_node: Annotated[int, Field(ge=1, le=16)] = 8
    """GPUs of each node, for which there must be addresses. Default: 8."""
    taints: list[TaintSpec] = Field(default_factory=list)
    """Taints of the pool beside ``nvidia.com/gpu``. Default: none."""


class NetworkOperatorSpec(BaseModel):
    """The pools whose nodes reach each other by RDMA."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    pools: Annotated[list[RdmaPoolSpec], Field(min_length=1)]
    """Pools with RDMA."""
    charts: ChartsSpec = Field(default_factory=ChartsSpec)
    """Where charts come from. Default: their homes."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Cost labels of its namespace. Default: none."""


class NetworkOperator(pulumi.ComponentResource):
    """NVIDIA Network Operator with one policy for the cards of all pools.

    Put it behind the GPU Operator, which brings node feature discovery for both. Where ``charts`` skips the
    operator, its policy is somebody else's too, and only what the pools need is made.
    """

    def __init__(
        self,
        name: str,
        args: NetworkOperatorSpec | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        *,
        await_ready: bool = True,
    ) -> None:
        super().__init__("ai-platform:index:NetworkOperator", name, {}, opts)
        spec = parsed("NetworkOperator", name, NetworkOperatorSpec, args)
        own = pulumi.ResourceOptions(parent=self)
        chart = Chart(
            f"{name}-operator",
            ChartArgs(
                ChartName.NETWORK_OPERATOR,
                network_operator_values(spec.pools),
                spec.charts,
                await_ready=await_ready,
                labels=spec.labels,
            ),
            own,
        )
        after: list[pulumi.Resource] = [chart]
        if spec.charts.existing.get(ChartName.NETWORK_OPERATOR) is not Existing.SKIP:
            opts = pulumi.ResourceOptions(parent=self, depends_on=after)
            after = [kubernetes_object(f"{name}-policy", nic_cluster_policy(spec.pools), opts)]
        for pool in spec.pools:
            opts = pulumi.ResourceOptions(parent=self, depends_on=after)
            for role, manifest in pool_objects(pool).items():
                kubernetes_object(f"{name}-{pool.pool}-{role}", manifest, opts)
        self.register_outputs({})


def network_operator_values(pools: Sequence[RdmaPoolSpec]) -> dict[str, Any]:
    """Values of the chart. Node feature discovery is the GPU Operator's."""
    return {
        "nfd": {"enabled": False, "deployNodeFeatureRules": False},
        "upgradeCRDs": False,
        "sriovNetworkOperator": {"enabled": any(pool.rdma.mode is RdmaMode.SRIOV for pool in pools)},
    }


def nic_cluster_policy(pools: Sequence[RdmaPoolSpec]) -> dict[str, Any]:
    """The one NicClusterPolicy: secondary networks for all pools, the shared device plugin where asked for.

    Nodes keep the driver of their kernel: DOCA-OFED would take the network away while it is loaded.
    """
    names = sorted(pool.pool for pool in pools)
    spec: dict[str, Any] = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": POOL_LABEL, "operator": "In", "values": names}]}
                ]
            }
        },
        "tolerations": tolerations(pool.taints for pool in pools),
        "nvIpam": _image("nvidia-k8s-ipam"),
        "secondaryNetwork": {"cniPlugins": _image("plugins"), "multus": _image("multus-cni")},
    }
    sharing = [pool.rdma for pool in pools if pool.rdma.mode is RdmaMode.SHARED]
    if sharing:
        selectors = {"vendors": [_NVIDIA_NICS]}
        # The plugin has one configuration for all nodes: names only bound it where every pool gives some.
        if all(rdma.interfaces for rdma in sharing):
            selectors["ifNames"] = sorted({name for rdma in sharing for name in rdma.interfaces})
        shared = {
            "resourceName": SHARED_RDMA.partition("/")[2],
            "rdmaHcaMax": PODS_PER_NODE,
            "selectors": selectors,
        }
        spec["rdmaSharedDevicePlugin"] = {
            **_image("k8s-rdma-shared-dev-plugin"),
            "config": json.dumps({"configList": [shared]}),
        }
    return {
        "apiVersion": "mellanox.com/v1alpha1",
        "kind": "NicClusterPolicy",
        # Its state is ready when what it installs runs, and the definition of IPPool comes with that.
        "metadata": {
            "name": "nic-cluster-policy",
            "annotations": {"pulumi.com/waitFor": "jsonpath={.status.state}=ready"},
        },
        "spec": spec,
    }


def pool_objects(pool: RdmaPoolSpec) -> dict[str, dict[str, Any]]:
    """What the cards of one pool need, by role: virtual functions, addresses and the networks of its pods."""
    rdma = pool.rdma
    found = {}
    if rdma.mode is RdmaMode.SRIOV:
        found["functions"] = sriov_policy(pool)
    if rdma.subnet is not None:
        found["addresses"] = address_pool(pool)
    for index, name in enumerate(network_names(pool.pool, rdma)):
        role = f"network-{index}" if index else "network"
        found[role] = sriov_network(pool) if rdma.mode is RdmaMode.SRIOV else macvlan(pool, name, index)
    return found


def sriov_policy(pool: RdmaPoolSpec) -> dict[str, Any]:
    """The SriovNetworkNodePolicy that cuts the pool's interfaces into virtual functions."""
    return {
        "apiVersion": "sriovnetwork.openshift.io/v1",
        "kind": "SriovNetworkNodePolicy",
        "metadata": {"name": pool.pool, "namespace": _NAMESPACE},
        "spec": {
            "resourceName": _FUNCTION,
            "nodeSelector": {POOL_LABEL: pool.pool},
            "numVfs": pool.rdma.virtual_functions,
            "nicSelector": {"vendor": _NVIDIA_NICS, "pfNames": list(pool.rdma.interfaces)},
            "deviceType": "netdevice",
            "isRdma": True,
            "linkType": pool.rdma.link.value,
        },
    }


def sriov_network(pool: RdmaPoolSpec) -> dict[str, Any]:
    """The network of the pool's virtual functions. InfiniBand has a kind, and a CNI plugin, of its own."""
    infiniband = pool.rdma.link is LinkType.INFINIBAND
    spec: dict[str, Any] = {"networkNamespace": NETWORK_NAMESPACE, "resourceName": _FUNCTION}
    return {
        "apiVersion": "sriovnetwork.openshift.io/v1",
        "kind": "SriovIBNetwork" if infiniband else "SriovNetwork",
        "metadata": {"name": pool.pool, "namespace": _NAMESPACE},
        "spec": spec | ({"linkState": "enable"} if infiniband else {"ipam": _ipam(pool)}),
    }


def macvlan(pool: RdmaPoolSpec, name: str, index: int) -> dict[str, Any]:
    """The network by which pods share an Ethernet card: RoCE needs an address of the pod on it."""
    return {
        "apiVersion": "mellanox.com/v1alpha1",
        "kind": "MacvlanNetwork",
        "metadata": {"name": name},
        "spec": {
            "networkNamespace": NETWORK_NAMESPACE,
            "master": pool.rdma.interfaces[index],
            "mode": "bridge",
            "ipam": _ipam(pool),
        },
    }


def address_pool(pool: RdmaPoolSpec) -> dict[str, Any]:
    """The addresses of the pool's pods, a block for each node. Nothing is routed out of the subnet."""
    expression = {"key": POOL_LABEL, "operator": "In", "values": [pool.pool]}
    return {
        "apiVersion": "nv-ipam.nvidia.com/v1alpha1",
        "kind": "IPPool",
        "metadata": {"name": pool.pool, "namespace": _NAMESPACE},
        "spec": {
            "subnet": str(pool.rdma.subnet),
            "perNodeBlockSize": addresses_per_node(pool.rdma, pool.gpus_per_node),
            "nodeSelector": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]},
        },
    }


def _ipam(pool: RdmaPoolSpec) -> str:
    return json.dumps({"type": "nv-ipam", "poolName": pool.pool})


def _image(name: str) -> dict[str, str]:
    return {"image": name, "repository": _IMAGES, "version": _VERSION}

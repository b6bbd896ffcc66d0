"""RDMA between GPU nodes on premises: NVIDIA Network Operator, and what it reads.

EKS and GKE don't need it: there RDMA goes through EFA and Google's own networks.

Keys: Mellanox/network-operator v26.4.1, deployment/network-operator/values.yaml, hack/release.yaml and the
schemas of NicClusterPolicy and SriovNetworkNodePolicy (read 2026-11-21).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Self

import pulumi
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ...components.args import parsed
from ...components.chart import Chart, ChartArgs
from ...components.charts import CHARTS, ChartName
from ...components.charts_spec import ChartsSpec
from ...components.names import Name
from ...components.objects import kubernetes_object
from ...components.queues import POOL_LABEL
from ..spec import TaintSpec
from .values import tolerations

SHARED_RDMA = "rdma/rdma_shared_device"
"""Kubernetes resource of network cards that pods share."""
_NVIDIA_NICS = "15b3"
_IMAGES = "nvcr.io/nvidia/mellanox"
_VERSION = "network-operator-v26.4.1"
_CONTAINERS_PER_NIC = 63


class RdmaMode(StrEnum):
    """How pods reach the network cards."""

    SHARED = "shared"
    """Pods share each card; nothing keeps them apart."""
    SRIOV = "sriov"
    """Each pod gets virtual functions of its own."""


class LinkType(StrEnum):
    """What the network cards speak."""

    ETHERNET = "eth"
    """RDMA over converged Ethernet."""
    INFINIBAND = "ib"
    """InfiniBand."""


class RdmaPoolSpec(BaseModel):
    """The network cards of one pool."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    pool: Name
    """Pool of the description."""
    mode: RdmaMode = RdmaMode.SHARED
    """How pods reach the cards. Default: shared."""
    interfaces: list[Annotated[str, Field(min_length=1, max_length=15)]] = Field(default_factory=list)
    """Physical functions that get virtual ones, for example ``ens2f0np0``; only with ``sriov``, and needed
    there."""
    virtual_functions: Annotated[int, Field(ge=1, le=127)] = 8
    """Virtual functions of each interface. Default: 8."""
    link: LinkType = LinkType.ETHERNET
    """What the cards speak. Default: eth."""
    taints: list[TaintSpec] = Field(default_factory=list)
    """Taints of the pool beside ``nvidia.com/gpu``. Default: none."""

    @model_validator(mode="after")
    def _functions_have_interfaces(self) -> Self:
        if (self.mode is RdmaMode.SRIOV) != bool(self.interfaces):
            raise ValueError("interfaces with mode sriov, and none with mode shared")
        return self


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

    Put it behind the GPU Operator, which brings node feature discovery for both.
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
        after = pulumi.ResourceOptions(parent=self, depends_on=[chart])
        kubernetes_object(f"{name}-policy", nic_cluster_policy(spec.pools), after)
        for pool in spec.pools:
            if pool.mode is RdmaMode.SRIOV:
                kubernetes_object(f"{name}-{pool.pool}-functions", sriov_policy(pool), after)
        self.register_outputs({})


def network_operator_values(pools: Sequence[RdmaPoolSpec]) -> dict[str, Any]:
    """Values of the chart. Node feature discovery is the GPU Operator's."""
    return {
        "nfd": {"enabled": False, "deployNodeFeatureRules": False},
        "upgradeCRDs": False,
        "sriovNetworkOperator": {"enabled": any(pool.mode is RdmaMode.SRIOV for pool in pools)},
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
    if any(pool.mode is RdmaMode.SHARED for pool in pools):
        shared = {
            "resourceName": SHARED_RDMA.partition("/")[2],
            "rdmaHcaMax": _CONTAINERS_PER_NIC,
            "selectors": {"vendors": [_NVIDIA_NICS]},
        }
        spec["rdmaSharedDevicePlugin"] = {
            **_image("k8s-rdma-shared-dev-plugin"),
            "config": json.dumps({"configList": [shared]}),
        }
    return {
        "apiVersion": "mellanox.com/v1alpha1",
        "kind": "NicClusterPolicy",
        "metadata": {"name": "nic-cluster-policy"},
        "spec": spec,
    }


def sriov_resource(pool: str) -> str:
    """Kubernetes resource of the pool's virtual functions."""
    return f"nvidia.com/{pool.replace('-', '_')}_vf"


def sriov_policy(pool: RdmaPoolSpec) -> dict[str, Any]:
    """The SriovNetworkNodePolicy that cuts the pool's interfaces into virtual functions."""
    return {
        "apiVersion": "sriovnetwork.openshift.io/v1",
        "kind": "SriovNetworkNodePolicy",
        "metadata": {"name": pool.pool, "namespace": CHARTS[ChartName.NETWORK_OPERATOR].namespace},
        "spec": {
            "resourceName": sriov_resource(pool.pool).partition("/")[2],
            "nodeSelector": {POOL_LABEL: pool.pool},
            "numVfs": pool.virtual_functions,
            "nicSelector": {"vendor": _NVIDIA_NICS, "pfNames": list(pool.interfaces)},
            "deviceType": "netdevice",
            "isRdma": True,
            "linkType": pool.link.value,
        },
    }


def _image(name: str) -> dict[str, str]:
    return {"image": name, "repository": _IMAGES, "version": _VERSION}

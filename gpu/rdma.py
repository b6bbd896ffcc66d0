"""RDMA on premises: how a pool's nodes offer their network cards, and what a pod asks for.

Resources, secondary networks and the capability: Mellanox/network-operator, example/rdma-test-pod1.yml,
example/sriov-network, and NVIDIA's quick starts "SR-IOV network with RDMA", "SR-IOV InfiniBand" and "IP over
InfiniBand with RDMA shared device" of 25.10 and 26.4 (read 2026-11-21).
"""

from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

SHARED_RDMA = "rdma/rdma_shared_device"
"""Kubernetes resource of network cards that pods share. One brings all cards of the node."""
RDMA_FUNCTION = "nvidia.com/rdma_vf"
"""Kubernetes resource of virtual functions. One name for all pools, so that Kueue counts one resource."""
PODS_PER_NODE = 63
"""Pods of a node that can share its cards. The plugin offers so many, however many cards there are:
Mellanox/k8s-rdma-shared-dev-plugin, pkg/resources/server.go (read 2026-11-21)."""
NETWORK_NAMESPACE = "default"
"""Where the secondary networks are. Multus lets pods of every namespace name those of ``default``, also where
it isolates namespaces: multus-cni, docs/configuration.md (read 2026-11-21)."""


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


class RdmaSpec(BaseModel):
    """How pods reach the network cards of a pool on premises."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    mode: RdmaMode = RdmaMode.SHARED
    """How pods reach the cards. Default: shared."""
    link: LinkType = LinkType.ETHERNET
    """What the cards speak. Default: eth."""
    interfaces: list[Annotated[str, Field(min_length=1, max_length=15)]] = Field(default_factory=list)
    """The cards, as the nodes name them, for example ``ens2f0np0``. Default, for shared InfiniBand alone: all
    of NVIDIA's."""
    virtual_functions: Annotated[int, Field(ge=1, le=127)] = 8
    """Virtual functions of each interface. Default: 8. No effect with ``shared``."""
    subnet: IPv4Network | None = None
    """Addresses for pods on the cards' network; with ``eth``, and needed there. Nobody else may use them."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        shared_infiniband = self.mode is RdmaMode.SHARED and self.link is LinkType.INFINIBAND
        if not self.interfaces and not shared_infiniband:
            raise ValueError("the names of the interfaces with mode sriov or link eth")
        if len(set(self.interfaces)) != len(self.interfaces):
            raise ValueError("each interface once")
        if (self.link is LinkType.ETHERNET) != (self.subnet is not None):
            raise ValueError("a subnet with link eth, and none with link ib")
        return self


def offered(rdma: RdmaSpec) -> dict[str, int]:
    """What each node of the pool offers."""
    if rdma.mode is RdmaMode.SHARED:
        return {SHARED_RDMA: PODS_PER_NODE}
    return {RDMA_FUNCTION: len(rdma.interfaces) * rdma.virtual_functions}


def functions_of(rdma: RdmaSpec, gpus: int, gpus_per_node: int) -> int:
    """Virtual functions of a pod with ``gpus`` GPUs: its part of the cards, and at least one."""
    return -(-len(rdma.interfaces) * gpus // gpus_per_node)


def functions_needed(rdma: RdmaSpec, gpus_per_node: int) -> int:
    """Virtual functions with which every pod of a node gets its own, down to pods of one GPU."""
    return gpus_per_node * functions_of(rdma, 1, gpus_per_node)


def addresses_per_node(rdma: RdmaSpec, gpus_per_node: int) -> int:
    """Addresses that the pods of one node can need; two at least, which nv-ipam asks for."""
    sriov = rdma.mode is RdmaMode.SRIOV
    return max(2, len(rdma.interfaces) * (rdma.virtual_functions if sriov else gpus_per_node))


def network_names(pool: str, rdma: RdmaSpec) -> list[str]:
    """The secondary networks of a pool: one for each interface that is shared, one for virtual functions."""
    if rdma.mode is RdmaMode.SRIOV:
        return [pool]
    if rdma.link is LinkType.INFINIBAND:
        # Verbs over InfiniBand need no address; pods find each other over the cluster's own network.
        return []
    return [f"{pool}-{index}" for index in range(len(rdma.interfaces))]

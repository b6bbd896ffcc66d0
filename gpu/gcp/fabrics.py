"""The networks of GPUDirect-TCPX, -TCPXO and RDMA machines, as GKE gives them to nodes and pods."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network

from ..machines import Fabric

FABRIC_RANGE = IPv4Network("192.168.0.0/16")
"""Addresses of all GPU networks of a pool. The cluster's must lie outside; other pools have the same."""

SOURCE = "cluster-toolkit v1.95.0 (2026-06-25): gke-a3-highgpu, gke-a3-megagpu, gke-a3-ultragpu, gke-a4"

GPU_MTU = 8244
"""MTU of the TCPX and TCPXO networks."""
JUMBO_MTU = 8896
"""MTU of the networks of RDMA machines: of the second gVNIC, and of the RDMA network, where Google's docs on
RDMA network profiles recommend it (read 2026-11-21)."""

TCP_SYSCTLS = {"net.ipv4.tcp_rmem": "4096 87380 16777216", "net.ipv4.tcp_wmem": "4096 16384 16777216"}
"""TCP buffers of nodes with a fabric. Source: cluster-toolkit v1.95.0, modules/compute/gke-node-pool."""

_GVNIC_RANGE = IPv4Network("192.168.64.0/18")
_RDMA_RANGE = IPv4Network("192.168.128.0/18")
_PREFIX = 20
_TCP = {Fabric.TCPX, Fabric.TCPXO}


class DeviceMode(StrEnum):
    """How a network reaches a pod."""

    NET_DEVICE = "NetDevice"
    RDMA = "RDMA"


@dataclass(frozen=True, slots=True)
class FabricInterface:
    """One more network interface of each node of a pool."""

    role: str
    """``gpu-0``, ``gvnic`` or ``rdma-0``: with the pool's name before it, the name of the Network object."""
    device: str
    """Name of the interface in a pod, for example ``eth1``."""
    cidr: IPv4Network
    """Addresses of its subnetwork."""
    mode: DeviceMode
    mtu: int


def fabric_interfaces(fabric: Fabric, count: int) -> tuple[FabricInterface, ...]:
    """The interfaces that a fabric adds to a machine with ``count`` GPU networks, in the order of its cards.

    ``()`` without a fabric, and for a machine of which no source says how many networks it has.
    """
    if fabric is Fabric.NONE or not count:
        return ()
    if fabric in _TCP:
        ranges = list(FABRIC_RANGE.subnets(new_prefix=_PREFIX))[:count]
        return tuple(
            FabricInterface(f"gpu-{index}", f"eth{index + 1}", cidr, DeviceMode.NET_DEVICE, GPU_MTU)
            for index, cidr in enumerate(ranges)
        )
    gvnic = FabricInterface("gvnic", "eth1", _GVNIC_RANGE, DeviceMode.NET_DEVICE, JUMBO_MTU)
    ranges = list(_RDMA_RANGE.subnets(prefixlen_diff=(count - 1).bit_length()))[:count]
    return gvnic, *(
        FabricInterface(f"rdma-{index}", f"eth{index + 2}", cidr, DeviceMode.RDMA, JUMBO_MTU)
        for index, cidr in enumerate(ranges)
    )


def network_name(pool: str, interface: FabricInterface) -> str:
    """Name of the Network object that pods of this pool ask for."""
    return f"{pool}-{interface.role}"

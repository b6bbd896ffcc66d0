"""What a cluster costs a month before it has a GPU: control plane, system nodes, ways to the internet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..components.cluster_spec import AnyClusterSpec, EksSpec, GkeSpec, SystemNodesSpec
from .cluster_prices import EKS_CLUSTER, GKE_CLUSTER, NAT_GATEWAY
from .cost import CostRange, node_cost
from .price_book import PriceBook
from .prices import Price, PurchaseOption

NOT_COUNTED = "traffic, addresses, disks, keys, logs"
"""What a cluster costs besides, by use."""


@dataclass(frozen=True, slots=True)
class ClusterPart:
    """A number of equal things that are paid by the hour."""

    name: str
    item: str
    """Machine type or other item of the price book."""
    at_least: int
    at_most: int

    def price(self, book: PriceBook, region: str) -> Price | None:
        """Price of one for an hour, or ``None`` when it is unknown."""
        return book.price(self.item, region, PurchaseOption.ON_DEMAND)

    def cost(self, price: Price | None) -> CostRange:
        """A month from the fewest to the most of them."""
        return node_cost(self.name, price, self.at_least, self.at_most)


def cluster_parts(spec: AnyClusterSpec) -> tuple[ClusterPart, ...]:
    """What is paid for by the hour; nothing where the cluster is simulated or somebody else's.

    A VPC that exists has its NAT gateways already. Cloud NAT of GKE is left out: at most 0.044 dollars an
    hour, by the number of nodes (cloud.google.com/nat/pricing, read 2026-11-21).
    """
    return tuple(_parts(spec))


def _parts(spec: AnyClusterSpec) -> Iterator[ClusterPart]:
    if isinstance(spec, EksSpec):
        yield ClusterPart("control plane", EKS_CLUSTER, 1, 1)
        yield _system(spec.system_nodes)
        if spec.network.vpc_id is None:
            zones = len(spec.zones)
            yield ClusterPart("NAT gateways", NAT_GATEWAY, zones, zones)
    elif isinstance(spec, GkeSpec):
        yield ClusterPart("control plane", GKE_CLUSTER, 1, 1)
        yield _system(spec.system_nodes)


def _system(nodes: SystemNodesSpec) -> ClusterPart:
    return ClusterPart("system nodes", nodes.machine, nodes.min_nodes, nodes.max_nodes)

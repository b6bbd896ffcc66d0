"""Pools with a fabric that others fall back to: when that can work, and whose networks they are in.

A pod asks for the networks of GKE by their names, so work can move only to nodes that are in the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..components.cluster_spec import AnyClusterSpec, GkeSpec
from .machines import Fabric
from .node_plan import PoolPlan
from .spec import NodePoolSpec

_ASKED_FOR_BY_NAME = {Fabric.TCPX, Fabric.TCPXO, Fabric.RDMA}


@dataclass(frozen=True, slots=True)
class Networks:
    """What the nodes of a pool get for their fabric."""

    pool: str
    """Pool that made them."""
    cards: tuple[Mapping[str, Any], ...] = ()
    """Names of network and subnetwork, as GKE takes them, in the order of the machine's cards."""


def fall_back_problem(
    spec: NodePoolSpec, there: NodePoolSpec, cluster: AnyClusterSpec
) -> tuple[str, str] | None:
    """What the pool ``there`` has, and what it would need so that work for ``spec`` can use its fabric."""
    if spec.fabric is Fabric.NONE:
        return None
    if there.fabric is not spec.fabric:
        expected = f"a pool with fabric: {spec.fabric} too, for which the work's pods are made"
        return f"{there.name}, with fabric: {there.fabric}", expected
    zones = cluster.zones if isinstance(cluster, GkeSpec) else []
    here, beyond = spec.zones or zones, there.zones or zones
    if isinstance(cluster, GkeSpec) and spec.fabric is Fabric.RDMA and here != beyond:
        expected = f"a pool in {', '.join(here)} too: the network of fabric: rdma is in one zone"
        return f"{there.name}, in {', '.join(beyond)}", expected
    return None


def network_owners(specs: Sequence[NodePoolSpec]) -> dict[str, str]:
    """Pool to the pool that made the networks that both are in. Pools in their own networks are left out.

    Pools that are linked by ``fall_back_to`` and have the same fabric share those of the first of them.
    """
    named = {spec.name: spec for spec in specs if spec.fabric in _ASKED_FOR_BY_NAME and spec.rdma is None}
    order = {name: index for index, name in enumerate(named)}
    owners = {name: name for name in named}
    for spec in named.values():
        linked = {spec.name, *(name for name in spec.fall_back_to if name in named)}
        same = {owners[name] for name in linked if named[name].fabric is spec.fabric}
        first = min(same, key=order.__getitem__)
        owners = {name: first if owner in same else owner for name, owner in owners.items()}
    return {name: owner for name, owner in owners.items() if owner != name}


def in_networks(plan: PoolPlan, owners: Mapping[str, str]) -> PoolPlan:
    """The plan with the pool whose networks its nodes are in, from ``network_owners``."""
    owner = owners.get(plan.name)
    return plan.model_copy(update={"networks_of": owner}) if owner else plan

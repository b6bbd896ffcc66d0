"""What contradicts itself in a pool's RDMA on premises."""

from __future__ import annotations

from collections.abc import Iterator

from .machines import Cloud, Fabric, Machine
from .pool_finding import Finding
from .rdma import RdmaMode, addresses_per_node, functions_needed, offered
from .spec import NodePoolSpec

_RESERVED_ADDRESSES = 2


def rdma_contradictions(spec: NodePoolSpec, row: Machine) -> Iterator[Finding]:
    """What is wrong with ``rdma`` of a pool."""
    wanted = row.cloud is Cloud.ON_PREMISES and spec.fabric is Fabric.RDMA
    rdma = spec.rdma
    if rdma is None:
        if wanted:
            expected = "how pods reach the cards, with fabric rdma on machines on premises"
            yield "rdma", "a missing key", expected, "add rdma with mode, link and interfaces"
        return
    if not wanted:
        expected = "no rdma but with fabric rdma on machines on premises: clouds have their own way"
        yield "rdma", "a key that nothing reads", expected, "remove it"
        return
    if spec.fall_back_to:
        expected = "no fall-back with rdma, whose network is the pool's own"
        yield "fall_back_to", ", ".join(spec.fall_back_to), expected, "remove it"
    if rdma.mode is RdmaMode.SRIOV:
        (functions,) = offered(rdma).values()
        needed = functions_needed(rdma, row.gpu_count)
        if functions < needed:
            got = f"{functions} virtual functions on each node"
            expected = f"at least {needed}, so that each of {row.gpu_count} pods with one GPU gets its own"
            yield "rdma", got, expected, "raise virtual_functions"
    if rdma.subnet is not None:
        needed = addresses_per_node(rdma, row.gpu_count) * spec.max_nodes + _RESERVED_ADDRESSES
        if rdma.subnet.num_addresses < needed:
            got = f"{rdma.subnet}, {rdma.subnet.num_addresses} addresses"
            expected = f"at least {needed} addresses for the pods of {spec.max_nodes} nodes"
            yield "rdma", got, expected, "take a larger subnet"

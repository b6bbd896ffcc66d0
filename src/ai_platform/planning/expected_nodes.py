"""How many nodes of a pool run: what described work takes, which is what a month is expected to cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from ..gpu.mig.layout import WHOLE_GPU
from ..gpu.node_plan import PoolPlan
from ..gpu.spec import NodePoolSpec
from ..gpu.tpus import TPU_RESOURCE
from .endpoints import EndpointPlan
from .training import TrainingPlan

Work = dict[tuple[str, int], int]
"""(Resource, devices that must be of one node) to how many of these run at once."""


def work_by_pool(endpoints: Iterable[EndpointPlan], jobs: Iterable[TrainingPlan]) -> dict[str, Work]:
    """What the smallest number of replicas of all endpoints and all described runs take, by pool."""
    found: dict[str, Work] = {}
    for endpoint in endpoints:
        _add(found, endpoint.pool, endpoint.resource, endpoint.devices, endpoint.fewest_replicas)
    for job in jobs:
        resource = TPU_RESOURCE if job.tpus_per_worker else WHOLE_GPU
        _add(found, job.pool, resource, job.tpus_per_worker or job.gpus_per_worker, job.workers)
    return found


def nodes_for(pool: PoolPlan, work: Mapping[tuple[str, int], int]) -> int:
    """Nodes that the work takes: large parts first, on nodes that run already before others.

    Work that finds no room waits, so there are never more than the pool has.
    """
    free = [dict(node.resources) for node in pool.nodes]
    taken: set[int] = set()
    for (resource, devices), count in sorted(work.items(), key=lambda item: (-item[0][1], item[0][0])):
        left = count
        for running in (True, False):
            for index, node in enumerate(free):
                if not left:
                    break
                placed = min(left, node.get(resource, 0) // devices) if (index in taken) is running else 0
                if placed:
                    node[resource] -= placed * devices
                    left -= placed
                    taken.add(index)
    together = pool.tpu.nodes_per_slice if pool.tpu else 1
    return -(-len(taken) // together) * together


def expected_nodes(spec: NodePoolSpec, pool: PoolPlan, work: Mapping[tuple[str, int], int]) -> Decimal:
    """Nodes of the pool that run on average: as described, else what the work takes."""
    if spec.expected_nodes is not None:
        return spec.expected_nodes
    return Decimal(max(pool.min_nodes, nodes_for(pool, work)))


def _add(found: dict[str, Work], pool: str, resource: str, devices: int, count: int) -> None:
    work = found.setdefault(pool, {})
    work[resource, devices] = work.get((resource, devices), 0) + count

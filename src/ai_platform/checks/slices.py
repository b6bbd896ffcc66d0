"""Slices of TPUs that no run could ever get, because they never come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..components.cluster_spec import ClusterProvider
from ..components.errors import Problem
from ..environment import Environment
from ..finops.prices import PurchaseOption
from ..gpu.node_plan import PoolPlan
from ..planning.quotas import TPUS
from .endpoints import Usable
from .quotas import Add

# Nodes of these run already, whatever the description says about their number.
_NODES_ARE_THERE = {ClusterProvider.SIMULATED, ClusterProvider.EXISTING}


def slice_problems(
    environment: Environment, pools: Mapping[str, PoolPlan], usable: Usable, problem: Add
) -> Iterator[Problem]:
    """Slices of several machines that an autoscaler would have to bring for work that Kueue holds back.

    Kueue admits a run when a whole slice of its pool is free, and only nodes that are there count
    (components/topology.py). A pool where no team may own or borrow chips gets no work from Kueue: its
    autoscaler sees Pending pods.
    """
    if environment.cluster.provider in _NODES_ARE_THERE:
        return
    for index, spec in enumerate(environment.node_pools):
        pool = pools.get(spec.name)
        if pool is None or pool.tpu is None or pool.tpu.nodes_per_slice == 1:
            continue
        queued = spec.purchase_option is PurchaseOption.QUEUED_PROVISIONING
        teams = [team for team, chips in usable.get((spec.name, TPUS), {}).items() if chips]
        if queued or spec.min_nodes == spec.max_nodes or not teams:
            continue
        who = f"queues of teams ({', '.join(teams)}) place runs only on slices of {pool.tpu.topology}"
        queue = "`purchase_option: queued_provisioning`, which brings a slice for each run"
        at = ("node_pools", index)
        if spec.purchase_option is PurchaseOption.FLEX_START:
            expected = f"an option whose slices are there before a run: {who} that are"
            yield problem((*at, "purchase_option"), spec.purchase_option, expected, f"write {queue}")
        else:
            expected = f"max_nodes, {spec.max_nodes}: {who} that run already"
            fix = f"write `min_nodes: {spec.max_nodes}`, or {queue}"
            yield problem((*at, "min_nodes"), spec.min_nodes, expected, fix)

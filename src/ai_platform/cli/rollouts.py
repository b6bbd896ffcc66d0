"""What the tables say of a change of an endpoint: whether it answers on, and what a canary gets."""

from __future__ import annotations

from collections.abc import Iterator

from ..plan import EndpointPlan, Plan
from ..serving.rollout import Spare


def on_a_change(endpoint: EndpointPlan) -> str:
    """``answers on``, ``borrows`` (a device of others, first), ``one at a time`` or ``stops``."""
    rollout = endpoint.rollout
    if rollout is None or (rollout.max_surge and rollout.spare is Spare.OWN):
        return "answers on"
    if rollout.max_surge:
        return "borrows"
    return "stops" if rollout.gap else "one at a time"


def beside(endpoint: EndpointPlan) -> str:
    """`` + 1`` for one replica of a canary."""
    return f" + {endpoint.canary.replicas}" if endpoint.canary else ""


def canary_lines(plan: Plan) -> Iterator[str]:
    """Each canary with its share of the requests, one line each."""
    for endpoint in plan.endpoints:
        if canary := endpoint.canary:
            fewest, most = canary.share_percent, canary.share_percent_at_most_replicas
            share = f"{fewest} %" if fewest == most else f"{most} to {fewest} %"
            fixed = canary.stable_replicas == endpoint.max_replicas
            stable = (
                str(endpoint.max_replicas)
                if fixed
                else f"{canary.stable_replicas} to {endpoint.max_replicas}"
            )
            yield (
                f"{endpoint.team}/{endpoint.name}: canary {canary.model} gets {share} of new connections, "
                f"{canary.percent} % asked for: {canary.replicas} of its replicas beside {stable} of "
                f"{endpoint.model}"
            )


def rollout_lines(plan: Plan) -> Iterator[str]:
    """The endpoints that a change stops, and what helps, one line each."""
    for endpoint in plan.endpoints:
        if endpoint.rollout is not None and endpoint.rollout.gap:
            device = endpoint.resource.removeprefix("nvidia.com/")
            yield (
                f"{endpoint.team}/{endpoint.name}: no spare device, so a change stops it for as long as the "
                f"model takes to load; what helps: {endpoint.devices} more {device} of {endpoint.pool} in "
                f"the quota of {endpoint.team}, or one more node where the pool is full"
            )

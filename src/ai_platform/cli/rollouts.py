"""What the tables say of a change of an endpoint: whether it answers on."""

from __future__ import annotations

from collections.abc import Iterator

from ..plan import EndpointPlan, Plan
from ..serving.rollout import Spare


def on_a_change(endpoint: EndpointPlan) -> str:
    """``answers on``, ``one at a time`` or ``stops``, in a few words."""
    rollout = endpoint.rollout
    if rollout is None or (rollout.max_surge and rollout.spare is Spare.OWN):
        return "answers on"
    if rollout.max_surge:
        return "waits for a lent device"
    return "stops" if rollout.gap else "one at a time"


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

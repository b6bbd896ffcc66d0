"""How the replicas of an endpoint are changed for others: one more first, or one away first.

A Deployment that may only add a replica first waits for ever where no device is left for it. Kueue holds the
new pod until the old one goes, and the Deployment keeps the old one until the new one is Ready.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict


class Spare(StrEnum):
    """Where one more replica finds its devices."""

    OWN = "own"
    """In the team's own quota: Kueue takes back what others borrowed of it."""
    LENT = "lent"
    """In quota of others, if they leave it idle just then."""
    NONE = "none"
    """Nowhere."""


class Rollout(BaseModel):
    """How many replicas come and go at once while an endpoint changes."""

    model_config = ConfigDict(frozen=True)

    spare: Spare
    max_surge: int
    """Replicas that may be there beyond those asked for."""
    max_unavailable: int | str
    """Replicas that may be away, or their share as ``34%``, which Kubernetes rounds down."""
    gap: bool
    """Whether nobody answers for as long as the model takes to load."""


def rollout(spare: Spare, min_replicas: int, max_replicas: int, room_up_to: int) -> Rollout:
    """Adds a replica first where there is room for one, else takes one away first.

    ``room_up_to``: the largest number of replicas beside which one more finds room; 0 without room.
    """
    if room_up_to >= max_replicas:
        return Rollout(spare=spare, max_surge=1, max_unavailable=0, gap=False)
    if room_up_to >= min_replicas == 1:
        # Nothing of 100 % is taken from up to `room_up_to` replicas, and one from the first number beyond.
        share = -(-100 // (room_up_to + 1))
        return Rollout(spare=spare, max_surge=1, max_unavailable=f"{share}%", gap=False)
    return Rollout(spare=Spare.NONE, max_surge=0, max_unavailable=1, gap=min_replicas == 1)


def deployment_strategy(rollout: Rollout) -> dict[str, Any]:
    """The strategy of the Deployment, as KServe passes it on."""
    if rollout.gap:
        # With a rolling update whose only replica may be away, Kubernetes calls none at all available, and
        # KServe would say Ready before the model has loaded.
        return {"type": "Recreate"}
    return {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": rollout.max_surge, "maxUnavailable": rollout.max_unavailable},
    }

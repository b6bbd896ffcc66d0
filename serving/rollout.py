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


def rollout(min_replicas: int, max_replicas: int, own_up_to: int, lent_up_to: int) -> Rollout:
    """Adds a replica first where there is room for one, else takes one away first.

    ``own_up_to``: the largest number of replicas beside which one more finds room in the team's own quota;
    0 without room. ``lent_up_to``: the same with what others may lend.
    """
    if own_up_to >= min_replicas:
        return Rollout(
            spare=Spare.OWN, max_surge=1, max_unavailable=_beyond(own_up_to, max_replicas), gap=False
        )
    if min_replicas > 1:
        return Rollout(spare=Spare.NONE, max_surge=0, max_unavailable=1, gap=False)
    if lent_up_to:
        return Rollout(
            spare=Spare.LENT, max_surge=1, max_unavailable=_beyond(lent_up_to, max_replicas), gap=False
        )
    return Rollout(spare=Spare.NONE, max_surge=0, max_unavailable=1, gap=True)


def _beyond(room_up_to: int, max_replicas: int) -> int | str:
    """What may be away: a share that comes to a whole replica only where there is no room for one more."""
    return 0 if room_up_to >= max_replicas else f"{-(-100 // (room_up_to + 1))}%"


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

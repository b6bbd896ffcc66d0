"""What becomes of the GPUs of a pool from one description to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..gpu.machines import Machine
from ..gpu.mig.changes import ChangePlan, Drain
from ..gpu.mig.layout import NodeLayout
from ..gpu.spec import NodeMig


class Verdict(StrEnum):
    """What becomes of a pool."""

    NEW = "new"
    REMOVED = "removed"
    REPLACED = "replaced"
    """Its machine is another one, so all nodes are."""
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    """In steps that take from no team what it is guaranteed."""
    REFUSED = "refused"
    """No such steps are known."""


@dataclass(frozen=True, slots=True)
class TeamShare:
    """What a team has of one device while a step lasts."""

    team: str
    before: int
    """Its nominal quota before the change."""
    after: int
    least: int
    """Devices of ``before`` that are left to it while the other teams use all that is theirs."""


@dataclass(frozen=True, slots=True)
class DeviceDrain:
    """Devices of one profile that a step takes away while it lasts."""

    device: str
    """MIG profile, or ``gpus`` for whole GPUs."""
    drained: int
    there: int
    """Devices of the pool that go on running."""
    guaranteed: int
    """Those that teams are guaranteed: the smaller of the quotas before and after, summed."""
    teams: tuple[TeamShare, ...]
    """Teams with a quota of it, those that lose most first."""


@dataclass(frozen=True, slots=True)
class Step:
    """GPUs that are changed together."""

    drains: tuple[Drain, ...]
    devices: tuple[DeviceDrain, ...]
    layouts: Mapping[int, NodeLayout]
    """The layout of each node that the step touches, once it is over; without the nodes that leave."""


@dataclass(frozen=True, slots=True)
class PoolChange:
    """What becomes of one pool, and how."""

    name: str
    verdict: Verdict
    before: Machine | None
    after: Machine | None
    gpus_before: int
    gpus_after: int
    layouts: tuple[NodeLayout, ...]
    """Each layout that a node has before, on the way or after."""
    plan: ChangePlan | None = None
    """For a pool that stays on its machine."""
    steps: tuple[Step, ...] = ()
    fewest_drained: int = 0
    """As many GPUs at least change, in whatever order the wanted layouts stand."""
    drained_bound: int = 0
    """No layouts that serve the quotas as well change fewer; of a written list, no order does."""
    drained_as_written: int = 0
    """GPUs that change when the description is applied as it stands."""
    mig: tuple[NodeMig, ...] | None = None
    """What ``mig`` of the pool has to say for ``plan``; ``None`` where the description does as it stands."""
    overcommitted: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Device to (guaranteed, kept) where quotas promise more than both layouts have."""
    provisional: str | None = None
    """What isn't settled about the MIG layouts of its GPU."""

"""The part of the report on GPUs and quotas."""

from __future__ import annotations

from .model_part import Part


class Amount(Part):
    """A number before and after. ``None`` where that side does not have the thing."""

    before: int | None
    """As it is."""
    after: int | None
    """As it will be."""


class PoolCapacity(Part):
    """Nodes, GPUs and devices of a pool at its largest size."""

    pool: str
    """Name of the pool."""
    accelerator: str
    """GPU or TPU."""
    min_nodes: Amount
    """Nodes that always run."""
    max_nodes: Amount
    """Nodes at most."""
    gpus: Amount
    """GPUs, or chips of TPUs, at most."""
    devices: dict[str, Amount]
    """Kubernetes resource to devices at most: whole GPUs, slices, shared parts."""
    layout: tuple[str, str] | None = None
    """MIG layouts before and after, as the plan shows them, where they differ."""


class TeamCapacity(Part):
    """What a team may use of one resource of a pool."""

    team: str
    """Name of the team."""
    pool: str
    """Name of the pool."""
    resource: str
    """As Kubernetes names it."""
    guaranteed: Amount
    """Its own."""
    borrowable: Amount
    """What it can borrow on top."""
    loses: bool
    """Whether it has less of its own, or can reach less in all."""


class Capacity(Part):
    """GPUs by pool and by team. Rows that do not change are not here."""

    pools: tuple[PoolCapacity, ...] = ()
    """Pools that change."""
    teams: tuple[TeamCapacity, ...] = ()
    """Quotas that change; who loses first."""
    gpus: Amount = Amount(before=None, after=None)
    """GPUs and TPU chips of all pools at most."""
    losers: tuple[str, ...] = ()
    """Names of teams that lose something, in order."""

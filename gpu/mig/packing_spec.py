"""What a packing is asked for and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..gpus import GpuName
from .layout import NodeLayout


@dataclass(frozen=True, slots=True)
class Supply:
    """The GPUs of one pool."""

    pool: str
    gpu: GpuName
    gpus_per_node: int
    nodes: int
    running: tuple[NodeLayout, ...] = ()
    """Layouts that run now, node by node; may be shorter than ``nodes``. A changed GPU has to be drained."""

    def __post_init__(self) -> None:
        """Raises ``ValueError`` when a running layout is one of other nodes."""
        if any((row.gpu, row.gpu_count) != (self.gpu, self.gpus_per_node) for row in self.running):
            raise ValueError(f"running layouts of {self.pool} aren't all of {self.gpus_per_node} {self.gpu}")

    def filled(self, layouts: Sequence[NodeLayout]) -> tuple[NodeLayout, ...]:
        """``layouts``, and nodes whose GPUs are all whole for the rest of the pool."""
        whole = NodeLayout(self.gpu, ((),) * self.gpus_per_node)
        return (*layouts, *[whole] * (self.nodes - len(layouts)))


@dataclass(frozen=True, slots=True)
class Request:
    """Devices that a team wants: of one profile, or large enough for a need."""

    team: str
    count: int
    profile: str | None = None
    """MIG profile, or ``gpus`` for whole GPUs. ``None``: the need below decides."""
    memory_mib: int = 0
    """Least memory of each device, in MiB."""
    compute_slices: int = 1
    """Least compute slices of each device."""
    pool: str | None = None
    """The one pool that may serve it. Default: any."""


@dataclass(frozen=True, slots=True)
class Served:
    """Devices of one pool that a request gets."""

    request: int
    """Index of the request."""
    pool: str
    profile: str
    count: int


@dataclass(frozen=True, slots=True)
class Unserved:
    """What a request doesn't get, and why."""

    request: int
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class PackedPool:
    """The layouts of one pool."""

    supply: Supply
    layouts: tuple[NodeLayout, ...]
    """One for each node. Cut GPUs fill as few nodes as they can."""
    served: dict[str, int]
    """Devices that requests got, by profile; ``gpus`` for whole ones."""
    fewest_layouts: int
    """No packing with as few GPUs and nodes has fewer different layouts of nodes with cut GPUs."""
    drained: int
    """GPUs that run now and get another layout."""
    fewest_drained: int
    """Proven: no layouts with as few GPUs and nodes and no more different ones drain fewer."""

    @property
    def cut(self) -> int:
        """GPUs that are cut."""
        return sum(layout.gpu_count - layout.whole for layout in self.layouts)

    @property
    def used(self) -> int:
        """GPUs that are cut or were asked for whole."""
        return self.cut + self.served.get("gpus", 0)

    @property
    def different_layouts(self) -> int:
        """Different layouts of nodes with cut GPUs."""
        return len({layout for layout in self.layouts if layout.whole < layout.gpu_count})

    @property
    def layouts_gap(self) -> int:
        """Different layouts that a better choice might save; 0 is proven best."""
        return self.different_layouts - self.fewest_layouts

    @property
    def drained_gap(self) -> int:
        """Drained GPUs that a better choice might save; 0 is proven best."""
        return self.drained - self.fewest_drained


@dataclass(frozen=True, slots=True)
class Packing:
    """Layouts that serve the requests, and how good they are."""

    pools: tuple[PackedPool, ...]
    served: tuple[Served, ...]
    unserved: tuple[Unserved, ...]
    bound: int
    """No packing that serves as much uses fewer GPUs."""
    gpus_for_all: int | None
    """Fewest GPUs that would serve all requests, were the pools as large as needed; ``None`` when no number
    does."""

    @property
    def used(self) -> int:
        """GPUs that are cut or were asked for whole."""
        return sum(pool.used for pool in self.pools)

    @property
    def gap(self) -> Fraction:
        """The part of the used GPUs that a better packing might save; 0 is proven best."""
        return Fraction(self.used - self.bound, self.used) if self.used else Fraction(0)

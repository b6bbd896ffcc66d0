"""Machine types of Google Cloud that carry TPUs, and the slices that GKE makes of them.

A slice is the chips that Google's interconnect joins: one machine, or several that come and go together. Its
topology says how the chips stand, ``2x4`` or ``4x4x4``. Sources, read 2026-11-21:

- Machines of v5e, HBM of v5e, v5p and v6e, largest slice of v5p: Cloud TPU docs, pages v5e, v5p and v6e.
- Topologies and node labels: xpk at 02b0c09, ``system_characteristics.py``. Machines of 8 chips are one slice
  of 2x4: Cloud TPU docs for v5e, a public operator's table for v6e.
- A slice of several machines is a node pool of its own, all of it or nothing: GKE docs, about TPUs.
- Workload policy, boot disks and taint: cluster-toolkit, blueprints ``gke-tpu-7x`` and ``gke-tpu-v6e``, and
  ``internal/tpu-definition``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import prod
from types import MappingProxyType

from ..finops.prices import PurchaseOption
from .machines import Cloud

TPU_RESOURCE = "google.com/tpu"
"""Kubernetes resource of a chip, and key of the taint that GKE gives nodes with TPUs."""
ACCELERATOR_LABEL = "cloud.google.com/gke-tpu-accelerator"
TOPOLOGY_LABEL = "cloud.google.com/gke-tpu-topology"
NODE_POOL_LABEL = "cloud.google.com/gke-nodepool"
"""Node label of the GKE node pool, which is one slice where slices have several machines."""

SOURCE = "Cloud TPU docs, GKE docs, xpk at 02b0c09 (2026-11-21)"


class TpuName(StrEnum):
    """A generation of TPUs."""

    V5E = "TPU v5e"
    V5P = "TPU v5p"
    V6E = "TPU v6e"
    TPU7X = "TPU7x"


@dataclass(frozen=True, slots=True)
class TpuMachine:
    """One machine type with TPUs."""

    name: str
    """As Google names it, for example ``ct5lp-hightpu-4t``."""
    tpu: TpuName
    chips: int
    hbm_gib: int
    """Memory of one chip, as Google's pages give it, in GB."""
    vcpu: int
    memory_gib: int
    accelerator: str
    """Value of the node label cloud.google.com/gke-tpu-accelerator."""
    one_machine: str
    """Topology of a slice that is one machine."""
    topologies: tuple[str, ...]
    """Topologies of slices of several machines, beside cubes."""
    largest_cubes: int | None
    """Chips of the largest slice of whole cubes, 4x4x4 each; ``None`` where none are made of cubes."""
    boot_disk: str
    workload_policy: bool
    """Whether slices of several machines are asked for by a workload policy, not by their topology alone."""
    purchase_options: tuple[PurchaseOption, ...]
    purchase_provisional: str | None
    """Which purchase options come from general knowledge, or ``None``."""
    provisional: str | None
    """Which other values come from general knowledge, or ``None``."""
    source: str = SOURCE

    @property
    def cloud(self) -> Cloud:
        return Cloud.GCP

    def machines_of(self, topology: str) -> int | None:
        """Machines of a slice of that topology, or ``None`` for one that these machines don't make."""
        if topology == self.one_machine:
            return 1
        if topology in self.topologies or self._cubes(topology):
            return prod(_sides(topology)) // self.chips
        return None

    def shown_topologies(self) -> str:
        """All topologies, for a reader."""
        named = ", ".join([self.one_machine, *self.topologies])
        cubes = "AxBxC of multiples of 4 in rising order"
        return f"{named}, {cubes}, at most {self.largest_cubes} chips" if self.largest_cubes else named

    def _cubes(self, topology: str) -> bool:
        sides = _sides(topology)
        whole = len(sides) == 3 and sides == sorted(sides) and not any(side % 4 for side in sides)
        return whole and self.largest_cubes is not None and 0 < prod(sides) <= self.largest_cubes


def _sides(topology: str) -> list[int]:
    return [int(side) if side.isdecimal() else 0 for side in topology.split("x")]


_ON_DEMAND, _SPOT, _RESERVED = PurchaseOption.ON_DEMAND, PurchaseOption.SPOT, PurchaseOption.RESERVED
_SOLD = (_ON_DEMAND, _SPOT, _RESERVED, PurchaseOption.FLEX_START, PurchaseOption.QUEUED_PROVISIONING)
_SOLD_GK = "how it is sold: cluster-toolkit's examples for v6e and TPU7x, general knowledge for the others"
_HOST_GK = "vCPU and memory: general knowledge"
_V6E_GK = "vCPU and memory: a third-party table"
_TPU7X_GK = "HBM: third-party documents"
_CUBES_GK = "which slices of cubes GKE makes: general knowledge"

_FLAT = ("2x4", "4x4", "4x8", "8x8", "8x16", "16x16")
_DEEP = ("2x2x2", "2x2x4", "2x4x4")
_V5E, _V5P = "tpu-v5-lite-podslice", "tpu-v5p-slice"
_V6E, _TPU7X = "tpu-v6e-slice", "tpu7x"


def _row(
    name: str,
    tpu: TpuName,
    hbm_gib: int,
    host: tuple[int, int],
    accelerator: str,
    shapes: tuple[str, tuple[str, ...]],
    provisional: str | None,
    *,
    largest_cubes: int | None = None,
) -> TpuMachine:
    newer = tpu in {TpuName.V6E, TpuName.TPU7X}
    return TpuMachine(
        name=name,
        tpu=tpu,
        chips=prod(_sides(shapes[0])),
        hbm_gib=hbm_gib,
        vcpu=host[0],
        memory_gib=host[1],
        accelerator=accelerator,
        one_machine=shapes[0],
        topologies=shapes[1],
        largest_cubes=largest_cubes,
        boot_disk="hyperdisk-balanced" if newer else "pd-balanced",
        workload_policy=tpu is TpuName.TPU7X,
        purchase_options=_SOLD,
        purchase_provisional=_SOLD_GK,
        provisional=provisional,
    )


_ROWS = (
    _row("ct5lp-hightpu-1t", TpuName.V5E, 16, (24, 48), _V5E, ("1x1", ()), None),
    _row("ct5lp-hightpu-4t", TpuName.V5E, 16, (112, 192), _V5E, ("2x2", _FLAT), None),
    _row("ct5lp-hightpu-8t", TpuName.V5E, 16, (224, 384), _V5E, ("2x4", ()), None),
    _row(
        "ct5p-hightpu-4t", TpuName.V5P, 95, (208, 448), _V5P, ("2x2x1", _DEEP), f"{_HOST_GK}; {_CUBES_GK}",
        largest_cubes=6144,
    ),
    _row("ct6e-standard-1t", TpuName.V6E, 32, (44, 176), _V6E, ("1x1", ()), _V6E_GK),
    _row("ct6e-standard-4t", TpuName.V6E, 32, (180, 720), _V6E, ("2x2", _FLAT), _V6E_GK),
    _row("ct6e-standard-8t", TpuName.V6E, 32, (180, 1440), _V6E, ("2x4", ()), _V6E_GK),
    _row(
        "tpu7x-standard-4t", TpuName.TPU7X, 192, (224, 960), _TPU7X, ("2x2x1", _DEEP),
        f"{_HOST_GK}; {_TPU7X_GK}; {_CUBES_GK}", largest_cubes=9216,
    ),
)  # fmt: skip

TPU_MACHINES: Mapping[str, TpuMachine] = MappingProxyType({row.name: row for row in _ROWS})
"""Every machine type with TPUs, by name."""

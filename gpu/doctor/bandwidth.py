"""What an all-reduce over the fabric reaches on each machine type.

NCCL's default algorithm on two whole nodes, floats, out of place. On two nodes it may exceed the cards' own
bandwidth: NVIDIA/nccl-tests#22. So a figure holds for its number of nodes alone. The minimums in AWS's own
health check (300 for p4d, 800 for p5, 900 for p6-b200) are left out: they are above what its README measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

LEAST_PERCENT = 80
"""A fabric that reaches less of the published figure lost a card or a path."""


@dataclass(frozen=True, slots=True)
class BusBandwidth:
    """A published measurement."""

    machine: str
    gb_per_s: float
    """Bus bandwidth as nccl-tests defines it, 10^9 bytes a second."""
    message_mib: int
    nodes: int
    source: str
    """Where it was published, and when it was read."""
    provisional: str | None = None
    """Why nothing is judged by it, or ``None``."""

    @property
    def least_gb_per_s(self) -> float:
        """The threshold."""
        return self.gb_per_s * LEAST_PERCENT / 100


_AWS = "aws-samples/awsome-distributed-training, micro-benchmarks/nccl-tests/README.md (read 2026-11)"
_DSTACK = "dstackai/dstack, examples/clusters/gcp/README.md (read 2026-11)"
_A3_MEGA = "lessizzmore/create-a3mega-ztan-fork, ztan-NCCL-test-result (read 2026-11)"
_GATHER = "measured with all_gather_perf; an all-reduce was not published"

_ROWS = (
    BusBandwidth("p4d.24xlarge", 78.33, 2048, 2, _AWS, "measured on p4de.24xlarge, with the same network"),
    BusBandwidth("p4de.24xlarge", 78.33, 2048, 2, _AWS),
    BusBandwidth("p5.48xlarge", 437.79, 2048, 2, _AWS),
    BusBandwidth("a3-highgpu-8g", 50.01, 2048, 2, _DSTACK, _GATHER),
    BusBandwidth("a3-megagpu-8g", 318.40, 2048, 2, _A3_MEGA, "one user's log, which names no fabric"),
    BusBandwidth("a4-highgpu-8g", 659.26, 2048, 2, _DSTACK),
)

BUS_BANDWIDTHS: Mapping[str, BusBandwidth] = MappingProxyType({row.machine: row for row in _ROWS})
"""By machine type. Absent, since nobody published an all-reduce of two nodes that was found: p5e.48xlarge,
p5en.48xlarge, p6-b200.48xlarge, p6-b300.48xlarge, p6e-gb200.36xlarge, a3-ultragpu-8g, a4x-highgpu-4g."""


def threshold(machine: str, nodes: int) -> float | None:
    """Bus bandwidth that the machine must reach, GB/s; ``None`` where nothing settled is published."""
    row = BUS_BANDWIDTHS.get(machine)
    if row is None or row.provisional or row.nodes != nodes:
        return None
    return row.least_gb_per_s

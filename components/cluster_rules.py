"""What contradicts itself in the cluster of an environment."""

from __future__ import annotations

from .aws.network_rules import network_problems
from .cluster_spec import EksSpec, ExistingSpec, GkeSpec, SimulatedSpec
from .errors import Problem


def cluster_problems(spec: SimulatedSpec | EksSpec | GkeSpec | ExistingSpec) -> list[Problem]:
    """Every contradiction, with its path below ``cluster``."""
    if isinstance(spec, EksSpec):
        return [problem.under("network") for problem in network_problems(spec.network, spec.zones)]
    return []

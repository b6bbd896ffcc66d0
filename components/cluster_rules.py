"""What contradicts itself in the cluster of an environment."""

from __future__ import annotations

from .aws.network_rules import network_problems as aws_network_problems
from .cluster_spec import AnyClusterSpec, EksSpec, ExistingSpec, GkeSpec
from .errors import Problem
from .gcp.network_rules import network_problems as gcp_network_problems


def cluster_problems(spec: AnyClusterSpec) -> list[Problem]:
    """Every contradiction, with its path below ``cluster``."""
    if isinstance(spec, EksSpec):
        return [problem.under("network") for problem in aws_network_problems(spec.network, spec.zones)]
    if isinstance(spec, GkeSpec):
        return [problem.under("network") for problem in gcp_network_problems(spec.network)]
    if isinstance(spec, ExistingSpec) and (spec.kubeconfig is None) == (spec.stack is None):
        got = "neither kubeconfig nor stack" if spec.stack is None else "kubeconfig and stack"
        return [Problem("", got, "one of the two", "write kubeconfig, or the stack that has it as an output")]
    return []

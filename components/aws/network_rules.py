"""What contradicts itself in the network of an EKS cluster."""

from __future__ import annotations

from collections.abc import Sequence

from ..cluster_spec import AwsNetworkSpec
from ..errors import Problem
from .subnets import zone_subnets


def network_problems(spec: AwsNetworkSpec, zones: Sequence[str]) -> list[Problem]:
    """What is wrong with a network for these zones, below the key ``network``'s own object."""
    if spec.vpc_id is None and not spec.subnet_ids:
        try:
            zone_subnets(spec.cidr, zones)
        except ValueError as error:
            got = f"{spec.cidr} for {', '.join(zones)}"
            return [Problem("cidr", got, str(error), "change cidr, or give vpc_id and subnet_ids")]
        return []
    if spec.vpc_id is None:
        return [Problem("vpc_id", "subnet_ids without vpc_id", "both, or neither", "add the VPC's id")]
    if set(spec.subnet_ids) != set(zones):
        expected = f"one private subnet of each of {', '.join(zones)}"
        return [Problem("subnet_ids", sorted(spec.subnet_ids), expected, "make both lists the same")]
    return []

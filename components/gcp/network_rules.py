"""What contradicts itself in the network of a GKE cluster."""

from __future__ import annotations

from collections.abc import Iterator

from ..cluster_spec import GcpNetworkSpec
from ..errors import Problem

GIVEN = ("network", "subnetwork", "pods_range", "services_range")
"""What an existing network consists of: all of it or nothing."""

_CONTROL_PLANE_PREFIX = 28


def network_problems(spec: GcpNetworkSpec) -> Iterator[Problem]:
    """What is wrong with a network: keys that are missing beside the others, and ranges that overlap."""
    missing = [key for key in GIVEN if getattr(spec, key) is None]
    if missing and len(missing) < len(GIVEN):
        for key in missing:
            yield Problem(
                key, "a missing key", f"all of {', '.join(GIVEN)}, or none", "add it or remove the others"
            )
    if spec.control_plane_cidr.prefixlen != _CONTROL_PLANE_PREFIX:
        yield Problem("control_plane_cidr", str(spec.control_plane_cidr), "a /28", "take a /28")
    ranges = ("cidr", "pods_cidr", "services_cidr", "control_plane_cidr")
    for index, key in enumerate(ranges):
        for other in ranges[:index]:
            if getattr(spec, key).overlaps(getattr(spec, other)):
                got = str(getattr(spec, key))
                yield Problem(key, got, f"a range outside {other}, {getattr(spec, other)}", "take another")

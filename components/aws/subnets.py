"""Which addresses each zone of a VPC gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

SMALLEST_PREFIX, LARGEST_PREFIX = 16, 20
"""A VPC is at most a /16 (VPC user guide, CIDR blocks, read 2026-11); below a /20 pods have no room."""

_LETTERS = "abcdef"
_PUBLIC_BLOCK = 7


@dataclass(frozen=True, slots=True)
class ZoneSubnets:
    """The two subnets of a zone."""

    private: IPv4Network
    """Nodes and pods: an eighth of the VPC, 8,187 usable addresses of a /16."""
    public: IPv4Network
    """NAT gateways and load balancers: one sixty-fourth of the VPC."""


def zone_subnets(cidr: IPv4Network, zones: Sequence[str]) -> dict[str, ZoneSubnets]:
    """The subnets of each zone, which follow from the VPC's addresses and the zone's letter alone.

    So zones can be added, removed and reordered, and no subnet of another zone moves. The seventh eighth of
    the VPC stays free. Raises ``ValueError`` for a VPC of the wrong size and for zones without a place of
    their own.
    """
    if not SMALLEST_PREFIX <= cidr.prefixlen <= LARGEST_PREFIX:
        raise ValueError(f"a VPC between a /{SMALLEST_PREFIX} and a /{LARGEST_PREFIX}")
    letters = [zone[-1:] for zone in zones]
    if not set(letters) <= set(_LETTERS) or len(set(letters)) < len(letters):
        raise ValueError(f"zones that end in different letters from {_LETTERS[0]} to {_LETTERS[-1]}")
    eighths = list(cidr.subnets(prefixlen_diff=3))
    public = list(eighths[_PUBLIC_BLOCK].subnets(prefixlen_diff=3))
    return {
        zone: ZoneSubnets(eighths[index], public[index])
        for zone, index in zip(zones, map(_LETTERS.index, letters), strict=True)
    }

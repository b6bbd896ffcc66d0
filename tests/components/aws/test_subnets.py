"""Addresses of a VPC's zones."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.components.aws.subnets import zone_subnets
from tests.examples import examples

CIDRS = st.builds(
    lambda prefix, third: IPv4Network(f"10.{third}.0.0/{prefix}"), st.integers(16, 20), st.integers(0, 255)
)
ZONES = st.lists(st.sampled_from([f"eu-central-1{letter}" for letter in "abcdef"]), min_size=1, unique=True)


@given(CIDRS, ZONES)
@examples(60)
def test_subnets_lie_in_the_vpc_and_do_not_overlap(cidr, zones):
    found = zone_subnets(cidr, zones)
    every = [subnet for zone in found.values() for subnet in (zone.private, zone.public)]
    assert list(found) == zones
    assert all(subnet.subnet_of(cidr) for subnet in every)
    assert not any(one.overlaps(other) for one, other in combinations(every, 2))


@given(CIDRS, ZONES, ZONES)
@examples(60)
def test_no_subnet_moves_when_other_zones_come_or_go(cidr, before, after):
    old, new = zone_subnets(cidr, before), zone_subnets(cidr, after)
    assert all(old[zone] == new[zone] for zone in set(before) & set(after))


def test_a_zone_of_a_16_has_room_for_eight_thousand_pods():
    found = zone_subnets(IPv4Network("10.0.0.0/16"), ["us-east-1a", "us-east-1c"])
    assert found["us-east-1c"].private == IPv4Network("10.0.64.0/19")
    assert found["us-east-1c"].public == IPv4Network("10.0.232.0/22")


@pytest.mark.parametrize(
    ("cidr", "zones"),
    [
        ("10.0.0.0/21", ["us-east-1a"]),
        ("10.0.0.0/8", ["us-east-1a"]),
        ("10.0.0.0/16", ["us-east-1g"]),
        ("10.0.0.0/16", ["us-east-1a", "us-west-2a"]),
    ],
    ids=["small", "large", "letter", "twice"],
)
def test_what_cannot_be_laid_out_is_refused(cidr, zones):
    with pytest.raises(ValueError, match=r"VPC|zones"):
        zone_subnets(IPv4Network(cidr), zones)

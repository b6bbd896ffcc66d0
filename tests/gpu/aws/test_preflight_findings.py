"""What an account lacks, where no cloud is needed to see it."""

from __future__ import annotations

from botocore.exceptions import EndpointConnectionError

from ai_platform.gpu.aws.preflight import reservation_findings, subnet_findings
from ai_platform.gpu.aws.preflight_calls import findings
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.preflight import Unread, Verdict
from tests.gpu.aws.preflight_pools import REGION, RESERVED, cluster, pool

MISSING, UNKNOWN = Verdict.MISSING, Verdict.UNKNOWN


def test_addresses_of_full_nodes_must_be_free():
    kind = {
        "NetworkInfo": {"MaximumNetworkInterfaces": 4, "Ipv4AddressesPerInterface": 15},
        "VCpuInfo": {"DefaultVCpus": 4},
    }
    network = {"vpc_id": "vpc-1", "subnet_ids": {"us-east-1a": "subnet-a"}}
    subnets = {
        "subnet-a": {"AvailabilityZone": "us-east-1a", "VpcId": "vpc-1", "AvailableIpAddressCount": 299}
    }
    kinds = {"p5en.48xlarge": kind, "m7i.xlarge": kind}
    # Half of 5 nodes, rounded up, and half of 4 system nodes, with 60 addresses each.
    _, free = subnet_findings(cluster(network=network), [pool(max_nodes=5)], kinds, subnets)
    assert (free.got, free.needed, free.verdict) == ("299 addresses", "300 addresses", MISSING)
    assert free.ask == "a subnet with 1 more, or lower `max_nodes`"
    [unread] = subnet_findings(
        cluster(network=network), [pool()], kinds | {"m7i.xlarge": Unread("denied")}, subnets
    )
    assert (unread.verdict, unread.ask) == (UNKNOWN, "addresses of a m7i.xlarge: denied")


def test_without_a_way_to_the_cloud_everything_is_unknown_and_nothing_raises():
    class Unreachable:
        def get_paginator(self, _):
            return self

        def __getattr__(self, _):
            def call(**_):
                raise EndpointConnectionError(endpoint_url="https://ec2.us-east-1.amazonaws.com")

            return call

    network = {"vpc_id": "vpc-1", "subnet_ids": {"us-east-1a": "subnet-a", "us-east-1c": "subnet-c"}}
    spec = pool(**RESERVED)
    found = list(
        findings(
            lambda _: Unreachable(),
            "prod",
            REGION,
            cluster(network=network),
            [(spec, MACHINES[spec.machine])],
        )
    )
    assert {row.verdict for row in found} == {UNKNOWN}
    assert all("Could not connect" in row.ask or "not known" in row.ask for row in found)


def test_a_reservation_without_an_answer_says_what_it_would_take():
    [row] = reservation_findings(pool(**RESERVED), cluster(), Unread("denied"), 3)
    assert (row.needed, row.ask) == ("3 × p5en.48xlarge", "denied")

"""The VPC of a cluster."""

from __future__ import annotations

import json
from functools import cache

import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.components.aws.network import AwsNetwork
from ai_platform.testing import record

ZONES = ["us-east-1a", "us-east-1b"]
TAGS = {"team": "platform"}
UNTAGGED = {
    "aws:ec2/route:Route",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:iam/rolePolicy:RolePolicy",
}


def network(args, *, preview=False):
    return recorded(json.dumps(args), preview)


@cache
def recorded(args, preview):
    found = []

    def program():
        found.append(AwsNetwork("net", json.loads(args), zones=ZONES, region="us-east-1", tags=TAGS))

    def outputs(resource):
        return {"arn": f"arn:aws:logs:us-east-1:123456789012:{resource.name}"}

    return record(program, preview=preview, outputs=None if preview else outputs), found[0]


@pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
def test_each_zone_has_a_private_and_a_public_subnet_and_a_way_out(preview):
    recording, component = network({}, preview=preview)
    subnets = recording.of("aws:ec2/subnet:Subnet")
    assert [subnet.inputs["availabilityZone"] for subnet in subnets] == ["us-east-1a"] * 2 + [
        "us-east-1b"
    ] * 2
    assert not any(subnet.inputs["mapPublicIpOnLaunch"] for subnet in subnets)
    assert len(recording.of("aws:ec2/natGateway:NatGateway")) == 2
    assert list(component.subnet_ids) == ZONES


def test_private_routes_pass_nat_and_public_ones_the_internet_gateway():
    recording, _ = network({})
    ways = {route.name: set(route.inputs) for route in recording.of("aws:ec2/route:Route")}
    assert "gatewayId" in ways["net-public-route"]
    assert all("natGatewayId" in ways[f"net-{zone}-private-route"] for zone in ZONES)


def test_nat_gateways_wait_for_the_way_to_the_internet():
    recording, _ = network({})
    for gateway in recording.of("aws:ec2/natGateway:NatGateway"):
        assert any(urn.endswith("net-internet") for urn in gateway.options.depends_on)


def test_s3_is_reached_without_nat_from_every_private_subnet():
    recording, _ = network({})
    endpoint = recording.only("aws:ec2/vpcEndpoint:VpcEndpoint").inputs
    assert endpoint["serviceName"] == "com.amazonaws.us-east-1.s3"
    assert endpoint["routeTableIds"] == [f"net-{zone}-private-routes-id" for zone in ZONES]


def test_nothing_may_pass_the_default_security_group():
    group = network({})[0].only("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs
    assert group["ingress"] == []
    assert group["egress"] == []


def test_the_vpc_is_protected_and_everything_carries_the_tags():
    recording, _ = network({})
    assert recording.only("aws:ec2/vpc:Vpc").options.protect
    for resource in recording.resources:
        if resource.custom and resource.type not in UNTAGGED:
            assert resource.inputs["tags"]["team"] == "platform", resource.urn


def test_flow_logs_may_write_into_one_log_group_only():
    policy = json.loads(network({})[0].only("aws:iam/rolePolicy:RolePolicy").inputs["policy"])
    arn = "arn:aws:logs:us-east-1:123456789012:net-flow-logs"
    assert policy["Statement"][0]["Resource"] == [arn, f"{arn}:*"]


def test_nothing_is_made_in_a_vpc_that_exists():
    subnets = {"us-east-1a": "subnet-0a", "us-east-1b": "subnet-0b"}
    recording, _ = network({"vpc_id": "vpc-0123", "subnet_ids": subnets})
    assert not [resource for resource in recording.resources if resource.custom]
    outputs = recording.only("ai-platform:index:AwsNetwork").outputs
    assert outputs == {"vpcId": "vpc-0123", "subnetIds": subnets}


@pytest.mark.parametrize(
    ("args", "path"),
    [
        ({"cidr": "10.0.0.0/24"}, "cidr"),
        ({"subnet_ids": {"us-east-1a": "subnet-0a"}}, "vpc_id"),
        ({"vpc_id": "vpc-0123", "subnet_ids": {"us-east-1a": "subnet-0a"}}, "subnet_ids"),
    ],
    ids=["too small", "no vpc", "a zone without subnet"],
)
def test_a_network_that_cannot_be_is_refused(args, path):
    with pytest.raises(InvalidArgs) as caught:
        network(args)
    assert [problem.path for problem in caught.value.problems] == [path]

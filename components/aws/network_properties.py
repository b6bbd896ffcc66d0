"""What the resources of a VPC say."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

import pulumi

ANYWHERE = "0.0.0.0/0"
FLOW_LOG_DAYS = 90

Tags = Mapping[str, str]


def named(tags: Tags, name: str) -> dict[str, str]:
    """Tags with the name that the AWS console shows."""
    return {**tags, "Name": name}


def vpc(cidr: IPv4Network, tags: Tags) -> dict[str, Any]:
    """EKS asks for both kinds of DNS support."""
    return {
        "cidrBlock": str(cidr),
        "enableDnsHostnames": True,
        "enableDnsSupport": True,
        "tags": dict(tags),
    }


def subnet(
    vpc_id: pulumi.Input[str], zone: str, cidr: IPv4Network, tags: Tags, *, public: bool
) -> dict[str, Any]:
    """A subnet that gives out no public addresses; its tag tells load balancers which kind it is."""
    role = "kubernetes.io/role/elb" if public else "kubernetes.io/role/internal-elb"
    return {
        "vpcId": vpc_id,
        "availabilityZone": zone,
        "cidrBlock": str(cidr),
        "mapPublicIpOnLaunch": False,
        "tags": {**tags, role: "1"},
    }


def closed_default_security_group(vpc_id: pulumi.Input[str], tags: Tags) -> dict[str, Any]:
    """Takes the rules away that AWS puts into the default security group of every VPC."""
    return {"vpcId": vpc_id, "ingress": [], "egress": [], "tags": dict(tags)}


def s3_endpoint(
    vpc_id: pulumi.Input[str], region: str, route_table_ids: list[pulumi.Output[str]], tags: Tags
) -> dict[str, Any]:
    """Way to S3 that costs nothing and does not pass the NAT gateways: images, weights, checkpoints."""
    return {
        "vpcId": vpc_id,
        "serviceName": f"com.amazonaws.{region}.s3",
        "vpcEndpointType": "Gateway",
        "routeTableIds": route_table_ids,
        "tags": dict(tags),
    }


def flow_log(
    vpc_id: pulumi.Input[str], log_group_arn: pulumi.Input[str], role_arn: pulumi.Input[str], tags: Tags
) -> dict[str, Any]:
    """Every connection of the VPC, summed up over ten minutes."""
    return {
        "vpcId": vpc_id,
        "trafficType": "ALL",
        "maxAggregationInterval": 600,
        "logDestinationType": "cloud-watch-logs",
        "logDestination": log_group_arn,
        "iamRoleArn": role_arn,
        "tags": dict(tags),
    }

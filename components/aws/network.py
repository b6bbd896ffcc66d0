"""The VPC of a cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from ..args import InvalidArgs, parsed
from ..cloud_objects import cloud_object, output
from ..cluster_spec import AwsNetworkSpec
from ..names import shortened
from . import network_properties as properties
from .iam_policies import ROLE_NAME_LIMIT, flow_log_policy, trust
from .network_rules import network_problems
from .subnets import ZoneSubnets, zone_subnets


class AwsNetwork(pulumi.ComponentResource):
    """A VPC with a private and a public subnet in each zone, or one that exists: then nothing is made.

    Private subnets reach the internet through a NAT gateway of their zone, and S3 through an endpoint. The
    VPC is protected.
    """

    vpc_id: pulumi.Output[str]
    subnet_ids: dict[str, pulumi.Output[str]]
    """Private subnet of each zone, in the order of ``zones``."""

    def __init__(
        self,
        name: str,
        args: AwsNetworkSpec | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        *,
        zones: Sequence[str],
        region: str,
        tags: Mapping[str, str],
    ) -> None:
        super().__init__("ai-platform:index:AwsNetwork", name, {}, opts)
        spec = parsed("AwsNetwork", name, AwsNetworkSpec, args)
        if problems := network_problems(spec, zones):
            raise InvalidArgs(f"AwsNetwork {name!r}", problems)
        if spec.vpc_id:
            self.vpc_id = pulumi.Output.from_input(spec.vpc_id)
            self.subnet_ids = {zone: pulumi.Output.from_input(spec.subnet_ids[zone]) for zone in zones}
        else:
            plan = zone_subnets(spec.cidr, zones)
            self.vpc_id, self.subnet_ids = self._made(name, spec, plan, region, tags)
        self.register_outputs({"vpcId": self.vpc_id, "subnetIds": self.subnet_ids})

    def _made(
        self,
        name: str,
        spec: AwsNetworkSpec,
        plan: Mapping[str, ZoneSubnets],
        region: str,
        tags: Mapping[str, str],
    ) -> tuple[pulumi.Output[str], dict[str, pulumi.Output[str]]]:
        own = pulumi.ResourceOptions(parent=self)
        kept = pulumi.ResourceOptions(parent=self, protect=True)
        named = {role: properties.named(tags, f"{name}-{role}") for role in ("vpc", "public", "internet")}

        vpc = cloud_object(f"{name}-vpc", "aws:ec2/vpc:Vpc", properties.vpc(spec.cidr, named["vpc"]), kept)
        closed = properties.closed_default_security_group(vpc.id, tags)
        cloud_object(
            f"{name}-default-group", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", closed, own
        )
        internet = cloud_object(
            f"{name}-internet",
            "aws:ec2/internetGateway:InternetGateway",
            {"vpcId": vpc.id, "tags": named["internet"]},
            own,
        )
        public = self._route_table(f"{name}-public", vpc.id, {"gatewayId": internet.id}, named["public"])

        subnets, tables = {}, []
        for zone, addresses in plan.items():
            subnet, table = self._zone(f"{name}-{zone}", zone, addresses, vpc.id, internet, public, tags)
            subnets[zone] = subnet
            tables.append(table)

        endpoint = properties.s3_endpoint(vpc.id, region, tables, tags)
        cloud_object(f"{name}-s3", "aws:ec2/vpcEndpoint:VpcEndpoint", endpoint, own)
        self._flow_log(name, vpc.id, tags)
        return vpc.id, subnets

    def _zone(
        self,
        name: str,
        zone: str,
        addresses: ZoneSubnets,
        vpc_id: pulumi.Output[str],
        internet: pulumi.CustomResource,
        public_table: pulumi.Output[str],
        tags: Mapping[str, str],
    ) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        """Subnets, NAT gateway and routes of a zone: the private subnet and its route table."""
        own = pulumi.ResourceOptions(parent=self)
        # A NAT gateway can't be made in a VPC that has no way to the internet yet.
        connected = pulumi.ResourceOptions(parent=self, depends_on=[internet])
        named = properties.named
        public = cloud_object(
            f"{name}-public",
            "aws:ec2/subnet:Subnet",
            properties.subnet(vpc_id, zone, addresses.public, named(tags, f"{name}-public"), public=True),
            own,
        )
        private = cloud_object(
            f"{name}-private",
            "aws:ec2/subnet:Subnet",
            properties.subnet(vpc_id, zone, addresses.private, named(tags, f"{name}-private"), public=False),
            own,
        )
        address = cloud_object(
            f"{name}-nat-address",
            "aws:ec2/eip:Eip",
            {"domain": "vpc", "tags": named(tags, f"{name}-nat")},
            connected,
        )
        nat = cloud_object(
            f"{name}-nat",
            "aws:ec2/natGateway:NatGateway",
            {"allocationId": address.id, "subnetId": public.id, "tags": named(tags, f"{name}-nat")},
            connected,
        )
        table = self._route_table(
            f"{name}-private", vpc_id, {"natGatewayId": nat.id}, named(tags, f"{name}-private")
        )
        for role, subnet, used in (("public", public, public_table), ("private", private, table)):
            cloud_object(
                f"{name}-{role}-association",
                "aws:ec2/routeTableAssociation:RouteTableAssociation",
                {"subnetId": subnet.id, "routeTableId": used},
                own,
            )
        return private.id, table

    def _route_table(
        self,
        name: str,
        vpc_id: pulumi.Output[str],
        way_out: Mapping[str, pulumi.Output[str]],
        tags: Mapping[str, str],
    ) -> pulumi.Output[str]:
        own = pulumi.ResourceOptions(parent=self)
        table = cloud_object(
            f"{name}-routes", "aws:ec2/routeTable:RouteTable", {"vpcId": vpc_id, "tags": dict(tags)}, own
        )
        route = {"routeTableId": table.id, "destinationCidrBlock": properties.ANYWHERE, **way_out}
        cloud_object(f"{name}-route", "aws:ec2/route:Route", route, own)
        return table.id

    def _flow_log(self, name: str, vpc_id: pulumi.Output[str], tags: Mapping[str, str]) -> None:
        own = pulumi.ResourceOptions(parent=self)
        group = cloud_object(
            f"{name}-flow-logs",
            "aws:cloudwatch/logGroup:LogGroup",
            {"retentionInDays": properties.FLOW_LOG_DAYS, "tags": dict(tags)},
            own,
            outputs=("arn",),
        )
        role = cloud_object(
            shortened(f"{name}-flow-log-role", ROLE_NAME_LIMIT),
            "aws:iam/role:Role",
            {"assumeRolePolicy": trust("vpc-flow-logs.amazonaws.com"), "tags": dict(tags)},
            own,
            outputs=("arn",),
        )
        group_arn = output(group, "arn")
        cloud_object(
            f"{name}-flow-log-policy",
            "aws:iam/rolePolicy:RolePolicy",
            {"role": role.id, "policy": group_arn.apply(flow_log_policy)},
            own,
        )
        log = properties.flow_log(vpc_id, group_arn, output(role, "arn"), tags)
        cloud_object(f"{name}-flow-log", "aws:ec2/flowLog:FlowLog", log, own)

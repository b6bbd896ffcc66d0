"""EC2 in moto. It has no placement groups: those are kept in the provider's own state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .aws_calls import Aws, Calls, Made, Values, changed_tags, outputs_of, pairs, shaped
from .made_up import token

_RULE = {
    "fromPort": "FromPort",
    "toPort": "ToPort",
}


def _tagged(kind: str, new: Values) -> dict[str, Any]:
    tags = new.get("tagsAll")
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": pairs(tags)}]} if tags else {}


def _retag(aws: Aws, identity: str, old: Values, new: Values) -> Values:
    put, gone = changed_tags(old, new)
    ec2 = aws.client("ec2")
    if put:
        ec2.create_tags(Resources=[identity], Tags=pairs(put))
    if gone:
        ec2.delete_tags(Resources=[identity], Tags=[{"Key": key} for key in gone])
    return {}


def _simple(
    operation: str,
    answer: str,
    id_field: str,
    kind: str,
    delete: str,
    arn: str,
    outputs: tuple[str, ...] = (),
    left_out: tuple[str, ...] = (),
    then: Callable[[Aws, str, Values], Values] = lambda *_: {},
) -> Calls:
    """A type that one call creates and one removes, both by the same id."""

    def create(aws: Aws, new: Values) -> Made:
        ec2 = aws.client("ec2")
        asked = shaped(ec2, operation, new, left_out=left_out)
        said = getattr(ec2, operation)(**asked, **_tagged(kind, new))
        said = said[answer] if answer else said
        identity = said[id_field]
        known = {"arn": aws.arn("ec2", f"{arn}/{identity}"), "ownerId": "123456789012"}
        return Made(identity, known | outputs_of(said, outputs) | dict(then(aws, identity, new)))

    def update(aws: Aws, identity: str, old: Values, new: Values) -> Values:
        _retag(aws, identity, old, new)
        return then(aws, identity, new)

    def remove(aws: Aws, identity: str, _: Values) -> None:
        getattr(aws.client("ec2"), delete)(**{id_field: identity})

    return Calls(create, remove, update)


def _vpc(aws: Aws, identity: str, new: Values) -> Values:
    ec2 = aws.client("ec2")
    for name in ("EnableDnsSupport", "EnableDnsHostnames"):
        said = new.get(name[0].lower() + name[1:])
        if said is not None:
            ec2.modify_vpc_attribute(VpcId=identity, **{name: {"Value": said}})
    here = [{"Name": "vpc-id", "Values": [identity]}]
    groups = ec2.describe_security_groups(Filters=[*here, {"Name": "group-name", "Values": ["default"]}])
    table = ec2.describe_route_tables(Filters=here)["RouteTables"][0]["RouteTableId"]
    acl = ec2.describe_network_acls(Filters=here)["NetworkAcls"][0]["NetworkAclId"]
    group = groups["SecurityGroups"][0]["GroupId"]
    return {
        "defaultSecurityGroupId": group,
        "mainRouteTableId": table,
        "defaultRouteTableId": table,
        "defaultNetworkAclId": acl,
    }


def _subnet(aws: Aws, identity: str, new: Values) -> Values:
    public = new.get("mapPublicIpOnLaunch")
    if public is not None:
        aws.client("ec2").modify_subnet_attribute(SubnetId=identity, MapPublicIpOnLaunch={"Value": public})
    return {}


def _gateway(aws: Aws, new: Values) -> Made:
    ec2 = aws.client("ec2")
    identity = ec2.create_internet_gateway(**_tagged("internet-gateway", new))["InternetGateway"][
        "InternetGatewayId"
    ]
    if new.get("vpcId"):
        ec2.attach_internet_gateway(InternetGatewayId=identity, VpcId=new["vpcId"])
    return Made(identity, {"arn": aws.arn("ec2", f"internet-gateway/{identity}"), "ownerId": "123456789012"})


def _no_gateway(aws: Aws, identity: str, old: Values) -> None:
    ec2 = aws.client("ec2")
    if old.get("vpcId"):
        ec2.detach_internet_gateway(InternetGatewayId=identity, VpcId=old["vpcId"])
    ec2.delete_internet_gateway(InternetGatewayId=identity)


def _address(aws: Aws, new: Values) -> Made:
    said = aws.client("ec2").allocate_address(Domain=new.get("domain", "vpc"), **_tagged("elastic-ip", new))
    identity = said["AllocationId"]
    known = {
        "allocationId": identity,
        "publicIp": said["PublicIp"],
        "arn": aws.arn("ec2", f"elastic-ip/{identity}"),
    }
    return Made(identity, known)


def _endpoint(aws: Aws, new: Values) -> Made:
    ec2 = aws.client("ec2")
    asked = shaped(
        ec2, "create_vpc_endpoint", {"vpcEndpointType": "Gateway", **new}, {"policy": "PolicyDocument"}
    )
    identity = ec2.create_vpc_endpoint(**asked, **_tagged("vpc-endpoint", new))["VpcEndpoint"][
        "VpcEndpointId"
    ]
    return Made(identity, {"arn": aws.arn("ec2", f"vpc-endpoint/{identity}"), "ownerId": "123456789012"})


def _association(aws: Aws, new: Values) -> Made:
    ec2 = aws.client("ec2")
    return Made(ec2.associate_route_table(**shaped(ec2, "associate_route_table", new))["AssociationId"], {})


def _route(aws: Aws, new: Values) -> Made:
    ec2 = aws.client("ec2")
    ec2.create_route(**shaped(ec2, "create_route", new))
    return Made(f"r-{new['routeTableId']}{token(str(sorted(new.items())), length=10)}", {"state": "active"})


def _no_route(aws: Aws, _: str, old: Values) -> None:
    ec2 = aws.client("ec2")
    names = ("routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")
    ec2.delete_route(**shaped(ec2, "delete_route", {name: old[name] for name in names if old.get(name)}))


def _permissions(rules: list[Values], own: str) -> list[dict[str, Any]]:
    made = []
    for rule in rules:
        said: dict[str, Any] = {"IpProtocol": rule["protocol"]}
        said |= {theirs: rule[ours] for ours, theirs in _RULE.items() if ours in rule}
        note = {"Description": rule["description"]} if rule.get("description") else {}
        groups = [*rule.get("securityGroups", []), *([own] if rule.get("self") else [])]
        said["IpRanges"] = [{"CidrIp": block} | note for block in rule.get("cidrBlocks", [])]
        said["Ipv6Ranges"] = [{"CidrIpv6": block} | note for block in rule.get("ipv6CidrBlocks", [])]
        said["UserIdGroupPairs"] = [{"GroupId": group} | note for group in groups]
        made.append({name: part for name, part in said.items() if part != []})
    return made


def _open(aws: Aws, identity: str, new: Values) -> None:
    """Leaves a group with the rules given and no others, as the provider does."""
    ec2 = aws.client("ec2")
    there = ec2.describe_security_groups(GroupIds=[identity])["SecurityGroups"][0]
    if there["IpPermissions"]:
        ec2.revoke_security_group_ingress(GroupId=identity, IpPermissions=there["IpPermissions"])
    if there["IpPermissionsEgress"]:
        ec2.revoke_security_group_egress(GroupId=identity, IpPermissions=there["IpPermissionsEgress"])
    if new.get("ingress"):
        wanted = _permissions(new["ingress"], identity)
        ec2.authorize_security_group_ingress(GroupId=identity, IpPermissions=wanted)
    if new.get("egress"):
        ec2.authorize_security_group_egress(
            GroupId=identity, IpPermissions=_permissions(new["egress"], identity)
        )


def _group(aws: Aws, new: Values) -> Made:
    said = aws.client("ec2").create_security_group(
        GroupName=new["name"],
        Description=new.get("description", "Managed by Pulumi"),
        VpcId=new["vpcId"],
        **_tagged("security-group", new),
    )
    identity = said["GroupId"]
    _open(aws, identity, new)
    return Made(identity, {"arn": aws.arn("ec2", f"security-group/{identity}"), "ownerId": "123456789012"})


def _regroup(aws: Aws, identity: str, old: Values, new: Values) -> Values:
    _retag(aws, identity, old, new)
    if any(old.get(name) != new.get(name) for name in ("ingress", "egress")):
        _open(aws, identity, new)
    return {}


def _default_group(aws: Aws, new: Values) -> Made:
    ec2 = aws.client("ec2")
    wanted = [{"Name": "vpc-id", "Values": [new["vpcId"]]}, {"Name": "group-name", "Values": ["default"]}]
    identity = ec2.describe_security_groups(Filters=wanted)["SecurityGroups"][0]["GroupId"]
    _open(aws, identity, new)
    _retag(aws, identity, {}, new)
    return Made(identity, {"arn": aws.arn("ec2", f"security-group/{identity}"), "ownerId": "123456789012"})


def _rules(direction: str) -> Calls:
    def create(aws: Aws, new: Values) -> Made:
        ec2 = aws.client("ec2")
        note = {"Description": new["description"]} if new.get("description") else {}
        said: dict[str, Any] = {"IpProtocol": new["ipProtocol"]}
        said |= {theirs: new[ours] for ours, theirs in _RULE.items() if ours in new}
        for name, theirs, key in (
            ("cidrIpv4", "IpRanges", "CidrIp"),
            ("cidrIpv6", "Ipv6Ranges", "CidrIpv6"),
            ("prefixListId", "PrefixListIds", "PrefixListId"),
            ("referencedSecurityGroupId", "UserIdGroupPairs", "GroupId"),
        ):
            if new.get(name):
                said[theirs] = [{key: new[name]} | note]
        allow = getattr(ec2, f"authorize_security_group_{direction}")
        answer = allow(
            GroupId=new["securityGroupId"], IpPermissions=[said], **_tagged("security-group-rule", new)
        )
        identity = answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        return Made(
            identity,
            {"securityGroupRuleId": identity, "arn": aws.arn("ec2", f"security-group-rule/{identity}")},
        )

    def remove(aws: Aws, identity: str, old: Values) -> None:
        revoke = getattr(aws.client("ec2"), f"revoke_security_group_{direction}")
        revoke(GroupId=old["securityGroupId"], SecurityGroupRuleIds=[identity])

    def update(aws: Aws, identity: str, old: Values, new: Values) -> Values:
        rule_changed = any(old.get(name) != new.get(name) for name in new if not name.startswith("tags"))
        if not rule_changed:
            return _retag(aws, identity, old, new)
        # moto can't change a rule: it gets another id there, as the state keeps the first.
        remove(aws, identity, old)
        create(aws, new)
        return {}

    return Calls(create, remove, update)


_TEMPLATE_NAMES = {
    "securityGroups": "Groups",
    "vpcSecurityGroupIds": "SecurityGroupIds",
}
_NOT_IN_TEMPLATE = ("name", "namePrefix", "description", "updateDefaultVersion", "defaultVersion")


def _template_data(aws: Aws, new: Values) -> dict[str, Any]:
    ec2 = aws.client("ec2")
    data = {name: part for name, part in new.items() if name not in {*_NOT_IN_TEMPLATE, "tags", "tagsAll"}}
    data["tagSpecifications"] = [
        {"resourceType": spec["resourceType"], "tags": pairs(spec.get("tags", {}))}
        for spec in data.get("tagSpecifications", [])
    ]
    asked = shaped(
        ec2,
        "create_launch_template",
        {"launchTemplateData": {k: v for k, v in data.items() if k not in {"region", "__defaults"}}},
        _TEMPLATE_NAMES,
    )
    return dict(asked["LaunchTemplateData"])


def _template(aws: Aws, new: Values) -> Made:
    said = aws.client("ec2").create_launch_template(
        LaunchTemplateName=new["name"],
        LaunchTemplateData=_template_data(aws, new),
        **_tagged("launch-template", new),
    )["LaunchTemplate"]
    identity = said["LaunchTemplateId"]
    known = {"arn": aws.arn("ec2", f"launch-template/{identity}"), "latestVersion": 1, "defaultVersion": 1}
    return Made(identity, known)


def _new_version(aws: Aws, identity: str, old: Values, new: Values) -> Values:
    ec2 = aws.client("ec2")
    _retag(aws, identity, old, new)
    if all(old.get(name) == new.get(name) for name in {*old, *new} - {"tags", "tagsAll", "__defaults"}):
        return {}
    said = ec2.create_launch_template_version(
        LaunchTemplateId=identity, LaunchTemplateData=_template_data(aws, new)
    )["LaunchTemplateVersion"]
    number = said["VersionNumber"]
    if not new.get("updateDefaultVersion"):
        return {"latestVersion": number}
    ec2.modify_launch_template(LaunchTemplateId=identity, DefaultVersion=str(number))
    return {"latestVersion": number, "defaultVersion": number}


def _flow_log(aws: Aws, new: Values) -> Made:
    kinds = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface"}
    name = next(name for name in kinds if new.get(name))
    ec2 = aws.client("ec2")
    asked = shaped(ec2, "create_flow_logs", new, {"iamRoleArn": "DeliverLogsPermissionArn"}, tuple(kinds))
    asked |= {"ResourceIds": [new[name]], "ResourceType": kinds[name], **_tagged("vpc-flow-log", new)}
    said = ec2.create_flow_logs(**asked)
    assert not said["Unsuccessful"], said["Unsuccessful"]
    identity = said["FlowLogIds"][0]
    return Made(identity, {"arn": aws.arn("ec2", f"vpc-flow-log/{identity}")})


CALLS: dict[str, Calls] = {
    "aws:ec2/vpc:Vpc": _simple(
        *("create_vpc", "Vpc", "VpcId", "vpc", "delete_vpc", "vpc"),
        outputs=("dhcpOptionsId",),
        left_out=("enableDnsSupport", "enableDnsHostnames", "enableNetworkAddressUsageMetrics"),
        then=_vpc,
    ),
    "aws:ec2/subnet:Subnet": _simple(
        *("create_subnet", "Subnet", "SubnetId", "subnet", "delete_subnet", "subnet"),
        outputs=("availabilityZone", "availabilityZoneId"),
        left_out=(
            "mapPublicIpOnLaunch",
            "privateDnsHostnameTypeOnLaunch",
            "enableResourceNameDnsARecordOnLaunch",
        ),
        then=_subnet,
    ),
    "aws:ec2/internetGateway:InternetGateway": Calls(_gateway, _no_gateway, _retag),
    "aws:ec2/eip:Eip": Calls(
        _address, lambda aws, identity, _: aws.client("ec2").release_address(AllocationId=identity), _retag
    ),
    "aws:ec2/natGateway:NatGateway": _simple(
        *(
            "create_nat_gateway",
            "NatGateway",
            "NatGatewayId",
            "natgateway",
            "delete_nat_gateway",
            "natgateway",
        ),
    ),
    "aws:ec2/routeTable:RouteTable": _simple(
        *(
            "create_route_table",
            "RouteTable",
            "RouteTableId",
            "route-table",
            "delete_route_table",
            "route-table",
        ),
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Calls(
        _association,
        lambda aws, identity, _: aws.client("ec2").disassociate_route_table(AssociationId=identity),
    ),
    "aws:ec2/route:Route": Calls(_route, _no_route),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Calls(
        _endpoint,
        lambda aws, identity, _: aws.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[identity]),
        _retag,
    ),
    "aws:ec2/securityGroup:SecurityGroup": Calls(
        _group, lambda aws, identity, _: aws.client("ec2").delete_security_group(GroupId=identity), _regroup
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Calls(_default_group, lambda *_: None, _regroup),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rules("ingress"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rules("egress"),
    "aws:ec2/launchTemplate:LaunchTemplate": Calls(
        _template,
        lambda aws, identity, _: aws.client("ec2").delete_launch_template(LaunchTemplateId=identity),
        _new_version,
    ),
    "aws:ec2/flowLog:FlowLog": Calls(
        _flow_log, lambda aws, identity, _: aws.client("ec2").delete_flow_logs(FlowLogIds=[identity]), _retag
    ),
}

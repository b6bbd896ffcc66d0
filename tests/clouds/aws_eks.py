"""EKS in moto: clusters and node groups.

moto has no add-ons, access entries, access policy associations or Pod Identity associations: those are
kept in the provider's own state.
"""

from __future__ import annotations

from typing import Any

from .aws_calls import Aws, Calls, Made, Values, changed_tags, shaped

_CLUSTER_NAMES = {"vpcConfig": "resourcesVpcConfig"}
_CLUSTER_REST = ("enabledClusterLogTypes", "defaultAddonsToRemoves")
_GROUP_NAMES = {"nodeGroupName": "nodegroupName", "nodeRoleArn": "nodeRole", "subnetIds": "subnets"}
_GROUP_REST = ("forceUpdateVersion", "nodeGroupNamePrefix", "warmPoolConfig")


def _tags(new: Values) -> dict[str, Any]:
    return {"tags": new["tagsAll"]} if new.get("tagsAll") else {}


def _cluster(aws: Aws, new: Values) -> Made:
    eks = aws.client("eks")
    asked = shaped(eks, "create_cluster", new, _CLUSTER_NAMES, _CLUSTER_REST)
    if new.get("enabledClusterLogTypes"):
        asked["logging"] = {"clusterLogging": [{"types": new["enabledClusterLogTypes"], "enabled": True}]}
    said = eks.create_cluster(**asked, **_tags(new))["cluster"]
    group = aws.client("ec2").describe_subnets(SubnetIds=new["vpcConfig"]["subnetIds"])["Subnets"][0]["VpcId"]
    return Made(
        new["name"],
        {
            "arn": said["arn"],
            "endpoint": said["endpoint"],
            "certificateAuthority": said["certificateAuthority"],
            "identities": [{"oidcs": [{"issuer": said["identity"]["oidc"]["issuer"]}]}],
            "vpcConfig": {
                **new["vpcConfig"],
                "vpcId": group,
                "clusterSecurityGroupId": "sg-0c1a57e5000000000",
            },
            "version": said["version"],
            "status": said["status"],
            "platformVersion": said.get("platformVersion", "eks.1"),
        },
    )


def _cluster_update(aws: Aws, identity: str, old: Values, new: Values) -> Values:
    """moto takes changes of network and tags, but no version: that stays with Pulumi's state."""
    _retag(aws, aws.arn("eks", f"cluster/{identity}"), old, new)
    if old.get("vpcConfig") != new.get("vpcConfig"):
        eks = aws.client("eks")
        asked = shaped(eks, "update_cluster_config", {"vpcConfig": new["vpcConfig"]}, _CLUSTER_NAMES)
        eks.update_cluster_config(name=identity, **asked)
    return {}


def _group(aws: Aws, new: Values) -> Made:
    eks = aws.client("eks")
    said = eks.create_nodegroup(
        **shaped(eks, "create_nodegroup", new, _GROUP_NAMES, _GROUP_REST), **_tags(new)
    )
    made = said["nodegroup"]
    scaling = [{"name": group["name"]} for group in made["resources"]["autoScalingGroups"]]
    return Made(
        f"{new['clusterName']}:{new['nodeGroupName']}",
        {
            "arn": made["nodegroupArn"],
            "status": made["status"],
            "version": made["version"],
            "releaseVersion": made["releaseVersion"],
            "amiType": made.get("amiType", "CUSTOM"),
            "capacityType": made["capacityType"],
            "resources": [{"autoscalingGroups": scaling, "remoteAccessSecurityGroupId": ""}],
        },
    )


def _group_update(aws: Aws, identity: str, old: Values, new: Values) -> Values:
    """moto takes changes of scaling, labels and taints; versions stay with Pulumi's state."""
    eks = aws.client("eks")
    cluster, _, name = identity.partition(":")
    where = {"clusterName": cluster, "nodegroupName": name}
    arn = eks.describe_nodegroup(**where)["nodegroup"]["nodegroupArn"]
    _retag(aws, arn, old, new)
    asked: dict[str, Any] = {}
    if old.get("scalingConfig") != new.get("scalingConfig"):
        asked["scalingConfig"] = new["scalingConfig"]
    if old.get("labels") != new.get("labels"):
        before, after = old.get("labels", {}), new.get("labels", {})
        asked["labels"] = {
            "addOrUpdateLabels": after,
            "removeLabels": [label for label in before if label not in after],
        }
    if old.get("taints") != new.get("taints"):
        asked["taints"] = {
            "addOrUpdateTaints": new.get("taints", []),
            "removeTaints": [taint for taint in old.get("taints", []) if taint not in new.get("taints", [])],
        }
    if asked:
        eks.update_nodegroup_config(**where, **asked)
    return {}


def _retag(aws: Aws, arn: str, old: Values, new: Values) -> None:
    put, gone = changed_tags(old, new)
    eks = aws.client("eks")
    if put:
        eks.tag_resource(resourceArn=arn, tags=put)
    if gone:
        eks.untag_resource(resourceArn=arn, tagKeys=gone)


def _no_group(aws: Aws, identity: str, _: Values) -> None:
    cluster, _colon, name = identity.partition(":")
    aws.client("eks").delete_nodegroup(clusterName=cluster, nodegroupName=name)


CALLS: dict[str, Calls] = {
    "aws:eks/cluster:Cluster": Calls(
        _cluster, lambda aws, identity, _: aws.client("eks").delete_cluster(name=identity), _cluster_update
    ),
    "aws:eks/nodeGroup:NodeGroup": Calls(_group, _no_group, _group_update),
}

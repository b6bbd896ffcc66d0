"""What the AWS stand-in makes: in moto where that has the call, else in the provider's own state."""

from __future__ import annotations

from . import aws_budgets, aws_ec2, aws_eks, aws_iam, aws_storage, store
from .aws_calls import Aws, Calls, Made, Values
from .made_up import token

CALLS: dict[str, Calls] = {
    **aws_budgets.CALLS,
    **aws_ec2.CALLS,
    **aws_eks.CALLS,
    **aws_iam.CALLS,
    **aws_storage.CALLS,
}

_ARNS = {
    "aws:eks/addon:Addon": ("eks", "addon/{clusterName}/{addonName}"),
    "aws:eks/accessEntry:AccessEntry": ("eks", "access-entry/{clusterName}"),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": ("eks", "podidentityassociation/{clusterName}"),
    "aws:ec2/placementGroup:PlacementGroup": ("ec2", "placement-group/{name}"),
    "aws:cloudwatch/eventRule:EventRule": ("events", "rule/{name}"),
    "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation": ("fsx", "association/{fileSystemId}"),
}
_IDS = {
    "aws:eks/addon:Addon": "{clusterName}:{addonName}",
    "aws:eks/accessEntry:AccessEntry": "{clusterName}:{principalArn}",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": "{clusterName}#{principalArn}#{policyArn}",
    "aws:ec2/placementGroup:PlacementGroup": "{name}",
    "aws:cloudwatch/eventRule:EventRule": "{name}",
    "aws:sqs/queuePolicy:QueuePolicy": "{queueUrl}",
}


def calls(kind: str) -> Calls:
    """How a type is made, changed and removed."""
    return CALLS.get(kind) or _own(kind)


def _own(kind: str) -> Calls:
    def create(aws: Aws, new: Values) -> Made:
        plain = token(kind, str(sorted(new.items())))
        identity = _IDS.get(kind, "a-{plain}").format(**new, plain=plain)
        store.put(kind, identity, new)
        service, resource = _ARNS.get(kind, ("", ""))
        arn = aws.arn(service, resource.format(**new)) if service else ""
        known = {
            "aws:eks/accessEntry:AccessEntry": {
                "accessEntryArn": f"{arn}/{plain}",
                "userName": new.get("userName", new.get("principalArn")),
            },
            "aws:eks/podIdentityAssociation:PodIdentityAssociation": {
                "associationId": identity,
                "associationArn": f"{arn}/{identity}",
            },
            "aws:ec2/placementGroup:PlacementGroup": {"arn": arn, "placementGroupId": f"pg-{plain}"},
        }
        return Made(identity, known.get(kind, {"arn": arn} if arn else {}))

    def update(_aws: Aws, identity: str, _old: Values, new: Values) -> Values:
        store.put(kind, identity, new)
        return {}

    def remove(_aws: Aws, identity: str, _old: Values) -> None:
        store.remove(kind, identity)

    return Calls(create, remove, update)

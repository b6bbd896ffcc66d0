"""What the pods of a team may do on AWS: read or write its buckets, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from ..bucket_network import EKS_IDENTITY, bucket_policy_manifest
from ..cloud_objects import cloud_object, output
from ..cluster import Cluster
from ..cluster_clouds import aws_side
from ..objects import kubernetes_object
from ..pod_storage import TEAM_SERVICE_ACCOUNT
from ..workload_account import service_account_manifest
from .bucket import Bucket
from .iam_policies import pod_identity_trust


@dataclass(frozen=True, slots=True)
class Grant:
    """A right on a bucket, or on the part of it below ``prefix``."""

    bucket: Bucket
    writes: bool
    """Whether the team may also write and delete."""
    prefix: str = ""
    """``a/b/``, or empty for the whole bucket."""


class TeamIdentity(pulumi.ComponentResource):
    """IAM role of a team's service account by EKS Pod Identity, with rights on exactly ``grants``.

    Pods get it as ``serviceAccountName: workload`` in the team's namespace, which exists already; no other
    service account, namespace or cluster can take the role. Those with the label ``ai-platform/buckets:
    reached`` also get out of the namespace to S3. Without grants there is only the account.
    """

    service_account: pulumi.Output[str]
    """Name of the service account."""
    role_arn: pulumi.Output[str] | None
    """The IAM role; ``None`` without grants."""

    def __init__(
        self,
        name: str,
        team: str,
        grants: Sequence[Grant],
        opts: pulumi.ResourceOptions | None = None,
        *,
        cluster: Cluster,
        tags: dict[str, str] | None = None,
    ) -> None:
        super().__init__("ai-platform:index:TeamIdentity", name, {}, opts)
        aws = aws_side(cluster, f"TeamIdentity {name!r}")
        own = pulumi.ResourceOptions(parent=self)
        all_tags = {**aws.tags, **(tags or {})}

        account = kubernetes_object(f"{name}-service-account", service_account_manifest(team), own)
        self.service_account = account.id.apply(lambda _: TEAM_SERVICE_ACCOUNT)
        self.role_arn = None
        if grants:
            kubernetes_object(f"{name}-network", bucket_policy_manifest(team, EKS_IDENTITY), own)
            trust = pulumi.Output.from_input(aws.cluster_name).apply(
                lambda cluster_name: pod_identity_trust(cluster_name, team, TEAM_SERVICE_ACCOUNT)
            )
            role = cloud_object(
                f"{name}-role",
                "aws:iam/role:Role",
                {
                    "description": f"Pods of team {team}",
                    "assumeRolePolicy": trust,
                    "tags": all_tags,
                },
                own,
                outputs=("arn",),
            )
            cloud_object(
                f"{name}-access",
                "aws:iam/rolePolicy:RolePolicy",
                {"role": role.id, "policy": _policy(grants, aws.region)},
                own,
            )
            self.role_arn = output(role, "arn")
            cloud_object(
                f"{name}-association",
                "aws:eks/podIdentityAssociation:PodIdentityAssociation",
                {
                    "clusterName": aws.cluster_name,
                    "namespace": team,
                    "serviceAccount": TEAM_SERVICE_ACCOUNT,
                    "roleArn": self.role_arn,
                    "tags": all_tags,
                },
                own,
            )
        self.register_outputs({"serviceAccount": self.service_account, "roleArn": self.role_arn})


@dataclass(frozen=True, slots=True)
class Access:
    """A grant with what its bucket is called."""

    bucket_arn: str
    kms_key_arn: str
    writes: bool
    prefix: str


def access_policy(accesses: Sequence[Access], region: str) -> dict[str, Any]:
    """The role's policy: exactly these buckets or prefixes, and their keys by way of S3 alone."""
    statements = [
        statement for number, access in enumerate(accesses) for statement in _statements(number, access)
    ]
    for sid, writes, actions in (
        ("DecryptObjects", None, ["kms:Decrypt"]),
        ("EncryptObjects", True, ["kms:GenerateDataKey"]),
    ):
        keys = sorted({item.kms_key_arn for item in accesses if writes is None or item.writes is writes})
        if keys:
            via = {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}
            statements.append(_allow(sid, actions, keys) | {"Condition": via})
    return {"Version": "2012-10-17", "Statement": statements}


def _statements(number: int, access: Access) -> list[dict[str, Any]]:
    objects = [f"{access.bucket_arn}/{access.prefix}*"]
    listing = _allow(f"List{number}", ["s3:ListBucket"], [access.bucket_arn])
    if access.prefix:
        listing["Condition"] = {"StringLike": {"s3:prefix": [f"{access.prefix}*"]}}
    actions = ["s3:GetObject"]
    if access.writes:
        actions += ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    return [listing, _allow(f"Objects{number}", actions, objects)]


def _allow(sid: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def _policy(grants: Sequence[Grant], region: str) -> pulumi.Output[str]:
    names = pulumi.Output.all(
        *[pulumi.Output.all(item.bucket.arn, item.bucket.kms_key_arn) for item in grants]
    )
    return names.apply(
        lambda known: json.dumps(
            access_policy(
                [
                    Access(arn, key, grant.writes, grant.prefix)
                    for (arn, key), grant in zip(known, grants, strict=True)
                ],
                region,
            )
        )
    )

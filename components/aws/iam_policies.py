"""IAM policies of the cluster and its network, as data. No wildcard action meets a wildcard resource."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

POD_IDENTITY = "pods.eks.amazonaws.com"
"""Service that gives pods the role of their service account."""

ROLE_NAME_LIMIT = 56
"""IAM allows 64 characters, of which Pulumi takes eight for what makes a name unique."""

CLUSTER_POLICIES = ("AmazonEKSClusterPolicy",)
"""What the control plane may do (EKS user guide, cluster IAM role, read 2026-11)."""

NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
"""What every node may do (EKS user guide, node IAM role). The CNI's rights go to its own pods."""

ADMIN_ACCESS_POLICY = "AmazonEKSClusterAdminPolicy"
"""Access policy of administrators (EKS user guide, access policy permissions)."""


def partition(region: str) -> str:
    """The part of AWS that a region belongs to, as ARNs write it."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def managed_policy_arn(region: str, name: str) -> str:
    """ARN of a policy that AWS keeps, for example ``service-role/AmazonEBSCSIDriverPolicy``."""
    return f"arn:{partition(region)}:iam::aws:policy/{name}"


def access_policy_arn(region: str, name: str) -> str:
    """ARN of an access policy of EKS."""
    return f"arn:{partition(region)}:eks::aws:cluster-access-policy/{name}"


def trust(service: str) -> str:
    """Lets an AWS service take a role on; Pod Identity also tags its sessions."""
    actions = ["sts:AssumeRole"] + (["sts:TagSession"] if service == POD_IDENTITY else [])
    return _document([{"Effect": "Allow", "Principal": {"Service": service}, "Action": actions}])


def pod_identity_trust(cluster_name: str, namespace: str, service_account: str) -> str:
    """Lets EKS give a role to one service account of one cluster.

    Source: Amazon EKS, "Create IAM role with trust policy required by EKS Pod Identity" (2026-11).
    """
    account = {
        "aws:RequestTag/eks-cluster-name": cluster_name,
        "aws:RequestTag/kubernetes-namespace": namespace,
        "aws:RequestTag/kubernetes-service-account": service_account,
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": POD_IDENTITY},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": account},
    }
    return _document([statement])


def autoscaler_policy(region: str, cluster_name: str) -> str:
    """What Cluster Autoscaler may do: look, and set the size of the groups of its own cluster.

    AWS knows no resource for what only looks at Auto Scaling groups, launch templates and instance types.
    Groups are told apart by a tag that EKS puts on those of managed node groups. Without right to
    launch configurations, images and instance requirements, which our groups don't have.
    Source: cluster-autoscaler 1.36.1, cloudprovider/aws/README.md and aws_wrapper.go (2026-11-21).
    """
    look = {
        "Sid": "LookAtGroups",
        "Effect": "Allow",
        "Action": [
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeAutoScalingInstances",
            "autoscaling:DescribeScalingActivities",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeLaunchTemplateVersions",
        ],
        "Resource": "*",
    }
    first_node = {
        "Sid": "LabelsOfGroupsWithoutNodes",
        "Effect": "Allow",
        "Action": ["eks:DescribeNodegroup"],
        "Resource": f"arn:{partition(region)}:eks:{region}:*:nodegroup/{cluster_name}/*/*",
    }
    scale = {
        "Sid": "ScaleGroupsOfTheCluster",
        "Effect": "Allow",
        "Action": ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
        "Resource": f"arn:{partition(region)}:autoscaling:{region}:*:autoScalingGroup:*",
        "Condition": {"StringEquals": {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{cluster_name}": "owned"}},
    }
    return _document([look, first_node, scale])


def flow_log_policy(log_group_arn: str) -> str:
    """Lets flow logs write into one log group."""
    actions = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    return _document(
        [{"Effect": "Allow", "Action": actions, "Resource": [log_group_arn, f"{log_group_arn}:*"]}]
    )


def key_policy(region: str, role_arn: str) -> str:
    """Policy of the cluster's key. ``role_arn``: any role of the account, which tells the account.

    The account's own IAM policies decide who administrates the key. Volumes may use it through EC2 whoever
    launches the instance: that is the rule of AWS's own EBS key, and names no service-linked role, which a
    fresh account does not have yet. In a key policy, the resource ``*`` is that key alone.
    """
    account = role_arn.split(":")[4]
    administrators = {
        "Sid": "AccountDecides",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition(region)}:iam::{account}:root"},
        "Action": [
            "kms:CancelKeyDeletion",
            "kms:Create*",
            "kms:Decrypt",
            "kms:Delete*",
            "kms:Describe*",
            "kms:Disable*",
            "kms:Enable*",
            "kms:Encrypt",
            "kms:GenerateDataKey*",
            "kms:Get*",
            "kms:List*",
            "kms:Put*",
            "kms:ReEncrypt*",
            "kms:Revoke*",
            "kms:RotateKeyOnDemand",
            "kms:ScheduleKeyDeletion",
            "kms:TagResource",
            "kms:UntagResource",
            "kms:Update*",
        ],
        "Resource": "*",
    }
    volumes = {
        "Sid": "VolumesOfTheAccount",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey*",
            "kms:ReEncrypt*",
        ],
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                "kms:CallerAccount": account,
                "kms:ViaService": f"ec2.{region}.amazonaws.com",
            }
        },
    }
    return _document([administrators, volumes])


def _document(statements: Sequence[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})

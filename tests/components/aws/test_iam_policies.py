"""IAM policies of the cluster."""

from __future__ import annotations

import json

import pytest

from ai_platform.components.aws import iam_policies as iam

ROLE = "arn:aws:iam::123456789012:role/any"
DOCUMENTS = {
    "key": iam.key_policy("us-east-1", ROLE),
    "flow log": iam.flow_log_policy("arn:aws:logs:us-east-1:123456789012:log-group:net"),
    "pods": iam.trust(iam.POD_IDENTITY),
    "nodes": iam.trust("ec2.amazonaws.com"),
}


@pytest.mark.parametrize("name", list(DOCUMENTS))
def test_no_wildcard_action_meets_a_wildcard_resource(name):
    for statement in json.loads(DOCUMENTS[name])["Statement"]:
        assert "*" not in statement["Action"]
        assert not any(action.endswith(":*") for action in statement["Action"])


def test_whoever_is_not_of_the_account_can_not_use_the_key():
    for statement in json.loads(DOCUMENTS["key"])["Statement"]:
        if statement["Principal"] == {"AWS": "*"}:
            assert statement["Condition"]["StringEquals"]["kms:CallerAccount"] == "123456789012"
        else:
            assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}


def test_pods_get_sessions_with_their_tags():
    actions = json.loads(DOCUMENTS["pods"])["Statement"][0]["Action"]
    assert actions == ["sts:AssumeRole", "sts:TagSession"]


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-east-1", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")],
)
def test_arns_name_the_partition_of_the_region(region, partition):
    arn = iam.managed_policy_arn(region, "AmazonEKSClusterPolicy")
    assert arn == f"arn:{partition}:iam::aws:policy/AmazonEKSClusterPolicy"

import json

import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.components.aws.bucket import Bucket
from ai_platform.components.aws.team_identity import (
    Access,
    Grant,
    TeamIdentity,
    access_policy,
)
from ai_platform.testing import record
from ai_platform.testing.tagging import untagged
from tests.clusters import EKS, SIMULATED

KEY = "arn:aws:kms:us-east-1:111122223333:key/k"
WEIGHTS, DATA = (Bucket(name, f"arn:aws:s3:::{name}", KEY) for name in ("weights", "data"))


def outputs(resource):
    return {"arn": f"arn:aws:iam::111122223333:role/{resource.name}"} if "role" in resource.type else {}


@pytest.fixture(scope="module")
def recording():
    grants = [Grant(WEIGHTS, writes=False), Grant(DATA, writes=True)]
    return record(lambda: TeamIdentity("chat", "chat", grants, cluster=EKS), outputs=outputs)


def allowed(policy, action):
    return [
        resource
        for statement in policy["Statement"]
        for resource in statement["Resource"]
        if action in statement["Action"]
    ]


def test_a_team_reads_its_buckets_and_writes_those_it_may(recording):
    policy = json.loads(recording.only("aws:iam/rolePolicy:RolePolicy").inputs["policy"])
    assert allowed(policy, "s3:GetObject") == ["arn:aws:s3:::weights/*", "arn:aws:s3:::data/*"]
    assert allowed(policy, "s3:PutObject") == ["arn:aws:s3:::data/*"]
    assert allowed(policy, "kms:Decrypt") == allowed(policy, "kms:GenerateDataKey") == [KEY]


def test_a_reader_cannot_encrypt():
    policy = access_policy([Access("arn:aws:s3:::w", KEY, False, "")], "us-east-1")
    assert allowed(policy, "kms:GenerateDataKey") == allowed(policy, "s3:DeleteObject") == []


def test_the_key_serves_s3_alone():
    policy = access_policy([Access("arn:aws:s3:::w", KEY, True, "")], "us-east-1")
    conditions = [
        item["Condition"]
        for item in policy["Statement"]
        if any(action.startswith("kms:") for action in item["Action"])
    ]
    assert conditions == [{"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}] * 2


def test_a_prefix_bounds_what_is_listed_and_read():
    policy = access_policy([Access("arn:aws:s3:::w", KEY, False, "chat/")], "us-east-1")
    assert allowed(policy, "s3:GetObject") == ["arn:aws:s3:::w/chat/*"]
    assert policy["Statement"][0]["Condition"] == {"StringLike": {"s3:prefix": ["chat/*"]}}


def test_no_other_account_namespace_or_cluster_can_take_the_role(recording):
    role = recording.only("aws:iam/role:Role").inputs
    policy = json.loads(role["assumeRolePolicy"])
    [statement] = policy["Statement"]
    assert statement["Condition"]["StringEquals"] == {
        "aws:RequestTag/eks-cluster-name": "prod",
        "aws:RequestTag/kubernetes-namespace": "chat",
        "aws:RequestTag/kubernetes-service-account": "workload",
    }


def test_the_account_of_the_team_gets_the_role_and_no_token_for_kubernetes(recording):
    association = recording.only("aws:eks/podIdentityAssociation:PodIdentityAssociation").inputs
    account = recording.only("kubernetes:core/v1:ServiceAccount").inputs
    assert association["namespace"] == account["metadata"]["namespace"] == "chat"
    assert association["serviceAccount"] == account["metadata"]["name"]
    assert association["roleArn"] == "arn:aws:iam::111122223333:role/chat-role"
    assert account["automountServiceAccountToken"] is False


def test_without_buckets_there_is_no_role():
    recording = record(lambda: TeamIdentity("chat", "chat", [], cluster=EKS))
    assert [item.type for item in recording.resources if item.custom] == ["kubernetes:core/v1:ServiceAccount"]


def test_everything_carries_the_cost_tags(recording):
    assert untagged(recording) == []


def test_only_pods_with_the_label_get_out_to_the_identity_and_the_buckets(recording):
    policy = recording.only("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs
    assert policy["metadata"]["namespace"] == "chat"
    assert policy["spec"]["podSelector"] == {"matchLabels": {"ai-platform/buckets": "reached"}}
    identity, https = policy["spec"]["egress"]
    assert identity["to"] == [{"ipBlock": {"cidr": "169.254.170.23/32"}}]
    assert https == {"ports": [{"port": 443, "protocol": "TCP"}]}


def test_a_cluster_without_aws_is_refused():
    with pytest.raises(InvalidArgs, match="an EKS cluster"):
        record(lambda: TeamIdentity("x", "chat", [], cluster=SIMULATED))

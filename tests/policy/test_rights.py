import json

import pytest

from tests.policy.gates import NOT_YET, lines, made

RULE = "no-wildcard-rights"
ROLE_POLICY, BUCKET_POLICY = "aws:iam/rolePolicy:RolePolicy", "aws:s3/bucketPolicy:BucketPolicy"
RBAC = "kubernetes:rbac.authorization.k8s.io/v1"
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::corpus/*"}


def document(**changes):
    return json.dumps({"Version": "2012-10-17", "Statement": [READ, {**READ, **changes}]})


def attached(arn):
    return made("aws:iam/rolePolicyAttachment:RolePolicyAttachment", policyArn=arn)


def binding(kind, name, role="cluster-admin"):
    return made(f"{RBAC}:ClusterRoleBinding", roleRef={"name": role}, subjects=[{"kind": kind, "name": name}])


WIDE = [
    made(ROLE_POLICY, policy=document(Action="*")),
    made(ROLE_POLICY, policy=document(Action=["ec2:*"], Resource="*")),
    made(ROLE_POLICY, policy=document(Action="iam:PassRole", Resource="*")),
    made(ROLE_POLICY, policy={"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}),
    made(ROLE_POLICY, policy=document(Action="*:*")),
    made(ROLE_POLICY, policy=document(Action="IAM:PassRole", Resource="*")),
    made(ROLE_POLICY, policy=document(Action="iam:Pass*", Resource="*")),
    made(ROLE_POLICY, policy=document(Action="s3:*", Resource="arn:*")),
    made(ROLE_POLICY, policy=document(Action="s3:?*", Resource="*")),
    made("aws:sqs/queue:Queue", policy=document(Principal="*")),
    made("aws:secretsmanager/secretPolicy:SecretPolicy", policy=document(Principal="*")),
    made(BUCKET_POLICY, policy=document(Principal={"AWS": "*"})),
    made("aws:iam/role:Role", inlinePolicies=[{"policy": document(Action="*")}]),
    made("aws:iam/role:Role", managedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]),
    attached("arn:aws:iam::aws:policy/PowerUserAccess"),
    made("gcp:projects/iAMMember:IAMMember", role="roles/editor", member="user:a@example.com"),
    made("gcp:projects/iAMBinding:IAMBinding", role="roles/viewer", members=["allAuthenticatedUsers"]),
    made("gcp:projects/iAMCustomRole:IAMCustomRole", permissions=["storage.*"]),
    made(f"{RBAC}:ClusterRole", rules=[{"verbs": ["*"], "resources": ["pods"]}]),
    made(f"{RBAC}:Role", rules=[{"verbs": ["get"], "resources": ["*"]}]),
    binding("ServiceAccount", "operator"),
    binding("Group", "system:authenticated", "view"),
]
NARROW = [
    made(ROLE_POLICY, policy=document()),
    made(ROLE_POLICY, policy=document(Action="ec2:DescribeInstances", Resource="*")),
    made(ROLE_POLICY, policy=document(Action="s3:*", Resource="arn:aws:s3:::corpus*")),
    made("aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy", policy=document(Principal="*")),
    made(ROLE_POLICY, policy=document(Effect="Deny", Action="*", Resource="*")),
    made(
        BUCKET_POLICY, policy=document(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o"}})
    ),
    made(
        "aws:kms/key:Key",
        policy=document(Principal={"AWS": "arn:aws:iam::1:root"}, Action="kms:*", Resource="*"),
    ),
    attached("arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"),
    made("gcp:projects/iAMMember:IAMMember", role="roles/storage.objectViewer", member="user:a@example.com"),
    made(f"{RBAC}:Role", rules=[{"verbs": ["get"], "resources": ["pods"]}]),
    binding("Group", "platform-admins"),
]


@pytest.mark.parametrize("resource", WIDE, ids=str)
def test_rights_on_everything_are_found(resource):
    assert len(lines(RULE, resource)) == 1


@pytest.mark.parametrize("resource", NARROW, ids=str)
def test_named_rights_pass(resource):
    assert lines(RULE, resource) == []


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (made(ROLE_POLICY, policy=NOT_YET), "policy"),
        (made("gcp:projects/iAMMember:IAMMember", role=NOT_YET, member="user:a@example.com"), "role"),
        (made(f"{RBAC}:Role", rules=NOT_YET), "rules"),
        (
            made(f"{RBAC}:Role", rules=[{"verbs": ["get", NOT_YET], "resources": ["pods"]}]),
            "rules[0].verbs[1]",
        ),
    ],
)
def test_rights_that_are_not_known_yet_are_noted(resource, path):
    assert lines(RULE, resource) == []
    assert resource.unseen == [path]

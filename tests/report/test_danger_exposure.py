"""What becomes more open, and rights that become wider."""

from __future__ import annotations

import pytest

from ai_platform.report.dangers import dangers
from ai_platform.report.model import Grade
from ai_platform.report.preview import UNKNOWN, Op, Preview
from tests.report.danger_parts import CRD, NAMESPACE, eks, found, resource, trust


def gke(private, *cidrs):
    return {
        "privateClusterConfig": {"enablePrivateEndpoint": private},
        "masterAuthorizedNetworksConfig": {"cidrBlocks": [{"cidrBlock": cidr} for cidr in cidrs]},
    }


def service(kind, **annotations):
    return {
        "metadata": {"annotations": {k.replace("__", "/"): v for k, v in annotations.items()}},
        "spec": {"type": kind},
    }


@pytest.mark.parametrize(
    ("token", "before", "after", "expected"),
    [
        ("aws:eks/cluster:Cluster", eks(False), eks(True, "0.0.0.0/0"), ("public-endpoint", Grade.HIGH)),
        ("aws:eks/cluster:Cluster", eks(False), {"vpcConfig": {}}, ("public-endpoint", Grade.HIGH)),
        (
            "aws:eks/cluster:Cluster",
            eks(False),
            eks(True, "203.0.113.0/24"),
            ("public-endpoint", Grade.MEDIUM),
        ),
        (
            "aws:eks/cluster:Cluster",
            eks(True, "203.0.113.0/24"),
            eks(True, "0.0.0.0/0"),
            ("public-endpoint", Grade.HIGH),
        ),
        ("aws:eks/cluster:Cluster", eks(True, "0.0.0.0/0"), eks(True, "0.0.0.0/0"), None),
        ("aws:eks/cluster:Cluster", eks(True, "0.0.0.0/0"), eks(False), None),
        (
            "gcp:container/cluster:Cluster",
            gke(True),
            gke(False, "0.0.0.0/0"),
            ("public-endpoint", Grade.HIGH),
        ),
        ("gcp:container/cluster:Cluster", gke(True), gke(False), None),
        (
            "kubernetes:core/v1:Service",
            service("ClusterIP"),
            service("LoadBalancer"),
            ("public-service", Grade.HIGH),
        ),
        (
            "kubernetes:core/v1:Service",
            service("ClusterIP"),
            service("LoadBalancer", **{"networking.gke.io/load-balancer-type": "Internal"}),
            None,
        ),
        (
            "aws:s3/bucketAcl:BucketAcl",
            {"acl": "private"},
            {"acl": "public-read"},
            ("public-bucket", Grade.CRITICAL),
        ),
        (
            "gcp:storage/bucketIAMMember:BucketIAMMember",
            {"member": "group:a"},
            {"member": "allUsers"},
            ("public-bucket", Grade.CRITICAL),
        ),
        (
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
            {"cidrIpv4": "10.0.0.0/8"},
            {"cidrIpv4": "0.0.0.0/0"},
            ("open-firewall", Grade.HIGH),
        ),
        (
            "aws:ec2/securityGroupRule:SecurityGroupRule",
            {"type": "egress"},
            {"type": "egress", "cidrBlocks": ["0.0.0.0/0"]},
            None,
        ),
        (
            "gcp:compute/firewall:Firewall",
            {"allows": [{"protocol": "tcp"}], "sourceRanges": ["10.0.0.0/8"]},
            {"allows": [{"protocol": "tcp"}], "sourceRanges": ["0.0.0.0/0"]},
            ("open-firewall", Grade.HIGH),
        ),
        (
            "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
            {"rules": []},
            {"rules": [{"verbs": ["*"], "resources": ["*"], "apiGroups": ["*"]}]},
            ("rights-widened", Grade.HIGH),
        ),
        (
            "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
            {"roleRef": {"name": "view"}, "subjects": []},
            {"roleRef": {"name": "view"}, "subjects": [{"name": "system:unauthenticated"}]},
            ("anonymous-access", Grade.CRITICAL),
        ),
        (
            "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
            {"roleRef": {"name": "view"}, "subjects": []},
            {"roleRef": {"name": "view"}, "subjects": [{"name": "system:serviceaccounts"}]},
            ("rights-widened", Grade.HIGH),
        ),
        (
            "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
            {"roleRef": {"name": "cluster-admin"}, "subjects": []},
            {"roleRef": {"name": "cluster-admin"}, "subjects": [{"name": "system:masters"}]},
            ("rights-widened", Grade.MEDIUM),
        ),
        (
            "aws:iam/role:Role",
            {"assumeRolePolicy": trust({"Service": "ec2.amazonaws.com"})},
            {"assumeRolePolicy": trust("*")},
            ("anonymous-access", Grade.CRITICAL),
        ),
        (
            "aws:iam/role:Role",
            {"assumeRolePolicy": trust({"Service": "ec2.amazonaws.com"})},
            {"assumeRolePolicy": trust({"AWS": "*"}, Condition={"Bool": {"aws:x": "true"}})},
            None,
        ),
        (
            CRD,
            {"spec": {"versions": [{"name": "v1", "served": True}, {"name": "v2", "served": True}]}},
            {"spec": {"versions": [{"name": "v1", "served": False}, {"name": "v2", "served": True}]}},
            ("crd-version-removed", Grade.HIGH),
        ),
        (
            CRD,
            {"spec": {"versions": [{"name": "v1", "served": True}]}},
            {"spec": {"versions": [{"name": "v1", "served": True}, {"name": "v2", "served": True}]}},
            None,
        ),
        (
            "aws:iam/policy:Policy",
            {"policy": '{"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}'},
            {"policy": '{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'},
            ("rights-widened", Grade.HIGH),
        ),
        ("aws:iam/policy:Policy", {"policy": "{}"}, {"policy": UNKNOWN}, None),
        (
            "gcp:projects/iAMMember:IAMMember",
            {"role": "roles/viewer", "member": "a"},
            {"role": "roles/owner", "member": "a"},
            ("rights-widened", Grade.HIGH),
        ),
        (
            "kubernetes:networking.k8s.io/v1:NetworkPolicy",
            {"spec": {"policyTypes": ["Ingress"], "ingress": []}},
            {"spec": {"policyTypes": ["Ingress"], "ingress": [{}]}},
            ("network-policy-widened", Grade.HIGH),
        ),
        (
            NAMESPACE,
            {"metadata": {"name": "a", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
            {"metadata": {"name": "a", "labels": {}}},
            ("pod-security-lowered", Grade.HIGH),
        ),
        (
            NAMESPACE,
            {"metadata": {"name": "a", "labels": {}}},
            {"metadata": {"name": "a", "labels": {"x": "y"}}},
            None,
        ),
    ],
)
def test_what_becomes_more_open(token, before, after, expected):
    assert found(resource(token, before=before, after=after)) == ([expected] if expected else [])


def test_a_new_stack_is_not_compared_with_rights_that_it_never_had():
    rule = {"rules": [{"verbs": ["*"], "resources": ["*"], "apiGroups": ["*"]}]}
    change = resource("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", op=Op.CREATE, after=rule)
    assert dangers([Preview("lab", (change,))], [], []) == ()
    assert found(change) == [("rights-widened", Grade.HIGH)]

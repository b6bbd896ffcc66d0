"""What a report calls dangerous, with hand-made previews and with the plans of both sides."""

from __future__ import annotations

import copy
import dataclasses
import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.environment import parse
from ai_platform.marks import Marks
from ai_platform.plan import make_plan
from ai_platform.report.danger_quotas import Share
from ai_platform.report.danger_rules import RULES
from ai_platform.report.danger_table import danger_table
from ai_platform.report.dangers import dangers
from ai_platform.report.make import make_report
from ai_platform.report.model import Grade
from ai_platform.report.preview import SECRET, UNKNOWN, Op, Preview, PropertyChange, ResourceChange
from ai_platform.report.side import Side
from tests.examples import examples

ROOT = Path(__file__).parents[2]
STATE = """state:
  backend: s3://example-state?region=us-east-1
  secrets_provider: awskms://alias/state
"""
EKS_POOL, BUCKET = "aws:eks/nodeGroup:NodeGroup", "aws:s3/bucket:Bucket"
NAMESPACE, POLICY = "kubernetes:core/v1:Namespace", "kubernetes:networking.k8s.io/v1:NetworkPolicy"
CRD = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"


def resource(token, name="thing", op=Op.UPDATE, *, before=None, after=None, changes=(), **more):
    """A resource of a user's own stack."""
    above = more.pop("above", "")
    urn = f"urn:pulumi:lab::lab::{above}{token}::{name}"
    return ResourceChange(
        urn, op, token, name, changes=tuple(changes), before=before or {}, after=after or {}, **more
    )


def found(*resources, **sides):
    """(Rule, grade) of each danger of a preview with these resources and one that stays."""
    return [(item.rule, item.grade) for item in told(*resources, **sides)]


def told(*resources):
    stays = resource("aws:sqs/queue:Queue", "mail", Op.SAME, before={"name": "mail"}, after={"name": "mail"})
    return dangers([Preview("lab", (*resources, stays))], [], [])


def one(*resources):
    (danger,) = told(*resources)
    return danger


def trust(principal, **more):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def replaced(token, path="kind", name="thing", **more):
    causes = [PropertyChange(path, "a", "b", replaces=True)]
    return resource(token, name, Op.REPLACE, before={"x": 1}, after={"x": 2}, changes=causes, **more)


def deleted(token, name="thing", **more):
    return resource(token, name, Op.DELETE, **{"before": {"x": 1}, **more})


# What is lost.


def test_a_replaced_pool_names_the_property_and_makes_the_new_one_first():
    danger = one(replaced(EKS_POOL, "capacityType", file="__main__.py", line=7))
    assert (danger.rule, danger.grade) == ("pool-replaced", Grade.HIGH)
    assert "capacityType: a → b" in danger.why
    assert "new one is made first" in danger.what
    assert (danger.file, danger.line) == ("__main__.py", 7)


def test_a_pool_whose_name_stays_goes_before_the_new_one_comes():
    same = {"nodeGroupName": "gpus"}
    change = resource(EKS_POOL, op=Op.REPLACE, before=same, after=same)
    assert found(change) == [("pool-replaced", Grade.CRITICAL)]


@pytest.mark.parametrize(
    ("token", "rule", "grade"),
    [
        (EKS_POOL, "pool-removed", Grade.CRITICAL),
        ("gcp:container/cluster:Cluster", "cluster-removed", Grade.CRITICAL),
        ("aws:ebs/volume:Volume", "volume-removed", Grade.CRITICAL),
        ("gcp:filestore/instance:Instance", "file-system-removed", Grade.CRITICAL),
        ("aws:rds/instance:Instance", "database-removed", Grade.CRITICAL),
        ("gcp:kms/cryptoKey:CryptoKey", "key-removed", Grade.CRITICAL),
        ("kubernetes:kueue.x-k8s.io/v1beta1:ClusterQueue", "queue-removed", Grade.HIGH),
        ("aws:ec2/capacityReservation:CapacityReservation", "reservation-removed", Grade.CRITICAL),
        ("kubernetes:apps/v1:StatefulSet", "stateful-set-removed", Grade.HIGH),
        ("aws:ecr/repository:Repository", "registry-removed", Grade.CRITICAL),
        ("gcp:secretmanager/secret:Secret", "secret-removed", Grade.HIGH),
        ("aws:iam/role:Role", "identity-removed", Grade.MEDIUM),
        ("aws:ec2/vpc:Vpc", "network-removed", Grade.CRITICAL),
        (CRD, "crd-removed", Grade.CRITICAL),
        (NAMESPACE, "namespace-removed", Grade.CRITICAL),
    ],
)
def test_what_goes_is_graded_by_what_it_is(token, rule, grade):
    assert found(deleted(token)) == [(rule, grade)]


@pytest.mark.parametrize("token", ["aws:cloudwatch/logGroup:LogGroup", "kubernetes:core/v1:ConfigMap"])
def test_what_can_be_made_again_is_no_danger(token):
    assert found(deleted(token)) == []
    assert found(replaced(token)) == []


def test_what_is_protected_is_a_grade_lower_and_says_that_the_apply_refuses():
    danger = one(deleted(BUCKET, protected=True))
    assert danger.grade is Grade.HIGH
    assert "the apply refuses" in danger.what


def test_what_is_retained_stays_behind_and_costs():
    danger = one(deleted(BUCKET, retained=True))
    assert danger.grade is Grade.MEDIUM
    assert "goes on costing" in danger.what


def test_a_volume_whose_reclaim_policy_keeps_its_data_only_loses_its_mount():
    volume = {"metadata": {"name": "corpus"}, "spec": {"persistentVolumeReclaimPolicy": "Retain"}}
    assert found(deleted("kubernetes:core/v1:PersistentVolume", before=volume)) == [
        ("volume-removed", Grade.MEDIUM)
    ]


def test_a_namespace_speaks_for_what_lies_in_it():
    inside = {"metadata": {"name": "deny", "namespace": "lab"}}
    claim = {"metadata": {"name": "notes", "namespace": "lab"}}
    dangers_of = found(
        deleted(NAMESPACE, "space", before={"metadata": {"name": "lab"}}),
        deleted(POLICY, "deny", before=inside),
        deleted("kubernetes:core/v1:PersistentVolumeClaim", "notes", before=claim),
    )
    assert dangers_of == [("namespace-removed", Grade.CRITICAL)]


def test_what_depends_on_a_thing_is_named_three_by_name_and_the_rest_as_a_number():
    key = deleted("aws:kms/key:Key", "key")
    users = [
        resource(
            "aws:sqs/queue:Queue", f"q{i}", Op.SAME, before={"a": 1}, after={"a": 1}, dependencies=(key.urn,)
        )
        for i in range(5)
    ]
    assert one(key, *users).blast_radius == ("Queue q0", "Queue q1", "Queue q2", "and 2 more")


def test_a_replaced_provider_speaks_for_all_that_it_made():
    provider = replaced("pulumi:providers:kubernetes", "clusterIdentifier", "own")
    made = replaced(NAMESPACE, name="space", provider=provider.urn)
    danger = one(provider, made)
    assert (danger.rule, danger.grade) == ("provider-replaced", Grade.CRITICAL)


def test_many_deletes_are_told_beside_what_they_are():
    gone = [deleted("kubernetes:core/v1:ConfigMap", f"c{i}") for i in range(12)]
    assert found(*gone) == [("many-deletes", Grade.CRITICAL)]
    assert found(*gone[:9]) == []


def test_a_job_on_gpus_that_is_replaced_loses_its_work_and_one_without_is_nothing():
    def job(limits):
        spec = {"spec": {"template": {"spec": {"containers": [{"resources": {"limits": limits}}]}}}}
        return resource("kubernetes:batch/v1:Job", op=Op.REPLACE, before=spec, after=spec)

    assert found(job({"nvidia.com/gpu": "8"})) == [("run-stopped", Grade.MEDIUM)]
    assert found(job({"cpu": "1"})) == []


def test_a_new_launch_template_rolls_a_pool_and_its_own_tags_do_not():
    version = PropertyChange("launchTemplate.version", "1", UNKNOWN)
    assert found(resource(EKS_POOL, changes=[version])) == [("pool-rolled", Grade.MEDIUM)]
    assert found(resource(EKS_POOL, changes=[PropertyChange('tags["team"]', "a", "b")])) == []
    assert found(resource(EKS_POOL, changes=[PropertyChange("scalingConfig.maxSize", 1, 2)])) == []


def test_a_pool_of_gke_that_leaves_all_its_zones_stops_at_once():
    def moved(old, new):
        return resource(
            "gcp:container/nodePool:NodePool",
            before={"nodeLocations": old},
            after={"nodeLocations": new},
            changes=[PropertyChange("nodeLocations[0]", old[0], new[0])],
        )

    assert found(moved(["a"], ["b"])) == [("pool-rolled", Grade.HIGH)]
    assert found(moved(["a", "b"], ["b"])) == [("pool-rolled", Grade.MEDIUM)]
    assert found(moved(["a"], ["a", "b"])) == []


def test_what_is_only_renamed_is_no_danger():
    renamed = resource(EKS_POOL, op=Op.SAME, before={"a": 1}, after={"a": 1}, renamed_from="urn:old")
    assert found(renamed) == []


def test_what_the_engine_refuses_and_leaves_out_is_told_from_its_error():
    above = "urn:pulumi:prod::p::ai-platform:index:Platform$ai-platform:index:NodePool"
    error = f'unable to replace resource "{above}${EKS_POOL}::prod-h100-nodes"\nas it is currently marked'
    (danger,) = dangers([Preview("prod", errors=(error,), complete=False)], [], [])
    assert (danger.rule, danger.grade) == ("pool-replaced", Grade.MEDIUM)
    assert "node pool h100" in danger.what
    assert "the apply refuses" in danger.what


def test_a_provider_that_goes_with_its_cluster_is_not_told_again():
    cluster = deleted("aws:eks/cluster:Cluster", "lab")
    provider = replaced("pulumi:providers:kubernetes", name="k8s", dependencies=(cluster.urn,))
    assert found(cluster, provider) == [("cluster-removed", Grade.CRITICAL)]


# Guards.


@pytest.mark.parametrize(
    ("before", "after", "dangerous"),
    [
        ({"deletionProtection": True}, {"deletionProtection": False}, True),
        ({"deletionProtection": True}, {}, True),
        ({"deletionProtection": False}, {"deletionProtection": True}, False),
        ({}, {"deletionProtection": False}, False),
        ({"deletionProtection": True}, {"deletionProtection": UNKNOWN}, False),
        ({"forceDestroy": False}, {"forceDestroy": True}, True),
        ({"forceDestroy": False}, {}, False),
        ({}, {"forceDestroy": True}, True),
        ({"forceDestroy": True}, {"forceDestroy": True}, False),
        ({"reclaimPolicy": "Retain"}, {"reclaimPolicy": "Delete"}, True),
    ],
)
def test_a_guard_that_goes(before, after, dangerous):
    change = resource("aws:rds/instance:Instance", before=before, after=after)
    assert found(change) == ([("protection-removed", Grade.HIGH)] if dangerous else [])


def test_protection_that_goes_is_told_also_where_nothing_else_changes():
    def same(*, later):
        state = {"a": 1}
        return resource(
            BUCKET, op=Op.SAME, before=state, after=state, protected=True, will_be_protected=later
        )

    assert found(same(later=False)) == [("protection-removed", Grade.HIGH)]
    assert found(same(later=True)) == []


@pytest.mark.parametrize(
    ("before", "after", "dangerous"),
    [
        (SECRET, "correct-horse", True),
        (SECRET, SECRET, False),
        (SECRET, UNKNOWN, False),
        (SECRET, None, False),
        ("plain", SECRET, False),
    ],
)
def test_a_secret_that_became_plain_is_told_without_its_value(before, after, dangerous):
    item = PropertyChange("data.token", before, after)
    dangers_of = told(resource("kubernetes:core/v1:ConfigMap", changes=[item]))
    assert [danger.rule for danger in dangers_of] == (["secret-exposed"] if dangerous else [])
    assert "correct-horse" not in str(dangers_of)


def test_a_runtime_with_another_image_restarts_all_and_a_digest_alone_is_only_to_be_known():
    def runtime(old, new):
        inputs = [{"spec": {"containers": [{"name": "v", "image": image}]}} for image in (old, new)]
        token = "kubernetes:serving.kserve.io/v1alpha1:ClusterServingRuntime"
        return resource(token, before=inputs[0], after=inputs[1])

    assert found(runtime("vllm:1", "vllm:2")) == [("runtime-changed", Grade.HIGH)]
    assert found(runtime("vllm:1@sha256:a", "vllm:1@sha256:b")) == [("runtime-changed", Grade.LOW)]
    assert found(runtime("vllm:1", "vllm:1")) == []


# Exposure and rights.


def eks(public, *cidrs):
    return {"vpcConfig": {"endpointPublicAccess": public, "publicAccessCidrs": list(cidrs)}}


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


# Versions.


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("1.34", "1.35", "kubernetes-upgrade"),
        ("1.34", "1.36", "kubernetes-version-jump"),
        ("1.35", "1.34", "kubernetes-version-jump"),
        ("1.34", "1.34", None),
        ("1.34", UNKNOWN, None),
    ],
)
def test_versions_of_kubernetes(old, new, rule):
    private = eks(False)
    change = resource(
        "aws:eks/cluster:Cluster", before={**private, "version": old}, after={**private, "version": new}
    )
    assert [name for name, _ in found(change)] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("kueue-0.18.2", "kueue-0.19.0", "chart-major-jump"),
        ("kueue-v1.4.0", "kueue-v2.0.0", "chart-major-jump"),
        ("kueue-1.4.0", "kueue-1.3.9", "chart-downgrade"),
        ("kueue-1.4.0", "kueue-1.5.0", None),
        ("kueue-0.19.0", "kueue-0.19.1", None),
    ],
)
def test_versions_of_charts(old, new, rule):
    before, after = ({"metadata": {"labels": {"helm.sh/chart": text}}} for text in (old, new))
    change = resource("kubernetes:apps/v1:Deployment", before=before, after=after)
    assert [name for name, _ in found(change)] == ([rule] if rule else [])


# Plans alone.

BASE = {
    "name": "lab",
    "cluster": {"provider": "simulated"},
    "node_pools": [
        {"name": "a", "machine": "p5.48xlarge", "min_nodes": 1, "max_nodes": 2},
        {"name": "b", "machine": "p5.48xlarge", "max_nodes": 1, "purchase_option": "spot"},
    ],
    "teams": [
        {"name": "one", "quota": {"a": {"gpus": {"nominal": 8, "borrowing_limit": 4}}}},
        {"name": "two", "quota": {"a": {"gpus": {"nominal": 8}}}},
    ],
    "endpoints": [
        {
            "name": "chat",
            "team": "one",
            "model": "qwen3-8b",
            "pool": "a",
            "gpus": 2,
            "min_replicas": 2,
            "max_replicas": 3,
        }
    ],
}


def side(description):
    environment = parse(description, subject="test")
    return Side(environment, make_plan(environment), "stacks/lab.yaml")


OLD = side(BASE)


def written(text):
    """The side that a text describes, with its lines."""
    marks = Marks(yaml.safe_load(text), text)
    environment = parse(marks.data, subject="test", marks=marks, folder=ROOT / "stacks")
    return Side(environment, make_plan(environment), "stacks/dev.yaml", marks)


def by_plan(edit, **options):
    """(Rule, grade) of a change that only the descriptions tell."""
    description = copy.deepcopy(BASE)
    edit(description)
    return [(item.rule, item.grade) for item in dangers([], [OLD], [side(description)], **options)]


def test_a_plan_without_a_change_has_no_danger():
    assert by_plan(lambda d: None) == []


def test_a_pool_that_is_removed_speaks_for_its_quota():
    def edit(d):
        d["node_pools"].pop(1)

    assert by_plan(edit) == [("pool-removed", Grade.CRITICAL)]


def test_quota_below_what_endpoints_need_and_quota_that_is_only_less():
    def to(nominal):
        return lambda d: d["teams"][0]["quota"]["a"]["gpus"].update(nominal=nominal)

    assert by_plan(to(6)) == [("quota-cut", Grade.LOW)]
    assert by_plan(to(2)) == [("quota-below-use", Grade.HIGH)]
    assert by_plan(to(8)) == []


def test_quota_below_what_is_in_use_now():
    usage = {"lab": {Share("two", "a", "nvidia.com/gpu"): 6}}

    def edit(d):
        d["teams"][1]["quota"]["a"]["gpus"]["nominal"] = 5

    assert by_plan(edit) == [("quota-cut", Grade.LOW)]
    assert by_plan(edit, usage=usage) == [("quota-below-use", Grade.HIGH)]


def test_limits_that_become_narrower():
    def edit(d):
        d["teams"][0]["quota"]["a"]["gpus"]["borrowing_limit"] = 1

    assert by_plan(edit) == [("borrowing-tightened", Grade.LOW)]


def test_who_can_borrow_less_is_named_where_somebody_lends_less():
    before = copy.deepcopy(BASE)
    before["teams"][1]["quota"]["a"]["gpus"]["lending_limit"] = 4
    after = copy.deepcopy(before)
    after["teams"][1]["quota"]["a"]["gpus"]["lending_limit"] = 0
    (danger,) = dangers([], [side(before)], [side(after)])
    assert (danger.rule, danger.grade) == ("borrowing-tightened", Grade.LOW)
    assert "team two lends less" in danger.what
    assert "one can borrow less" in danger.what


def test_an_endpoint_that_gets_another_name():
    def edit(d):
        d["endpoints"][0]["name"] = "other"

    old, new = side(BASE), copy.deepcopy(BASE)
    edit(new)
    (danger,) = dangers([], [old], [side(new)])
    assert danger.rule == "endpoint-removed"
    assert "/other looks like its new name, at another address" in danger.what


def test_a_danger_of_an_endpoint_stands_at_the_setting_that_causes_it():
    text = (ROOT / "stacks" / "dev.yaml").read_text()
    changed = text.replace("context_length: 16384", "context_length: 8192")
    (danger,) = dangers([], [written(text)], [written(changed)])
    assert danger.rule == "endpoint-restarted"
    assert danger.line == 1 + changed.splitlines().index("    context_length: 8192")


@pytest.mark.parametrize(
    ("old", "new", "rule", "line"),
    [
        ("cluster:\n", "stacks: split\ncluster:\n", "stacks-left-behind", "stacks: split"),
        ("region: us-east-1\n", f"region: us-east-1\n{STATE}", "stacks-left-behind", "state:"),
        ("region: us-east-1\n", "region: eu-west-1\n", "cluster-replaced", "region: eu-west-1"),
    ],
)
def test_an_environment_that_moves_as_a_whole(old, new, rule, line):
    text = (ROOT / "stacks" / "dev.yaml").read_text()
    changed = text.replace(old, new, 1)
    if "eu-west" in new:
        changed = changed.replace("[us-east-1a, us-east-1b]", "[eu-west-1a, eu-west-1b]")
    (danger,) = dangers([], [written(text)], [written(changed)])
    assert danger.rule == rule
    assert danger.line == 1 + changed.splitlines().index(line)
    assert danger.blast_radius[0] == "endpoint assistants/chat-small"


def test_stacks_that_hold_something_were_moved_and_not_left_behind():
    text = (ROOT / "stacks" / "dev.yaml").read_text()
    sides = [written(text)], [written(text.replace("cluster:\n", "stacks: split\ncluster:\n", 1))]
    there = resource(BUCKET, op=Op.SAME, before={"a": 1}, after={"a": 1})
    assert dangers([Preview("dev.cluster", (there,))], *sides) == ()
    new = resource(BUCKET, op=Op.CREATE, after={"a": 1})
    (danger,) = dangers([Preview("dev.cluster", (new,))], *sides)
    assert danger.rule == "stacks-left-behind"


def test_an_environment_without_a_description_runs_on():
    old = written((ROOT / "stacks" / "dev.yaml").read_text())
    report = make_report([], [old], [])
    (danger,) = report.dangers
    assert (danger.rule, danger.file) == ("stacks-left-behind", "stacks/dev.yaml")
    assert report.money.total is None
    assert report.capacity.teams == ()
    assert "ai-platform destroy dev" in danger.safer


def test_an_endpoint_that_moves_to_spot():
    def edit(d):
        d["endpoints"][0]["pool"] = "b"
        d["teams"][0]["quota"]["b"] = {"gpus": {"nominal": 6}}

    assert by_plan(edit) == [("endpoint-restarted", Grade.MEDIUM), ("spot-only-serving", Grade.MEDIUM)]


def test_a_pool_that_shrinks_below_nodes_that_always_run():
    def edit(d):
        d["node_pools"][0].update(min_nodes=2, max_nodes=2)

    both = copy.deepcopy(BASE)
    edit(both)
    smaller = copy.deepcopy(both)
    smaller["node_pools"][0].update(min_nodes=1, max_nodes=1)
    smaller["teams"][1]["quota"]["a"]["gpus"]["nominal"] = 0
    rules = [(item.rule, item.grade) for item in dangers([], [side(both)], [side(smaller)])]
    assert rules == [("pool-shrunk", Grade.MEDIUM)]


def test_a_pool_that_serves_and_keeps_no_node():
    def edit(d):
        d["node_pools"][0]["min_nodes"] = 0

    assert by_plan(edit) == [("pool-minimum-zero", Grade.MEDIUM)]


def test_gpus_that_are_cut_while_they_run():
    def edit(d):
        d["node_pools"][1]["mig"] = [{"nodes": 1, "gpus": [{"count": 8, "devices": {"1g.10gb": 7}}]}]

    assert by_plan(edit) == [("mig-reset", Grade.MEDIUM)]


def test_a_team_under_another_name():
    def edit(d):
        d["teams"][1]["name"] = "zwei"

    assert by_plan(edit) == [("team-removed", Grade.CRITICAL)]


def test_a_model_arguments_and_replicas_of_an_endpoint():
    def to(**keys):
        return lambda d: d["endpoints"][0].update(keys)

    assert by_plan(to(model="qwen3-4b")) == [("endpoint-without-canary", Grade.HIGH)]
    assert by_plan(to(concurrency=2, context_length=4096)) == [("endpoint-restarted", Grade.MEDIUM)]
    assert by_plan(to(min_replicas=1)) == [("endpoint-replicas-cut", Grade.MEDIUM)]
    assert by_plan(to(max_replicas=6)) == []
    assert by_plan(lambda d: d["endpoints"].clear()) == [("endpoint-removed", Grade.HIGH)]


TRIED = {"model": "qwen3-4b", "percent": 10}


def with_canary(canary=TRIED, **keys):
    description = copy.deepcopy(BASE)
    description["endpoints"][0].update(keys)
    if canary:
        description["endpoints"][0]["canary"] = canary
    return side(description)


def rules_between(before, after):
    return [item.rule for item in dangers([], [before], [after])]


def test_a_model_that_was_the_canary_is_no_surprise():
    assert rules_between(with_canary(), with_canary(None, model="qwen3-4b")) == []


def test_a_model_that_was_another_canary_or_none_is_one():
    other = with_canary({"model": "qwen3-1.7b", "percent": 10})
    for before in (other, OLD):
        assert rules_between(before, with_canary(None, model="qwen3-4b")) == ["endpoint-without-canary"]


def test_a_canary_that_was_tried_with_other_arguments_has_not_tried_them():
    after = with_canary(None, model="qwen3-4b", context_length=4096)
    assert rules_between(with_canary(), after) == ["endpoint-without-canary"]


def test_a_canary_that_comes_goes_or_gets_another_share_is_no_danger():
    more = with_canary({**TRIED, "percent": 20})
    for before, after in ((OLD, with_canary()), (with_canary(), OLD), (with_canary(), more)):
        assert rules_between(before, after) == []


def test_the_safer_way_to_another_model_is_a_canary():
    (danger,) = dangers([], [OLD], [with_canary(None, model="qwen3-4b")])
    assert "under canary first" in danger.safer


SERVICE = "kubernetes:serving.kserve.io/v1beta1:InferenceService"


def changed_endpoint(path, strategy="Recreate", **spec):
    spec["predictor"] = {"deploymentStrategy": {"type": strategy}, "minReplicas": 1}
    sides = {"before": {"spec": spec}, "after": {"spec": spec}}
    return resource(SERVICE, "chat", changes=[PropertyChange(path, "a", "b")], **sides)


@pytest.mark.parametrize(
    "path",
    [
        "spec.predictor.model.args[0]",
        "spec.predictor.model.resources.limits.cpu",
        "metadata.labels.cost-center",
        'metadata.annotations["ai-platform/evaluation"]',
    ],
)
def test_other_pods_where_no_device_is_spare_are_a_gap(path):
    assert found(changed_endpoint(path)) == [("endpoint-rollout-gap", Grade.HIGH)]
    assert found(changed_endpoint(path, "RollingUpdate")) == []


@pytest.mark.parametrize(
    "path",
    [
        "spec.predictor.deploymentStrategy.type",
        "spec.predictor.minReplicas",
        "spec.predictor.maxReplicas",
    ],
)
def test_what_makes_no_other_pods_is_no_gap(path):
    assert found(changed_endpoint(path)) == []


def test_an_annotation_that_pods_have_before_and_after_makes_no_others():
    moved = {"pulumi.com/waitFor": "condition=Ready"}
    strategy = {"deploymentStrategy": {"type": "Recreate"}}
    change = resource(
        SERVICE,
        "chat",
        before={"metadata": {"annotations": moved}, "spec": {"predictor": strategy}},
        after={"spec": {"predictor": {**strategy, "annotations": moved}}},
        changes=[
            PropertyChange('metadata.annotations["pulumi.com/waitFor"]', "condition=Ready", None),
            PropertyChange("spec.predictor.annotations", None, moved),
        ],
    )
    assert found(change) == []


def test_a_canary_that_stays_answers_meanwhile():
    change = changed_endpoint("spec.predictor.model.args[0]", canary=[{"trafficPercent": 10}])
    assert found(change) == [("endpoint-rollout-gap", Grade.MEDIUM)]
    assert found(changed_endpoint("spec.canary[0].trafficPercent", canary=[{"trafficPercent": 10}])) == []


def test_a_gap_is_told_instead_of_the_restart_that_makes_it():
    description = copy.deepcopy(BASE)
    description["endpoints"][0]["context_length"] = 4096
    change = changed_endpoint("spec.predictor.model.args[0]")
    urn = (
        "urn:pulumi:lab::lab::ai-platform:index:Platform$ai-platform:index:Endpoint"
        f"${SERVICE}::lab-one.chat-service"
    )
    parent = "urn:pulumi:lab::lab::ai-platform:index:Platform$ai-platform:index:Endpoint::lab-one.chat"
    change = dataclasses.replace(change, urn=urn, name="lab-one.chat-service", parent=parent)
    preview = Preview("lab", (change,))
    (danger,) = dangers([preview], [OLD], [side(description)])
    assert danger.rule == "endpoint-rollout-gap"
    assert danger.what.startswith("endpoint one/chat answers nobody")


def test_the_gravest_comes_first():
    def edit(d):
        d["teams"].pop(1)
        d["node_pools"][0]["min_nodes"] = 0
        d["endpoints"][0]["model"] = "qwen3-4b"

    assert [grade for _, grade in by_plan(edit)] == [Grade.CRITICAL, Grade.HIGH, Grade.MEDIUM]


def test_every_danger_has_a_cause_a_safer_way_and_a_place_in_the_description():
    description = copy.deepcopy(BASE)
    description["teams"][0]["quota"]["a"]["gpus"]["nominal"] = 2
    (danger,) = dangers([], [OLD], [side(description)])
    assert danger.why == "nvidia.com/gpu of a: 8 → 2 guaranteed to one"
    assert danger.safer == RULES["quota-below-use"].safer
    assert danger.file == "stacks/lab.yaml"
    assert danger.blast_radius == ("endpoint one/chat",)


# Whatever a preview holds.

WORDS = st.sampled_from(
    ["metadata", "spec", "labels", "name", "namespace", "vpcConfig", "ingress", "policy", "rules", "subjects"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(SECRET) | st.just("*"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
INPUTS = st.dictionaries(WORDS, JSON, max_size=5)
TOKENS = st.sampled_from(
    [
        "aws:eks/cluster:Cluster",
        EKS_POOL,
        "gcp:container/nodePool:NodePool",
        "gcp:projects/iAMMember:IAMMember",
        "aws:iam/policy:Policy",
        "kubernetes:core/v1:PersistentVolumeClaim",
        "kubernetes:core/v1:Service",
        "kubernetes:batch/v1:Job",
        "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
        "kubernetes:serving.kserve.io/v1alpha1:ClusterServingRuntime",
        NAMESPACE,
        POLICY,
        "",
        "::$",
    ]
)
CHANGES = st.builds(PropertyChange, WORDS, JSON, JSON, st.booleans())
RESOURCES = st.builds(
    lambda token, name, op, before, after, changes, parent: ResourceChange(
        f"urn:pulumi:lab::lab::{token}::{name}", op, token, name, parent, tuple(changes), before, after
    ),
    TOKENS,
    st.text(max_size=5),
    st.sampled_from(Op),
    INPUTS,
    INPUTS,
    st.lists(CHANGES, max_size=3),
    st.none() | st.text(max_size=5),
)


@examples(30)
@given(st.lists(RESOURCES, max_size=6))
def test_no_preview_however_strange_breaks_the_rules(resources):
    for danger in dangers([Preview("lab", tuple(resources))], [OLD], [OLD]):
        assert danger.rule in RULES
        assert danger.what
        assert danger.why


# The table.


def test_the_docs_hold_every_rule():
    text = (Path(__file__).parents[2] / "docs" / "dangers.md").read_text()
    assert text.endswith(danger_table())

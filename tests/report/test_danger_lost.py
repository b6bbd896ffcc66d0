"""Things that go, are replaced or are rolled."""

from __future__ import annotations

import pytest

from ai_platform.report.dangers import dangers
from ai_platform.report.model import Grade
from ai_platform.report.preview import UNKNOWN, Op, Preview, PropertyChange
from tests.report.danger_parts import (
    BUCKET,
    CRD,
    EKS_POOL,
    NAMESPACE,
    POLICY,
    deleted,
    found,
    one,
    replaced,
    resource,
)


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

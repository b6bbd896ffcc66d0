"""What a refresh finds, in the words of the platform."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.drift.model import Aspect, Severity
from ai_platform.drift.refresh_tags import tags_in
from ai_platform.drift.state_vs_live import state_vs_live
from ai_platform.report.preview import Op, Preview, PropertyChange, ResourceChange
from tests.drift.drift_parts import find, objects, planned
from tests.examples import examples

STACK = "urn:pulumi:dev::ai-platform::pulumi:pulumi:Stack::ai-platform-dev"
PLATFORM = "urn:pulumi:dev::ai-platform::ai-platform:index:Platform::dev"
POOL = "urn:pulumi:dev::ai-platform::ai-platform:index:Platform$ai-platform:index:NodePool::dev-train"
GROUP = "aws:eks/nodeGroup:NodeGroup"
SIZES = {"scalingConfig": {"minSize": 1, "maxSize": 4, "desiredSize": 1}}


def changed(type_, before, *changes, op=Op.UPDATE, after=None):
    return ResourceChange(
        f"{POOL.rpartition('::')[0]}${type_}::dev-train-nodes",
        op,
        type_,
        "dev-train-nodes",
        parent=POOL,
        changes=tuple(PropertyChange(*change) for change in changes),
        before=before,
        after=after or before,
    )


def lines(*resources):
    parents = (
        ResourceChange(STACK, Op.SAME, "pulumi:pulumi:Stack", "ai-platform-dev", custom=False),
        ResourceChange(PLATFORM, Op.SAME, "ai-platform:index:Platform", "dev", STACK, custom=False),
        ResourceChange(POOL, Op.SAME, "ai-platform:index:NodePool", "dev-train", PLATFORM, custom=False),
    )
    return list(state_vs_live(Preview("dev", (*parents, *resources)), "dev"))


@examples(100)
@given(count=st.integers(0, 10))
def test_an_autoscaler_may_choose_any_count_within_the_limits(count):
    found = lines(changed(GROUP, SIZES, ("scalingConfig.desiredSize", 1, count)))
    assert bool(found) == (not 1 <= count <= 4)


def test_an_object_that_was_deleted_is_named_as_the_cluster_named_it():
    before = {"kind": "RoleBinding", "metadata": {"name": "team", "namespace": "research"}}
    (found,) = lines(changed("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", before, op=Op.DELETE))
    assert (found.what, found.live) == ("RoleBinding team", "not there")


def test_a_limit_that_was_changed_in_the_cloud_is_drift_of_the_pool():
    (found,) = lines(changed(GROUP, SIZES, ("scalingConfig.maxSize", 4, 9)))
    assert (found.subject, found.aspect, found.state, found.live) == ("pool train", Aspect.SIZE, "4", "9")


@pytest.mark.parametrize(
    "path", ["status", 'tagsAll["aws:cloudformation"]', "resources[0].autoscalingGroups[0].name"]
)
def test_status_and_what_the_cloud_computes_is_no_drift_of_the_object(path):
    found = lines(changed(GROUP, SIZES, (path, "a", "b")))
    assert {line.aspect for line in found} <= {Aspect.TAG}


def test_a_tag_that_was_removed_is_told_once_though_it_stands_in_two_places():
    gone = [(f"{where}.team", "research", None) for where in ("tags", "tagsAll")]
    (found,) = lines(changed("aws:s3/bucket:Bucket", {}, *gone))
    assert (found.aspect, found.what) == (Aspect.TAG, "tag team of Bucket dev-train-nodes")
    assert (found.state, found.live) == ("research", "not there")


def test_a_tag_of_the_provider_is_told_though_only_the_computed_ones_show_it():
    changes = "tagsAll", {"a": "1", "environment": "dev"}, {"a": "1"}
    (found,) = lines(changed("aws:s3/bucket:Bucket", {}, changes))
    assert (found.what, found.live) == ("tag environment of Bucket dev-train-nodes", "not there")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"steps": [1, {"urn": "x"}]}'])
def test_a_text_that_is_no_refresh_has_no_tags(text):
    assert tags_in(text) == {}


def test_tags_before_and_after_a_refresh_are_compared_whole():
    sides = [{"outputs": {"tagsAll": tags}} for tags in ({"team": "a", "environment": "dev"}, {"team": "a"})]
    bucket = changed("aws:s3/bucket:Bucket", {}, op=Op.SAME)
    step = {"urn": bucket.urn, "oldState": sides[0], "newState": sides[1]}
    preview = Preview("dev", (bucket,))
    (found,) = state_vs_live(preview, "dev", tags_in(json.dumps({"steps": [step]})))
    assert (found.what, found.state) == ("tag environment of Bucket dev-train-nodes", "dev")


def test_what_was_deleted_in_the_cloud_is_grave():
    (found,) = lines(changed(GROUP, SIZES, op=Op.DELETE))
    assert (found.what, found.live, found.severity) == (
        "NodeGroup dev-train-nodes",
        "not there",
        Severity.ERROR,
    )


def test_objects_of_kubernetes_are_compared_by_the_same_words_as_the_description():
    environment, plan = planned()
    queue = find(objects(environment, plan), "ClusterQueue", "research")
    other = find(objects(environment, plan), "ClusterQueue", "research")
    other["spec"]["cohortName"] = "elsewhere"
    path = ("spec.cohortName", "teams", "elsewhere")
    (found,) = lines(changed("kubernetes:kueue.x-k8s.io/v1beta2:ClusterQueue", queue, path, after=other))
    assert (found.subject, found.what, found.live) == ("team research", "cohort", "elsewhere")


def test_an_object_without_a_meaning_of_its_own_is_told_by_the_property():
    role = {"kind": "Role", "metadata": {"name": "team", "namespace": "research"}}
    path = ("rules[0].verbs[7]", None, "escalate")
    (found,) = lines(changed("kubernetes:rbac.authorization.k8s.io/v1:Role", role, path))
    assert found.what == "rules[0].verbs[7] of Role team"


def test_a_node_s_layout_is_named_by_its_node():
    node = {"kind": "Node", "metadata": {"name": "h100-0"}}
    path = ('metadata.labels["nvidia.com/mig.config"]', "a", "b")
    (found,) = lines(changed("kubernetes:core/v1:Node", node, path))
    assert (found.aspect, found.what) == (Aspect.MIG_LAYOUT, "MIG layout of Node h100-0")

"""Guards that go."""

from __future__ import annotations

import pytest

from ai_platform.report.model import Grade
from ai_platform.report.preview import SECRET, UNKNOWN, Op, PropertyChange
from tests.report.danger_parts import BUCKET, found, resource, told


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

"""What two plans tell of endpoints and their canaries."""

from __future__ import annotations

import copy
import dataclasses

import pytest

from ai_platform.report.dangers import dangers
from ai_platform.report.model import Grade
from ai_platform.report.preview import Preview, PropertyChange
from tests.report.danger_parts import BASE, OLD, by_plan, found, resource, side


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

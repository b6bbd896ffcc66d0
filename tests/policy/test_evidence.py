import datetime

import pytest

from ai_platform.serving.evidence import EvaluationSpec, evidence_annotations
from tests.policy.gates import NOT_YET, lines, made

RULE = "model-evidence"
DONE = EvaluationSpec(report="s3://evaluations/chat.json", sha256="a" * 64, date=datetime.date(2026, 11, 2))


def endpoint(annotations, environment="prod"):
    labels = {"ai-platform/environment": environment}
    metadata = {"labels": labels, "annotations": annotations}
    return made("kubernetes:serving.kserve.io/v1beta1:InferenceService", metadata=metadata)


def test_an_endpoint_of_production_shows_licence_and_evaluation():
    assert lines(RULE, endpoint(evidence_annotations("Apache-2.0", DONE))) == []
    assert lines(RULE, endpoint(evidence_annotations(None, None))) == [
        "the licence of its model is not known: no annotation ai-platform/model-licence",
        "ai-platform/evaluation: nobody has evaluated the model for this endpoint",
    ]


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        ({"ai-platform/model-licence": "MIT"}, []),
        ({"ai-platform/model-licence": "MRL"}, ["its canary's model's licence MRL forbids commercial use"]),
        ({}, ["the licence of its canary's model is not known: no annotation ai-platform/model-licence"]),
    ],
)
def test_the_model_of_a_canary_needs_a_licence_too(shown, says):
    metadata = endpoint(evidence_annotations("Apache-2.0", DONE)).properties["metadata"]
    spec = {"canary": [{"predictor": {"name": "c1a2b3c", "annotations": shown}}]}
    tried = made("kubernetes:serving.kserve.io/v1beta1:InferenceService", metadata=metadata, spec=spec)
    assert lines(RULE, tried) == says


def test_only_production_is_asked_and_what_that_is_can_be_said():
    assert lines(RULE, endpoint({}, "dev")) == []
    assert len(lines(RULE, endpoint({}, "production"))) == 2
    assert len(lines(RULE, endpoint({}, "dev"), environments=["dev"])) == 2


@pytest.mark.parametrize("licence", ["CC-BY-NC-4.0", "cc-by-nc-4.0", "MRL"])
def test_a_licence_that_forbids_commercial_use_needs_an_exception(licence):
    served = endpoint(evidence_annotations(licence, DONE))
    assert lines(RULE, served) == [f"its model's licence {licence} forbids commercial use"]
    leave = {
        "rule": RULE,
        "subject": "x",
        "who": "legal",
        "why": "a licence was bought",
        "until": "2027-01-01",
    }
    assert lines(RULE, served, exceptions=[leave]) == []


@pytest.mark.parametrize(
    "evaluation",
    [
        "passed",
        "{}",
        '{"report": "r", "sha256": "1", "date": "2026-11-02"}',
        f'{{"report": "r", "sha256": "{"a" * 64}", "date": "soon"}}',
    ],
)
def test_an_evaluation_without_a_report_that_stays_the_same_is_none(evaluation):
    shown = {"ai-platform/model-licence": "MIT", "ai-platform/evaluation": evaluation}
    assert len(lines(RULE, endpoint(shown))) == 1


def prompt(annotations, environment="prod", **labels):
    named = {"ai-platform/environment": environment, "ai-platform/prompt": "support", **labels}
    return made("kubernetes:core/v1:ConfigMap", metadata={"labels": named, "annotations": annotations})


def test_a_prompt_of_production_shows_its_evaluation_and_needs_no_licence():
    assert lines(RULE, prompt(evidence_annotations(None, DONE))) == []
    assert lines(RULE, prompt({})) == ["ai-platform/evaluation: nobody has evaluated this prompt"]
    assert lines(RULE, prompt({}, "dev")) == []


def test_other_config_maps_are_not_asked():
    labels = {"ai-platform/environment": "prod"}
    assert lines(RULE, made("kubernetes:core/v1:ConfigMap", metadata={"labels": labels})) == []


def test_what_is_not_known_of_a_prompt_is_noted():
    hidden, unnamed = prompt(NOT_YET), made("kubernetes:core/v1:ConfigMap", metadata={"labels": NOT_YET})
    assert lines(RULE, hidden, unnamed) == []
    assert (hidden.unseen, unnamed.unseen) == (["metadata.annotations"], ["metadata.labels"])


def test_annotations_that_are_not_known_yet_are_noted():
    hidden = endpoint(NOT_YET)
    assert lines(RULE, hidden) == []
    assert hidden.unseen == ["metadata.annotations"]

"""A prompt as an application finds it."""

import datetime
import hashlib
import json
from decimal import Decimal

import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.serving.evidence import EvaluationSpec
from ai_platform.serving.prompt import Prompt, PromptArgs, prompt_manifest
from ai_platform.testing import record

TEXT = "You answer for the help desk.\r\n\tBe brief.\n"
DONE = EvaluationSpec(
    report="s3://evaluations/support.json",
    sha256="a" * 64,
    date=datetime.date(2026, 11, 2),
    score=Decimal("0.930"),
)
ARGS = {
    "name": "support",
    "team": "assistants",
    "namespace": "assistants",
    "version": "1.2.0",
    "text": TEXT,
    "endpoint": "chat-small",
    "evaluation": DONE,
    "labels": {"ai-platform/environment": "dev"},
}


def test_text_and_version_are_files_of_one_config_map():
    manifest = prompt_manifest(PromptArgs.model_validate(ARGS))
    assert (manifest["kind"], manifest["metadata"]["name"]) == ("ConfigMap", "prompt-support")
    assert manifest["data"] == {"prompt.txt": TEXT, "version": "1.2.0"}


def test_the_config_map_says_whose_it_is_which_text_for_what_and_on_which_evidence():
    metadata = prompt_manifest(PromptArgs.model_validate(ARGS))["metadata"]
    assert metadata["labels"] == {
        "ai-platform/environment": "dev",
        "ai-platform/team": "assistants",
        "ai-platform/prompt": "support",
        "ai-platform/prompt-version": "1.2.0",
    }
    notes = metadata["annotations"]
    assert notes["ai-platform/prompt-sha256"] == hashlib.sha256(TEXT.encode()).hexdigest()
    assert notes["ai-platform/prompt-endpoint"] == "chat-small"
    assert json.loads(notes["ai-platform/evaluation"]) == {
        "date": "2026-11-02",
        "report": "s3://evaluations/support.json",
        "score": "0.930",
        "sha256": "a" * 64,
    }


def test_a_prompt_without_endpoint_and_evaluation_claims_none():
    bare = {key: value for key, value in ARGS.items() if key not in {"endpoint", "evaluation"}}
    assert set(prompt_manifest(PromptArgs.model_validate(bare))["metadata"]["annotations"]) == {
        "ai-platform/prompt-sha256"
    }


def test_another_version_is_the_same_resource_changed():
    def urns(version):
        made = record(lambda: Prompt("dev-assistants.support", ARGS | {"version": version}))
        return sorted(urn.rpartition("::")[2] for urn in made.urns())

    assert urns("1.2.0") == urns("1.3.0") == ["dev-assistants.support", "dev-assistants.support-text"]


def test_arguments_that_are_wrong_are_named_together():
    def program():
        Prompt("p", {"name": "No Name", "version": "1", "text": "x", "team": "a"})

    with pytest.raises(InvalidArgs, match=r"(?s)name.*namespace"):
        record(program)


@pytest.mark.parametrize("text", ["", " \n", "a\0b", "a\ud800b"])
def test_a_text_that_no_config_map_can_hold_is_refused(text):
    with pytest.raises(InvalidArgs, match="text: "):
        record(lambda: Prompt("p", ARGS | {"text": text}))

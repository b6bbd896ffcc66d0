"""Prompts that somebody changed beside the description."""

from __future__ import annotations

from copy import deepcopy

import pytest

from ai_platform.drift.described_vs_live import described_vs_live
from ai_platform.drift.described_vs_state import described_vs_state
from ai_platform.drift.model import Aspect, Severity
from ai_platform.drift.state_vs_live import state_vs_live
from ai_platform.report.preview import Op, Preview, PropertyChange, ResourceChange
from tests.drift.drift_parts import exported, find, live, objects, planned

PROMPT = {"name": "greet", "team": "serving", "version": "1.0.0", "text": "Say hello."}
ENVIRONMENT, PLAN = planned(prompts=[PROMPT])
MADE = objects(ENVIRONMENT, PLAN)


@pytest.fixture
def items():
    return deepcopy(MADE)


def only(items):
    (found,) = described_vs_live(ENVIRONMENT, PLAN, live(items))
    return found


def test_a_text_that_was_edited_in_the_cluster_is_named_whatever_its_labels_say(items):
    find(items, "ConfigMap", "prompt-greet")["data"]["prompt.txt"] = "Say nothing."
    found = only(items)
    assert (found.subject, found.aspect, found.what) == (
        "prompt serving/greet",
        Aspect.VERSION,
        "text of the prompt",
    )
    assert (found.described.partition(",")[0], found.live.partition(",")[0]) == ("10 bytes", "12 bytes")
    assert found.severity is Severity.ERROR


def test_a_version_that_was_set_by_hand_is_named(items):
    find(items, "ConfigMap", "prompt-greet")["data"]["version"] = "1.1.0"
    found = only(items)
    assert (found.what, found.described, found.live) == ("version of the prompt", "1.0.0", "1.1.0")


def test_a_prompt_that_was_deleted_is_missing_and_no_mig_layout(items):
    items.remove(find(items, "ConfigMap", "prompt-greet"))
    found = only(items)
    assert (found.what, found.live, found.aspect) == ("Prompt serving/greet", "not there", Aspect.OBJECT)
    assert found.severity is Severity.ERROR


def test_a_prompt_of_the_state_that_nobody_describes_any_more_is_told(items):
    extra = deepcopy(find(items, "ConfigMap", "prompt-greet"))
    extra["metadata"] |= {"name": "prompt-mine"}
    extra["metadata"]["labels"]["ai-platform/prompt"] = "mine"
    stacks = {"dev": exported([*items, extra], PLAN.digest)}
    [found] = described_vs_state(ENVIRONMENT, PLAN, stacks)
    assert (found.subject, found.described, found.state) == ("prompt serving/mine", "not there", "there")


def refreshed(op, after):
    """What a refresh shows of the prompt."""
    before = find(deepcopy(MADE), "ConfigMap", "prompt-greet")
    kind, name = "kubernetes:core/v1:ConfigMap", "dev-serving.greet-text"
    urn = f"urn:pulumi:dev::p::ai-platform:index:Prompt${kind}::{name}"
    parent = "urn:pulumi:dev::p::ai-platform:index:Prompt::dev-serving.greet"
    changes = (PropertyChange('data["prompt.txt"]', "Say hello.", "Bye."),) if after else ()
    edited = {**before, "data": {**before["data"], "prompt.txt": "Bye."}} if after else {}
    change = ResourceChange(urn, op, kind, name, changes=changes, before=before, after=edited, parent=parent)
    return list(state_vs_live(Preview("dev", (change,)), "dev"))


def test_a_refresh_tells_the_same_of_the_state():
    [edited] = refreshed(Op.UPDATE, True)
    assert (edited.subject, edited.what) == ("prompt serving/greet", "text of the prompt")
    assert edited.live.startswith("4 bytes")
    [gone] = refreshed(Op.DELETE, False)
    assert (gone.what, gone.live, gone.severity) == ("Prompt serving/greet", "not there", Severity.ERROR)

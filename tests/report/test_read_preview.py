"""Previews are read as the engine writes them, whole or in pieces."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.report.preview import EXPOSED, SECRET, UNKNOWN, Op, Preview, PropertyChange
from ai_platform.report.read_preview import merged, read_preview, read_previews
from tests.report.recordings import DOCUMENTS, EVENTS, FOLDER, change, recorded

SMALL = read_preview(recorded("small.json"))
STACK = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"


def document(*steps: object, **fields: object) -> str:
    return json.dumps({"steps": steps, "changeSummary": {}, **fields})


def step(op: str = "update", **fields: Any) -> dict[str, Any]:
    return {"op": op, "urn": "urn:pulumi:dev::p::t:i:T::a", **fields}


def update(old: object, new: object, **fields: Any) -> tuple[PropertyChange, ...]:
    said = step(oldState={"inputs": old}, newState={"inputs": new}, **fields)
    return change(read_preview(document(said)), "a").changes


def test_each_resource_has_one_operation() -> None:
    assert sorted((found.name, found.op.value) for found in SMALL.resources if found.op is not Op.SAME) == [
        ("box-map", "replace"),
        ("data", "replace"),
        ("door", "update"),
        ("made", "create"),
        ("moved", "create"),
        ("moved", "delete"),
        ("stays", "delete"),
        ("token", "replace"),
    ]


def test_events_say_the_same_but_for_places_and_dependencies() -> None:
    events = read_preview(recorded("small.events"))
    known = [
        replace(found, file=None, line=None, dependencies=(), retained=False) for found in SMALL.resources
    ]
    assert [replace(found, retained=False) for found in events.resources] == known
    assert events.warnings == SMALL.warnings
    assert events.complete


def test_a_document_and_the_events_of_the_same_run_are_one_preview() -> None:
    both = read_preview(recorded("policy.json") + recorded("policy.events"))
    assert both == merged(read_preview(recorded("policy.json")), read_preview(recorded("policy.events")))
    assert [(found.policy, found.level, found.urn) for found in both.violations] == [
        ("has-a", "mandatory", change(SMALL, "data").urn),
        ("few", "advisory", None),
    ]
    assert change(both, "door").line == 16
    assert both.errors == ("preview failed",)


def test_two_runs_in_one_event_log_are_two_records() -> None:
    log = recorded("small.events")
    assert read_preview(log + log) == read_preview(log)
    assert not read_preview(log[: len(log) // 2] + "\n" + log).complete


def test_a_step_tells_its_properties_place_parent_and_protection() -> None:
    door = change(SMALL, "door")
    assert door.changes == (PropertyChange("spec.ports[0].port", 80, 81),)
    assert (door.file, door.line) == ("program/__main__.py", 16)
    assert (door.protected, door.will_be_protected) == (True, False)
    assert door.parent == "urn:pulumi:test::ai-platform::pulumi:pulumi:Stack::ai-platform-test"
    assert door.provider == "urn:pulumi:test::ai-platform::pulumi:providers:kubernetes::render"
    assert change(SMALL, "stays").retained
    old = "urn:pulumi:test::ai-platform::kubernetes:core/v1:ConfigMap::old-name"
    assert change(SMALL, "new-name").renamed_from == old


def test_a_replacement_names_the_property_that_causes_it() -> None:
    assert PropertyChange("data.A", "1", "2", replaces=True) in change(SMALL, "box-map").changes


def test_what_only_an_apply_tells_is_unknown_also_within_a_text() -> None:
    assert change(SMALL, "data").changes[-1].after == UNKNOWN
    said = update({"a": "x"}, {"a": "id 04da6b54-80e4-46f7-96ec-b56ff0331ba9!"})
    assert said == (PropertyChange("a", "x", f"id {UNKNOWN}!"),)


@pytest.mark.parametrize("name", ["small.json", "small.events", "policy.json", "policy.events"])
def test_no_secret_is_in_a_preview_not_even_one_that_became_plain(name: str) -> None:
    assert "hunter" in recorded(name)
    preview = read_preview(recorded(name))
    assert "hunter" not in repr(preview)
    (became,) = change(preview, "plain").changes
    assert (became.path, became.before, became.after) == ("data.password", SECRET, EXPOSED)
    assert {(found.before, found.after) for found in change(preview, "token").changes} == {(SECRET, SECRET)}


def test_signed_values_are_no_plain_ones() -> None:
    key = "4dabf18193072939515e22adb298388d"
    signed = {
        "secret": {key: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "hunter2"},
        "file": {key: "c44067f5952c0a294b673a41bacd8c17", "hash": "0123456789abcdef", "path": "/home/me/key"},
        "output": {key: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": 1},
        "hidden": {key: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": "hunter2", "secret": True},
        "strange": {key: "who knows", "value": "hunter2"},
    }
    found = read_preview(document(step("create", newState={"inputs": signed})))
    assert change(found, "a").after == {
        "secret": SECRET,
        "file": "[asset 0123456789ab]",
        "output": 1,
        "hidden": SECRET,
        "strange": SECRET,
    }


def test_without_a_word_of_the_provider_the_inputs_are_compared() -> None:
    old, new = {"a": {"b": 1, "c": [1, 2]}, "gone": 1}, {"a": {"b": 2, "c": [1]}, "x/y": True}
    assert update(old, new) == (
        PropertyChange("a.b", 1, 2),
        PropertyChange("a.c[1]", 2, None),
        PropertyChange("gone", 1, None),
        PropertyChange('["x/y"]', None, True),
    )


def test_where_the_provider_names_only_properties_these_are_compared() -> None:
    said = update({"a": {"b": 1}, "c": 1}, {"a": {"b": 2}, "c": 2}, diffReasons=["a"], replaceReasons=["a"])
    assert said == (PropertyChange("a.b", 1, 2, replaces=True),)


def test_a_difference_to_the_state_is_looked_up_there() -> None:
    said = step(
        oldState={"inputs": {"size": 1}, "outputs": {"size": 5}},
        newState={"inputs": {"size": 1}},
        detailedDiff={"size": {"kind": "update", "inputDiff": False}},
    )
    assert change(read_preview(document(said)), "a").changes == (PropertyChange("size", 5, 1),)


def test_a_failed_preview_is_incomplete_and_says_why_without_paths() -> None:
    failed = read_preview(recorded("bad.json"))
    assert not failed.complete
    (error,) = failed.errors
    assert error.startswith("dev.yaml: 1 problem")
    assert "/" not in error.partition(":")[0]


def test_a_traceback_and_colours_are_left_out_of_what_pulumi_says() -> None:
    frames = 'Traceback (most recent call last):\n  File "/home/me/x.py", line 1, in f\n    f()'
    said = f"error: it broke:\n{frames}\nE: no"
    read = read_preview(document(diagnostics=[{"message": f"<{{%reset%}}>{said}", "severity": "error"}]))
    assert read.errors == ("it broke:\nE: no",)


def test_urls_and_paths_of_an_api_stay() -> None:
    said = "warning: GET https://host/home/api in /apis/apps/v1/x failed, see /home/me/log.txt"
    read = read_preview(document(diagnostics=[{"message": said, "severity": "warning"}]))
    assert read.warnings == ("GET https://host/home/api in /apis/apps/v1/x failed, see log.txt",)


def test_an_unknown_operation_is_said_and_the_rest_is_read() -> None:
    read = read_preview(document(step("levitate"), step("create") | {"urn": STACK}))
    assert [found.op for found in read.resources] == [Op.CREATE]
    assert not read.complete
    assert "levitate" in read.errors[0]


def test_what_an_earlier_replacement_left_over_is_not_the_resource() -> None:
    read = read_preview(document(step("delete", oldState={"delete": True}), step("same", newState={"x": 1})))
    assert [found.op for found in read.resources] == [Op.SAME]


def test_a_cut_off_document_gives_the_steps_before_the_cut() -> None:
    text = recorded("small.json")
    read = read_preview(text[: len(text) // 2])
    assert not read.complete
    assert 2 < len(read.resources) < len(SMALL.resources)


def test_an_empty_file_is_a_preview_that_failed(tmp_path: Path) -> None:
    file = tmp_path / "preview.json"
    file.write_text("")
    read = read_preview(file, stack="dev")
    assert (read.stack, read.complete, len(read.errors)) == ("dev", False, 1)


@pytest.mark.parametrize("text", ["Previewing update (dev)", '{"version": 3, "deployment": {}}', "[1, 2]"])
def test_what_is_no_preview_is_refused_with_what_to_run(text: str) -> None:
    with pytest.raises(InvalidInput, match="pulumi preview --json --show-sames"):
        read_preview(text)


def test_several_stacks_in_one_file_are_told_apart() -> None:
    both = recorded("small.json") + "warning: a line between\n" + recorded("swap.json")
    assert [preview.stack for preview in read_previews(both)] == ["dev", "test"]
    with pytest.raises(InvalidInput, match="2 stacks: dev, test"):
        read_preview(both)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_are_read_in_the_encodings_of_shells(tmp_path: Path, encoding: str) -> None:
    text = document(step("create", newState={"inputs": {"name": "?"}})).replace("?", "größer 🙂")
    file = tmp_path / "preview.json"
    file.write_bytes(text.encode(encoding))
    assert change(read_preview(file), "a").after == {"name": "größer 🙂"}


@pytest.mark.parametrize("name", [*DOCUMENTS, *EVENTS])
def test_a_file_and_its_text_are_read_alike(name: str) -> None:
    assert read_preview(FOLDER / name) == read_preview(recorded(name))


def test_resources_come_by_urn_in_whatever_order_the_engine_took_them() -> None:
    said = json.loads(recorded("small.json"))
    said["steps"].reverse()
    read = read_preview(json.dumps(said))
    assert read == SMALL
    assert [found.urn for found in read.resources] == sorted(found.urn for found in read.resources)


def test_events_laid_out_on_many_lines_are_events() -> None:
    pretty = "\n".join(
        json.dumps(json.loads(line), indent=2) for line in recorded("small.events").splitlines()
    )
    assert read_preview(pretty) == read_preview(recorded("small.events"))


def test_two_records_of_nothing_are_nothing() -> None:
    assert merged(Preview("dev"), Preview("dev")) == Preview("dev")

"""Whatever is fed to it, reading a preview ends with a preview or one clean error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.components.errors import InvalidInput
from ai_platform.report.make import make_report
from ai_platform.report.model import Report
from ai_platform.report.preview import Preview
from ai_platform.report.read_preview import read_previews
from tests.examples import examples
from tests.report.recordings import EVENTS, recorded
from tests.texts import any_text

TEXTS = [recorded("small.json"), recorded("policy.events"), recorded("bad.json")]
HOSTILE = [
    "<script>alert(1)</script>",
    "](javascript:x) | `a` ```",
    "\x1b[2J\x00\u202e",
    "\ud800",
    "urn:pulumi:::::::",
    "urn:pulumi:a::b::c$d::e::f::g",
    "../../etc/passwd",
    'a["b',
    "[[[[0]]]]",
    "9" * 5000,
]
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | any_text(20)
    | st.sampled_from(HOSTILE)
    | st.just("[secret]")
    | st.builds(lambda: {"4dabf18193072939515e22adb298388d": ["odd"]}),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text(5), inner, max_size=3),
    max_leaves=6,
)


def read(text: str) -> tuple[Preview, ...]:
    """Reads it, and shows that the result can be shown, reported and written."""
    try:
        found = read_previews(text)
    except InvalidInput:
        return ()
    for preview in found:
        assert preview.complete or preview.errors or preview.violations
        repr(preview).encode("utf-8")
    report = make_report(found)
    assert Report.model_validate_json(report.model_dump_json()) == report
    return found


@pytest.mark.parametrize("text", TEXTS, ids=["document", "events", "failure"])
@given(data=st.data())
@examples(30)
def test_cut_off_anywhere(text: str, data: st.DataObject) -> None:
    read(text[: data.draw(st.integers(0, len(text)))])


@pytest.mark.parametrize("text", TEXTS, ids=["document", "events", "failure"])
@given(data=st.data())
@examples(30)
def test_a_stretch_overwritten(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    noise = data.draw(any_text(30) | st.sampled_from(HOSTILE))
    read(text[:at] + noise + text[at + data.draw(st.integers(0, 200)) :])


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every part of a document, as its holder and key."""
    found: list[tuple[Any, Any]] = []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found.append((value, key))
        found += places(inner)
    return found


@given(data=st.data())
@examples(90)
def test_fields_dropped_renamed_and_of_other_types(data: st.DataObject) -> None:
    said = json.loads(TEXTS[0])
    for _ in range(data.draw(st.integers(1, 8))):
        there = places(said)
        if not there:
            break
        holder, key = there[data.draw(st.integers(0, len(there) - 1))]
        match data.draw(st.sampled_from(["drop", "rename", "retype"])):
            case "drop":
                holder.pop(key, None) if isinstance(holder, dict) else holder.clear()
            case "rename" if isinstance(holder, dict) and key in holder:
                holder[data.draw(st.sampled_from(HOSTILE))] = holder.pop(key)
            case _ if isinstance(holder, dict) or key < len(holder):
                holder[key] = data.draw(values)
    for preview in read(json.dumps(said)):
        assert "hunter2" not in repr(preview)


@given(data=st.data())
@examples(60)
def test_events_with_parts_of_other_types(data: st.DataObject) -> None:
    events = [json.loads(line) for line in recorded(EVENTS[1]).splitlines()]
    for _ in range(data.draw(st.integers(1, 8))):
        there = places(events[data.draw(st.integers(0, len(events) - 1))])
        holder, key = there[data.draw(st.integers(0, len(there) - 1))]
        if isinstance(holder, dict) or key < len(holder):
            holder[key] = data.draw(values)
    read("\n".join(map(json.dumps, events)))


@pytest.mark.parametrize(
    "value",
    [
        '{"a":' * 5000 + "1" + "}" * 5000,
        "[" * 900 + "]" * 900,
        "[" * 90_000,
        "9" * 5000,
        "1e999",
        "NaN",
        '"' + "x" * 2_000_000 + '"',
        '"\\ud800"',
    ],
    ids=["deep", "lists", "open", "number", "infinite", "nan", "long", "surrogate"],
)
def test_values_beyond_measure(value: str) -> None:
    state = f'{{"inputs": {{"a": {value}}}, "outputs": {{"a": {value}}}}}'
    urn = '"urn": "urn:pulumi:dev::p::t:i:T::a"'
    old = '{"inputs": {"a": 1}, "outputs": {"a": 2}}'
    steps = (
        f'{{"op": "update", {urn}, "oldState": {old}, "newState": {state}}}',
        f'{{"op": "update", {urn}, "oldState": {state}, "newState": {state}, "diffReasons": ["a"]}}',
        f'{{"op": "refresh", {urn}, "oldState": {old}, "newState": {state}}}',
    )
    for step in steps:
        (preview,) = read(f'{{"steps": [{step}]}}')
        assert preview.stack == "dev" or not preview.complete


def test_texts_that_would_be_read_again_and_again_are_given_up() -> None:
    read('{"a":\n' * 200_000)
    read('{"steps":[\n' * 100_000)

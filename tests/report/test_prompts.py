"""What a reviewer learns of a prompt: versions, evidence, lines that differ, and dangers."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ai_platform.cli.prompts import prompt_lines
from ai_platform.cli.table import text_of
from ai_platform.components.gates_spec import GatesSpec
from ai_platform.description import read
from ai_platform.marks import read_yaml
from ai_platform.planning.prompts import prompt_plans
from ai_platform.report.dangers import dangers
from ai_platform.report.html import html
from ai_platform.report.make import make_report
from ai_platform.report.markdown import COMMENT_LIMIT, markdown
from ai_platform.report.model import Grade, PromptText, Report
from ai_platform.report.preview import Op, Preview, PropertyChange, ResourceChange
from ai_platform.report.prompts import prompt_texts
from ai_platform.report.versions import versions
from ai_platform.serving.prompt_spec import PromptSpec
from tests.examples import examples
from tests.report.two_sides import STACKS, described, side
from tests.texts import any_text

OLD = {"report": "s3://evaluations/support-1.1.0.json", "sha256": "a" * 64, "date": "2026-10-02"}
NEW = {
    "report": "s3://evaluations/support-1.2.0.json",
    "sha256": "b" * 64,
    "date": "2026-11-02",
    "score": "0.93",
}
TEXT = "You answer for the help desk.\nBe brief.\nNever promise a refund.\n"
OTHER = TEXT.replace("brief", "brief and kind")


def prompt(version="1.1.0", text=TEXT, name="support", **more):
    return {
        "name": name,
        "team": "assistants",
        "version": version,
        "text": text,
        "endpoint": "chat-small",
        "evaluation": OLD,
        **more,
    }


BASES = {name: side(described(name) | {"prompts": []}) for name in ("prod", "dev")}


def of(*prompts, name="prod", gates=None):
    """The side of an environment with these prompts."""
    base = BASES[name]
    specs = [PromptSpec.model_validate(entry) for entry in prompts]
    more = {"gates": GatesSpec.model_validate({"levels": gates or {}})}
    return replace(
        base,
        environment=base.environment.model_copy(update={"prompts": specs, **more}),
        plan=base.plan.model_copy(update={"prompts": prompt_plans(specs)}),
    )


def told(before, after):
    return [(item.rule, item.grade) for item in dangers([], [before], [after])]


# Versions, and what is known good.


def test_another_version_is_shown_with_the_evaluation_of_its_text():
    [row] = versions([], [of(prompt())], [of(prompt("1.2.0", OTHER, evaluation=NEW))])
    assert (row.kind, row.name) == ("prompt", "assistants/support")
    assert re.fullmatch(r"1\.1\.0 \([0-9a-f]{12}\)", row.before)
    assert re.fullmatch(r"1\.2\.0 \([0-9a-f]{12}\)", row.after)
    assert row.known_good == (
        "evaluated 2026-11-02, score 0.93, s3://evaluations/support-1.2.0.json (sha256 bbbbbbbbbbbb)"
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"evaluation": None}, "no evaluation"),
        ({}, "no evaluation of this text; that of the one before: 2026-10-02"),
    ],
)
def test_a_text_that_nobody_evaluated_says_so(more, said):
    [row] = versions([], [of(prompt())], [of(prompt("1.2.0", OTHER, **more))])
    assert row.known_good.startswith(said)


def test_prompts_that_come_and_go_are_rows_and_what_stays_is_none():
    with_, without = of(prompt()), of()
    assert [(row.before is None, row.after is None) for row in versions([], [without], [with_])] == [
        (True, False)
    ]
    assert [(row.before is None, row.after is None) for row in versions([], [with_], [without])] == [
        (False, True)
    ]
    assert versions([], [with_], [of(prompt(evaluation=NEW))]) == ()


# The text.


def test_the_lines_that_differ_are_shown_as_in_git():
    [text] = prompt_texts([of(prompt())], [of(prompt("1.2.0", OTHER))])
    assert (text.name, text.before, text.after) == ("assistants/support", "1.1.0", "1.2.0")
    assert text.lines == (
        "@@ -1,3 +1,3 @@",
        " You answer for the help desk.",
        "-Be brief.",
        "+Be brief and kind.",
        " Never promise a refund.",
    )


def test_a_paragraph_in_one_long_line_shows_where_it_differs():
    long = "Say something useful. " * 200
    [text] = prompt_texts([of(prompt(text=f"{long}Never lie."))], [of(prompt("2", f"{long}Always lie."))])
    _, old, new = text.lines
    assert re.fullmatch(r"-….*Never lie\..*", old)
    assert re.fullmatch(r"\+….*Always lie\..*", new)
    assert max(map(len, text.lines)) <= 500


def test_what_is_added_to_a_long_line_is_shown():
    long = "Say something useful. " * 200
    [text] = prompt_texts([of(prompt(text=f"{long}\n"))], [of(prompt("2", f"{long}Never lie.\n"))])
    assert text.lines[2].endswith("useful. Never lie.")


def test_a_line_feed_at_the_end_and_a_carriage_return_are_differences_that_can_be_seen():
    [end] = prompt_texts([of(prompt(text="a\n"))], [of(prompt(text="a"))])
    assert end.lines[1:] == ("-a", "+a [no line feed]")
    report = make_report([], [of(prompt(text="a\n"))], [of(prompt(text="a\r\n"))])
    assert "+a[U+000D]" in markdown(report)
    assert "+a[U+000D]" in html(report)


def test_a_large_difference_is_cut_and_a_huge_text_is_not_compared():
    [text] = prompt_texts([of(prompt(text="a\n" * 900))], [of(prompt(text="b\n" * 900))])
    assert (len(text.lines), text.left_out, text.compared) == (200, 1601, True)
    [text] = prompt_texts([of(prompt(text="a\n"))], [of(prompt(text="b\n" * 2001))])
    assert (text.lines, text.compared) == ((), False)
    assert "too long to be compared here" in markdown(Report(title="prod", prompts=(text,)))


def test_of_very_many_texts_the_first_are_compared():
    olds, news = (
        of(*(prompt(text=f"{word}\n" * 1900, name=f"p{n}") for n in range(8))) for word in ("before", "after")
    )
    found = prompt_texts([olds], [news])
    assert [text.compared for text in found] == [True] * 5 + [False] * 3


def test_a_comment_folds_the_difference_and_keeps_within_its_limit():
    report = make_report([], [of(prompt())], [of(prompt("1.2.0", OTHER))])
    shown = markdown(report)
    assert "<details><summary><b>Texts of prompts</b>: 1 change</summary>" in shown
    assert "```diff\n@@ -1,3 +1,3 @@\n You answer" in shown
    many = PromptText(name="a/b", before="1", after="2", lines=tuple(f"+{'é' * 400}" for _ in range(200)))
    long = markdown(report.model_copy(update={"prompts": (many,) * 30}))
    assert len(long.encode()) <= COMMENT_LIMIT
    assert "of the difference left out" in long
    assert "prompt-without-evaluation" in long


PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table"])
LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "```",
                "~~~",
                "````diff",
                "</details>",
                "</pre><script>alert(1)</script>",
                "@everyone #1",
                "| a |",
            ]
        ),
        any_text(12),
        st.text(alphabet="`~ <>/-+@", max_size=12),
    ),
    max_size=6,
)


@examples(60)
@given(LINES, LINES)
def test_no_text_gets_out_of_its_block(before, after):
    old, new = ("\n".join(["x", *lines]) for lines in (before, after))
    texts = prompt_texts([of(prompt(text=old))], [of(prompt(text=new))]) if "\0" not in old + new else ()
    report = Report(title="prod", prompts=texts)
    tokens = PARSER.parse(markdown(report))
    kinds = [token.type for token in tokens]
    assert kinds.count("fence") == len(texts)
    tags = {
        tag for token in tokens if token.type == "html_block" for tag in re.findall(r"</?\w+", token.content)
    }
    assert tags <= {"<details", "</details", "<summary", "</summary", "<b", "</b"}
    assert "<script" not in html(report)


# The component.


def test_a_config_map_is_its_prompt_and_the_description_says_where():
    head, kind = "urn:pulumi:prod.teams::p::", "kubernetes:core/v1:ConfigMap"
    name = "prod-assistants.help-desk"
    component = f"{head}ai-platform:index:Prompt::{name}"
    urn = f"{head}ai-platform:index:Prompt${kind}::{name}-text"
    before, after = ({"data": {"prompt.txt": text}} for text in (TEXT, OTHER))
    difference = PropertyChange('data["prompt.txt"]', TEXT, OTHER)
    resources = (
        ResourceChange(
            component, Op.SAME, "ai-platform:index:Prompt", "prod-assistants.help-desk", custom=False
        ),
        ResourceChange(
            urn,
            Op.UPDATE,
            kind,
            f"{name}-text",
            changes=(difference,),
            before=before,
            after=after,
            parent=component,
        ),
    )
    marks = read_yaml(STACKS / "prod.yaml")
    now = replace(side(described("prod")), marks=marks, file="stacks/prod.yaml")
    report = make_report([Preview("prod.teams", resources)], [now], [now])
    line = marks.text[: marks.text.index("- name: help-desk")].count("\n") + 1
    assert [(change.component, change.description_line) for change in report.changes] == [
        ("Prompt assistants/help-desk", f"stacks/prod.yaml:{line}")
    ]


# Dangers.


def test_a_new_version_with_its_evaluation_is_no_danger():
    assert told(of(prompt()), of(prompt("1.2.0", OTHER, evaluation=NEW))) == []


def test_another_text_under_the_same_version_is_one():
    before, after = of(prompt()), of(prompt(text=OTHER, evaluation=NEW))
    assert told(before, after) == [("prompt-changed-under-same-version", Grade.MEDIUM)]


@pytest.mark.parametrize(
    ("level", "grade"), [("mandatory", Grade.HIGH), ("advisory", Grade.MEDIUM), ("disabled", None)]
)
def test_a_text_without_evaluation_is_as_bad_as_the_gate_is_strict(level, grade):
    found = told(
        of(prompt(), gates={"model-evidence": level}), of(prompt("2", OTHER), gates={"model-evidence": level})
    )
    assert found == ([("prompt-without-evaluation", grade)] if grade else [])


def test_where_the_gates_ask_for_no_evidence_nobody_has_to_have_any():
    assert told(of(prompt(), name="dev"), of(prompt("2", OTHER, evaluation=None), name="dev")) == []


def test_a_prompt_that_goes_names_the_endpoint_and_who_reads_it():
    [danger] = dangers([], [of(prompt())], [of()])
    assert (danger.rule, danger.grade) == ("prompt-removed", Grade.HIGH)
    assert danger.blast_radius == ("endpoint assistants/chat-small", "applications of team assistants")


@pytest.mark.parametrize("gone", ["endpoint", "team"])
def test_what_goes_with_its_endpoint_or_team_is_told_once(gone):
    after = described("prod")
    key, name = ("endpoints", "chat-small") if gone == "endpoint" else ("teams", "assistants")
    after[key] = [entry for entry in after[key] if entry["name"] != name]
    if gone == "team":
        after["endpoints"] = [entry for entry in after["endpoints"] if entry["team"] != name]
    found = [rule for rule, _ in told(of(prompt()), side({**after, "prompts": []}))]
    assert f"{gone}-removed" in found
    assert "prompt-removed" not in found


# The docs.


def test_the_docs_show_what_a_forgotten_evaluation_looks_like():
    docs = (STACKS.parent / "docs" / "prompts.md").read_text()
    before, after = described("prod"), described("prod")
    after["prompts"][0] |= {"version": "1.2.0", "file": "prompts/help-desk-1.2.0.md"}
    shown = markdown(make_report([], [side(before)], [side(after)]))
    excerpts = re.findall(r"^````markdown\n(.*?)\n````$", docs, re.DOTALL | re.MULTILINE)
    assert len(excerpts) == 2
    for excerpt in excerpts:
        assert excerpt in shown


def test_the_docs_show_the_plan_of_dev():
    docs = (STACKS.parent / "docs" / "prompts.md").read_text()
    [table] = prompt_lines(read(STACKS / "dev.yaml")[1])
    assert text_of([table], 120) in docs

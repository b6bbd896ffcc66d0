"""What a reviewer reads in a comment, and what nobody can make it say."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ai_platform.report.markdown import COMMENT_LIMIT, markdown
from ai_platform.report.model import Grade, Report
from ai_platform.report.model_changes import Counts, StackPart
from tests.examples import examples
from tests.report.samples import hostile, large, sample
from tests.texts import any_text

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OUR_TAGS = re.compile(r"</?(?:details|summary|b|code)>")
CALLS = re.compile(r"(?:[@#!$~^%&](?=[^\s)])|(?<=gh-)\S)|://|www\.", re.IGNORECASE)
ATTACKS = [
    "<script>alert(1)</script>",
    "</details>",
    "</code></summary>",
    "<!-- ai-platform report: other -->",
    "--><img src=x onerror=alert(1)>",
    "![a](https://evil.example/a.png)",
    "[a](javascript:alert(1))",
    "[a]: https://evil.example",
    "<https://evil.example>",
    "https://evil.example www.evil.example mailto:a@evil.example a@evil.example",
    '@everyone @org/team #123 org/repo#1 org/repo@0123456789abcdef GH-12 !12 %5 ~label ~"a b" &3 $7 ^2',
    "a | b | c",
    "\\| \\\\| a\\",
    "`` ` ``` | `",
    "\n\n# heading\n\n| a |\n| - |\n",
    "\r\n- [ ] item\n/close\n",
    "**bold** _it_ ~~gone~~ $x$ :tada: &lt;b&gt; &#60;b&#62; [^1]",
    "\u202egnp.exe\u2066\u200b\u200d\ufeff\u00ad\U000e0041\u3164",
    "a\u0301\u0302\u0303\u0304\u0305\u0306 z",
    "\x00\x1b[31mred\x07",
    "    code",
    "1. one",
    "2) two",
    "- - -",
    "+ more",
    "===",
    "> quote",
    "",
    "   ",
    "x" * 5_000,
    "\U0001f468\u200d\U0001f469 日本語 שלום",
    "NodePool h100",
]
TEXTS = st.one_of(
    st.sampled_from(ATTACKS),
    any_text(40),
    st.text(alphabet="<>`|\\[]()!*_~@#&;:/.-\n ahw1", max_size=30),
)


@lru_cache(4)
def tokens(document):
    """Every token, those inside of lines as well."""
    return [part for token in PARSER.parse(document) for part in (token, *(token.children or ()))]


def assert_harmless(document: str) -> None:
    first = document.split("\n", 1)[0]
    assert re.fullmatch(r"<!-- ai-platform report: (?:(?!--)[A-Za-z0-9 .,/_-])* -->", first)
    assert "<!--" not in without_blocks(document).removeprefix(first)
    opened: list[str] = []
    code = False
    for token in tokens(document):
        if token.content.strip() == first:
            continue
        assert token.type not in {
            "link_open",
            "image",
            "code_block",
            "blockquote_open",
            "hr",
            "s_open",
        }
        assert token.type != "ordered_list_open"
        # The text of a prompt is the one thing that stands in a block of code, and a line there has a sign.
        if token.type == "fence":
            assert token.info == "diff"
            assert all(line[0] in " +-@" for line in token.content.splitlines())
        if token.type in {"html_inline", "html_block"}:
            left = OUR_TAGS.sub("", token.content)
            assert "<" not in left, token.content
            for tag in re.findall(r"</?\w+>", token.content):
                if tag.startswith("</"):
                    assert opened.pop() == tag.replace("/", "")
                else:
                    opened.append(tag)
            code = "<code>" in opened
        elif token.type == "text" and not code:
            assert not CALLS.search(token.content.replace("\u200b", " ")), token.content
        if token.type in {"text", "code_inline", "html_block", "fence"}:
            hidden = {
                letter for letter in set(token.content) if unicodedata.category(letter) in {"Cc", "Cf", "Cs"}
            }
            assert not hidden - {"\u200b", "\n"}, token.content
    assert not opened


def without_blocks(document: str) -> str:
    """The document without its blocks of code."""
    lines = document.split("\n")
    for token in tokens(document):
        if token.type == "fence" and token.map:
            first, last = token.map
            lines[first:last] = [""] * (last - first)
    return "\n".join(lines)


def tables(document):
    """Each table as its rows' numbers of cells."""
    rows: list[list[int]] = []
    for token in tokens(document):
        if token.type == "table_open":
            rows.append([])
        elif token.type == "tr_open":
            rows[-1].append(0)
        elif token.type in {"td_open", "th_open"}:
            rows[-1][-1] += 1
    return rows


def headings(document):
    return [line for line in document.splitlines() if line.startswith("#")]


def test_the_first_line_says_what_changes_costs_and_stops():
    lines = [line for line in markdown(sample()).splitlines() if line]
    assert lines[0] == "<!-- ai-platform report: prod -->"
    assert lines[2] == (
        "⛔ **1 deleted, 1 replaced, 4 created, 2 changed** · **USD 212,000.60 → 246,900.35 a month expected"
        " (+34,899.75, +16.5 %)** · **GPUs 48** · "
        "**dangers: 1 critical, 1 high, 1 low** · **gates: 1 mandatory**"
    )


def test_grave_dangers_stand_open_and_the_rest_is_folded():
    document = markdown(sample())
    before, _, folded = document.partition("<details>")
    assert "pool-replaced" in before
    assert "quota-below-use" in before
    assert "no-canary" in folded
    assert "no-canary" not in before


def test_who_loses_is_named():
    assert "Less than before has **research**." in markdown(sample())


def test_a_property_that_replaces_says_so():
    assert "`instanceTypes[0]`: `p5.48xlarge` → `p5en.48xlarge`, **which is why it is replaced**" in markdown(
        sample()
    )


def test_nothing_is_left_out_of_what_fits():
    assert "Left out" not in markdown(sample())


def test_a_report_without_anything_is_short_and_says_that_the_cost_is_not_known():
    document = markdown(Report(title="dev"))
    assert "❔ **resources not previewed**" in document
    assert "cost not known" in document
    assert len(document) < 300


def test_a_preview_without_changes_says_so():
    part = StackPart(stack="dev", counts=Counts(same=12), complete=True)
    assert "✅ **no resource changes**" in markdown(Report(title="dev", stacks=(part,)))


def test_a_failed_preview_is_never_taken_for_a_harmless_one():
    part = sample().stacks[0]
    failed = StackPart(stack="prod", counts=part.counts, complete=False, errors=("no such bucket",))
    document = markdown(Report(title="prod", stacks=(failed,)))
    assert "✅" not in document
    assert "no such bucket" in document


@pytest.mark.parametrize("components", [1, 60, 200, 1_500])
def test_a_comment_is_full_but_never_too_long_and_says_what_is_missing(components):
    report = large(components)
    document = markdown(report)
    size = len(document.encode())
    assert size <= COMMENT_LIMIT
    if components > 60:
        assert size > COMMENT_LIMIT * 0.9
        assert "Left out to fit here:" in document
        assert "as HTML and as JSON" in document
    for danger in report.dangers:
        if danger.grade in {Grade.CRITICAL, Grade.HIGH}:
            assert danger.what in document


def test_differences_of_updates_go_before_resources_and_these_before_components():
    half = markdown(large(60))
    assert re.search(r"Left out to fit here: [\d,]+ differences\. ", half)
    more = markdown(large(100))
    assert re.search(r"Left out to fit here: [\d,]+ differences, [\d,]+ resources\. ", more)
    most = markdown(large(2_000))
    assert re.search(
        r"Left out to fit here: [\d,]+ differences, [\d,]+ resources, [\d,]+ components\. ", most
    )


def test_many_rows_of_everything_still_fit():
    report = sample()
    many = report.model_copy(
        update={
            "dangers": report.dangers * 400,
            "notes": report.notes * 400,
            "versions": report.versions * 400,
        }
    )
    document = markdown(many)
    assert len(document.encode()) <= COMMENT_LIMIT
    assert re.search(r"Left out to fit here: [\d,]+ other rows\. ", document)


@cache
def usual():
    return markdown(hostile(["plain"]))


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_becomes_a_tag_a_link_or_a_call(attack):
    document = markdown(hostile([attack]))
    assert_harmless(document)
    assert tables(document) == tables(usual())
    assert len(headings(document)) == len(headings(usual()))


@examples(60)
@given(st.lists(TEXTS, min_size=1, max_size=12), st.sampled_from([2_000, 4_000, 12_000, COMMENT_LIMIT]))
def test_no_texts_together_break_out_or_make_it_too_long(texts, limit):
    document = markdown(hostile(texts), limit)
    assert len(document.encode()) <= limit
    assert_harmless(document)
    assert all(len(set(rows)) == 1 for rows in tables(document))


def test_the_marker_is_the_same_for_the_same_title_and_another_for_another():
    def first(title):
        return markdown(Report(title=title)).splitlines()[0]

    assert first("dev, prod") == "<!-- ai-platform report: dev, prod -->"
    assert first("a<b") == first("a<b")
    assert first("a<b") != first("a>b")
    assert first("x" * 200) != first("x" * 201)


def test_a_limit_too_small_for_a_verdict_is_refused():
    with pytest.raises(ValueError, match="2000 bytes"):
        markdown(sample(), 500)


def test_each_problem_of_a_failed_preview_has_a_line_of_its_own():
    errors = ("dev.yaml: 2 problems\n  name: got 1\n  region: got 2",)
    part = StackPart(stack="dev", counts=Counts(), complete=False, errors=errors)
    said = markdown(Report(title="dev", stacks=(part,)))
    assert "- `dev`: dev.yaml: 2 problems\n  - name: got 1\n  - region: got 2\n" in said


def test_what_is_wrong_with_a_description_stands_on_top_and_nothing_is_called_safe():
    said = markdown(Report(title="dev", wrong=("stacks/dev.yaml: region (line 3): got 1",)))
    assert said.splitlines()[4].startswith("⛔ ")
    assert "dangers: none found in what is known" in said
    assert said.index("- stacks/dev.yaml: region (line 3)") < 400


def test_a_bill_that_stays_as_it_is_is_folded_and_one_that_changes_is_not():
    whole = sample()
    same = {
        name: tuple(line.model_copy(update={"before": line.after}) for line in getattr(whole.money, name))
        for name in ("pools", "environments", "teams", "cost_centers")
    }
    unchanged = whole.model_copy(update={"money": whole.money.model_copy(update=same)})
    assert "### Cost a month by pool, USD" in markdown(whole)
    assert "<summary><b>Cost a month by pool, USD</b>: unchanged</summary>" in markdown(unchanged)

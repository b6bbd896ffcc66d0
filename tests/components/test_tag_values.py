import re
import unicodedata
from string import ascii_lowercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.components.tag_values import aws_value, gcp_value, kubernetes_value
from tests.examples import examples

RENDERERS = [aws_value, gcp_value, kubernetes_value]
# Named, since hypothesis otherwise tries all of Unicode for what UTF-8 can say.
LABEL_LETTERS = ascii_lowercase + digits + "-"
texts = st.text("aAbBzZ09-_. :/=+@&é中Ⅷ٣\t\n\u0301\ufeff", max_size=70) | st.text(
    "aA-", min_size=60, max_size=300
)


@given(texts)
@examples(100)
def test_a_tag_value_is_what_aws_takes(value):
    tag = aws_value(value)
    assert len(tag) <= 256
    assert all(sign in " _.:/=+-@" or unicodedata.category(sign)[0] in "LN" for sign in tag)
    assert tag == tag.strip()


@given(texts)
@examples(100)
def test_a_label_value_is_what_google_takes(value):
    assert re.fullmatch(r"[a-z0-9_-]{0,63}", gcp_value(value))


@given(texts)
@examples(100)
def test_a_label_value_is_what_kubernetes_takes(value):
    label = kubernetes_value(value)
    assert label == "" or re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", label)


@pytest.mark.parametrize("render", RENDERERS)
@given(one=texts, other=texts)
@examples(60)
def test_two_values_stay_two(render, one, other):
    assert (render(one) == render(other)) == (one == other)


@pytest.mark.parametrize("render", RENDERERS)
@given(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True, alphabet=LABEL_LETTERS))
@examples(60)
def test_what_every_cloud_takes_stays_as_it_is(render, value):
    assert render(value) == value


def test_values_that_differ_in_case_only_stay_two_where_case_is_lost():
    assert len({gcp_value("CC-4100"), gcp_value("cc-4100"), gcp_value("Cc-4100")}) == 3
    assert gcp_value("CC-4100").startswith("cc-4100-")


def test_values_with_one_head_stay_two_when_they_are_cut():
    assert gcp_value("a" * 70) != gcp_value("a" * 71)
    assert gcp_value("a" * 70).startswith("a" * 54)

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.components.errors import InvalidInput
from ai_platform.marks import read_yaml
from tests.examples import examples
from tests.texts import any_text

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | any_text(8)
DATA = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab1", max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)


def read(tmp_path, text):
    file = tmp_path / "any.yaml"
    file.write_text(text)
    return read_yaml(file)


def test_data_is_what_any_yaml_reader_makes_of_it(tmp_path):
    @examples(60)
    @given(DATA)
    def check(data):
        assert read(tmp_path, yaml.safe_dump(data)).data == data

    check()


@pytest.mark.parametrize(
    "text",
    [
        "a: 010\nb: 0x1f\nc: 1_000\nd: 1e3\ne: ~\nf: yes\n",
        "base: &x {a: 1}\nb: {<<: *x, c: 2}\n",
        "1: a\ntrue: b\n",
        "a: &a [1]\nb: *a\n&c c: *a\n",
    ],
)
def test_numbers_aliases_merges_and_strange_keys_read_as_yaml_says(text, tmp_path):
    assert read(tmp_path, text).data == yaml.safe_load(text)


def test_each_part_knows_its_line_and_a_missing_one_that_of_what_is_around_it(tmp_path):
    marks = read(tmp_path, "name: a\nteams:\n  - name: b\n    quota:\n      h100: {gpus: 1}\n  - name: c\n")
    lines = {
        ("name",): 1,
        ("teams", 0): 3,
        ("teams", 0, "quota", "h100", "gpus"): 5,
        ("teams", 1, "name"): 6,
        ("teams", 1, "weight"): 6,
        ("teams", 7): 2,
        ("regions",): 1,
    }
    assert {location: marks.line(location) for location in lines} == lines


def test_a_key_written_twice_is_found_below_aliases_too(tmp_path):
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, "a: &x {b: 1, b: 2}\nc: *x\nd: 1\nd: 2\n")
    assert [(problem.path, problem.line) for problem in caught.value.problems] == [("a.b", 1), ("d", 4)]


def test_deep_nesting_is_a_problem_and_no_crash(tmp_path):
    with pytest.raises(InvalidInput):
        read(tmp_path, "[" * 100_000)


def test_what_is_merged_may_be_said_anew_and_each_setting_has_the_line_where_it_stands(tmp_path):
    text = "a: &x\r\n  b: 1\r\n  c: 2\r\nd:\r\n  <<: *x\r\n  c: 3\r\ne:\r\n  <<: [*x, {f: 4}]\r\n"
    marks = read(tmp_path, text)
    assert marks.data == {"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}, "e": {"b": 1, "c": 2, "f": 4}}
    lines = {path: marks.line(path) for path in [("d", "b"), ("d", "c"), ("e", "c"), ("e", "f"), ("d", "z")]}
    assert lines == {("d", "b"): 2, ("d", "c"): 6, ("e", "c"): 3, ("e", "f"): 8, ("d", "z"): 4}
    assert read(tmp_path, "a: &x\n  <<: *x\n  b: 1\n").line(("a", "z")) == 1


def test_a_file_in_another_encoding_says_so(tmp_path):
    file = tmp_path / "any.yaml"
    file.write_bytes("größe: 1".encode("latin-1"))
    with pytest.raises(
        InvalidInput, match=r"not UTF-8: .* at byte 2; expected a YAML file; fix: save it as UTF-8"
    ):
        read_yaml(file)

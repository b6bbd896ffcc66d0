import copy
from pathlib import Path

import pytest
import yaml

from ai_platform.components.errors import InvalidInput
from ai_platform.environment import load, parse
from ai_platform.marks import read_yaml
from ai_platform.plan import make_plan

LOCAL = Path(__file__).parents[1] / "stacks" / "local.yaml"


def plan_of(file):
    marks = read_yaml(file)
    return make_plan(parse(marks.data, subject=str(file), marks=marks), subject=str(file), marks=marks)


def problems_in(text, tmp_path):
    """What a user is told about a file, from reading to planning."""
    file = tmp_path / "environment.yaml"
    file.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        plan_of(file)
    assert caught.value.subject == str(file)
    assert str(caught.value).startswith(f"{file}: {len(caught.value.problems)} problem")
    return caught.value.problems


def changed(*changes):
    text = LOCAL.read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def line_of(text, part):
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


CASES = {
    "a model that fits no slice of its pool": (
        ("    model: qwen3-4b", "    model: llama-3.3-70b"),
        "endpoints[0].model",
        "model: llama-3.3-70b",
        ["llama-3.3-70b", "2g.20gb", "larger device"],
    ),
    "adapters of a model with which vLLM serves none": (
        ("    model: llama-3.3-70b", "    model: kimi-k2.5\n    lora_adapters: 2"),
        "endpoints[1].model",
        "model: kimi-k2.5",
        ["a model that vLLM serves LoRA adapters with, as lora_adapters: 2 asks", "or no lora_adapters"],
    ),
    "quotas that sum to more than the pool holds": (
        ("gpus: {nominal: 12, borrowing_limit: 4, lending_limit: 8}", "gpus: {nominal: 13}"),
        "teams[2].quota.l40s.gpus.nominal",
        "gpus: {nominal: 13}",
        ["sum of 17", "the 16 that the pool holds", "by 1"],
    ),
    "a layout that can't be placed": (
        ("devices: {1g.10gb: 2, 2g.20gb: 1, 3g.40gb: 1}", "devices: {3g.40gb: 3}"),
        "node_pools[0].mig[0].gpus[0].devices",
        "devices: {3g.40gb: 3}",
        ["at most 2× 3g.40gb", "1g.10gb"],
    ),
    "a team twice": (
        ("\nendpoints:", "  - name: assistants  # again\n\nendpoints:"),
        "teams[3].name",
        "# again",
        ["assistants", "used once", "teams[0]"],
    ),
    "an unknown key": (
        ("    max_nodes: 4", "    max_nodes: 4\n    maximum: 3"),
        "node_pools[1].maximum",
        "maximum: 3",
        ["'maximum'", "max_nodes", "spelling"],
    ),
    "a wrong type": (
        ("    workers: 8", "    workers: many"),
        "training_jobs[0].workers",
        "workers: many",
        ['"many"', "integer"],
    ),
    "a name that is too long": (
        ("  - name: notebooks", f"  - name: {'n' * 41}"),
        "teams[1].name",
        "nnnnn",
        ["expected a text with at most 40 characters"],
    ),
    "an unknown machine": (
        ("machine: g6e.12xlarge", "machine: g6e.12xlrge"),
        "node_pools[1].machine",
        "machine: g6e.12xlrge",
        ["catalog", "g6e.12xlarge"],
    ),
    "a team that isn't there": (
        ("    team: research", "    team: reserch"),
        "training_jobs[0].team",
        "team: reserch",
        ["reserch", "a team of this file"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_mistake_is_one_problem_with_its_place(case, tmp_path):
    change, path, line, words = CASES[case]
    text = changed(change)
    [problem] = problems_in(text, tmp_path)
    assert (problem.path, problem.line) == (path, line_of(text, line))
    assert problem.expected
    assert problem.fix
    assert all(word in str(problem) for word in words), str(problem)


def test_all_mistakes_of_one_file_come_at_once(tmp_path):
    shape = changed(CASES["an unknown key"][0], CASES["a wrong type"][0])
    assert {problem.path for problem in problems_in(shape, tmp_path)} == {
        "node_pools[1].maximum",
        "training_jobs[0].workers",
    }
    names = ["a model that fits no slice of its pool", "quotas that sum to more than the pool holds"]
    names.append("a team that isn't there")
    content = changed(*(CASES[name][0] for name in names))
    assert {problem.path for problem in problems_in(content, tmp_path)} == {CASES[name][1] for name in names}


@pytest.mark.parametrize(
    ("text", "path", "line", "words"),
    [
        ("name: a\nregion: b\nname: c\n", "name", 3, ["twice", "'name'"]),
        ("name: [a\nregion: b\n", "", 2, ["not YAML", "syntax"]),
        ("", "", None, ["null", "node_pools"]),
        ("- name: a\n", "", 1, ["name", "node_pools"]),
        ("a: &x [*x]\n---\nb: 1\n", "", 2, ["not YAML"]),
    ],
    ids=["duplicate-key", "broken", "empty", "list", "two-documents"],
)
def test_a_file_that_is_no_description_is_one_problem(text, path, line, words, tmp_path):
    [problem] = problems_in(text, tmp_path)
    assert (problem.path, problem.line) == (path, line)
    assert all(word in str(problem) for word in words), str(problem)


def test_a_file_that_is_not_there_is_one_problem(tmp_path):
    with pytest.raises(InvalidInput, match="No such file") as caught:
        load(tmp_path / "nothing.yaml")
    [problem] = caught.value.problems
    assert problem.fix == "check the path"


@pytest.mark.parametrize("key", ["2020-01-01", "[key]", "null", "1.5", "'a b'"])
def test_a_strange_key_is_a_problem_like_any_other(key, tmp_path):
    text = LOCAL.read_text() + f"'{key}': 1\n" if key == "[key]" else LOCAL.read_text() + f"{key}: 1\n"
    [problem] = problems_in(text, tmp_path)
    assert str(problem)


@pytest.mark.parametrize(
    "value", ["{2020-01-01: 1}", "&a [*a]", "&a {b: *a}", "0x" + "f" * 9000, "[" * 200 + "]" * 200]
)
@pytest.mark.parametrize("key", ["region", "node_pools"])
def test_a_strange_value_is_a_problem_like_any_other(key, value, tmp_path):
    data = yaml.load(LOCAL.read_text(), yaml.CSafeLoader)
    del data[key]
    assert problems_in(f"{yaml.dump(data, None, yaml.CSafeDumper)}{key}: {value}\n", tmp_path)


def test_aliases_of_aliases_end(tmp_path):
    rows = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
    assert len(problems_in("\n".join(rows), tmp_path)) > 10


def test_data_without_a_file_has_no_lines():
    data = copy.deepcopy(yaml.load(LOCAL.read_text(), yaml.CSafeLoader))
    data["teams"][1]["nmae"] = "x"
    with pytest.raises(InvalidInput) as caught:
        parse(data, subject="program")
    [problem] = caught.value.problems
    assert (problem.path, problem.line) == ("teams[1].nmae", None)

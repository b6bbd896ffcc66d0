"""Prompts of a description: read from their files, checked, and part of the plan."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import yaml

from ai_platform.components.config_maps import CONFIG_MAP_BYTES
from ai_platform.components.errors import InvalidInput
from ai_platform.description import read
from ai_platform.drift.kept_description import kept_description
from ai_platform.environment import parse
from ai_platform.marks import read_yaml
from ai_platform.plan import make_plan
from ai_platform.platform import Platform
from ai_platform.testing import record

LOCAL = (Path(__file__).parents[2] / "stacks" / "local.yaml").read_text()
LOCAL = LOCAL.partition("\nprompts:")[0] + "\n"
SUPPORT = (
    '{name: support, team: assistants, version: "1.2.0", file: prompts/support.md, endpoint: chat-small}'
)
TEXT = "You answer for the help desk.\r\nBe brief.\n"


def described(folder: Path, *prompts: str, text: str | bytes | None = TEXT) -> Path:
    """A description with these prompts, and the text of ``support``."""
    if text is not None:
        (folder / "prompts").mkdir(exist_ok=True)
        content = text if isinstance(text, bytes) else text.encode()
        (folder / "prompts" / "support.md").write_bytes(content)
    file = folder / "local.yaml"
    file.write_text(LOCAL + "prompts:\n" + "".join(f"  - {prompt}\n" for prompt in prompts))
    return file


def wrong(file: Path) -> str:
    """What the error says, without the line of its subject."""
    with pytest.raises(InvalidInput) as caught:
        read(file)
    return str(caught.value)


def test_the_plan_says_which_text_a_team_has_byte_for_byte(tmp_path):
    _, plan = read(described(tmp_path, SUPPORT))
    [prompt] = plan.prompts
    assert (prompt.team, prompt.name, prompt.version, prompt.endpoint) == (
        "assistants",
        "support",
        "1.2.0",
        "chat-small",
    )
    assert prompt.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    assert prompt.size_bytes == len(TEXT.encode())


@pytest.mark.parametrize("change", ["text", "version"])
def test_another_text_or_version_is_another_plan(tmp_path, change):
    _, before = read(described(tmp_path, SUPPORT))
    other = SUPPORT.replace("1.2.0", "1.3.0") if change == "version" else SUPPORT
    _, after = read(described(tmp_path, other, text=TEXT + "Be kind.\n" if change == "text" else TEXT))
    assert before.digest != after.digest


def test_a_short_text_may_stand_in_the_description(tmp_path):
    inline = '{name: greet, team: notebooks, version: "1", text: "Say hello."}'
    _, plan = read(described(tmp_path, SUPPORT, inline))
    assert [prompt.size_bytes for prompt in plan.prompts] == [len(TEXT), len("Say hello.")]


def test_what_the_cluster_keeps_of_the_description_gives_the_same_plan(tmp_path):
    environment, plan = read(described(tmp_path, SUPPORT))
    (tmp_path / "kept.yaml").write_text(kept_description(environment))
    again = parse(read_yaml(tmp_path / "kept.yaml").data, subject="kept")
    assert make_plan(again).digest == plan.digest


def test_a_team_finds_its_prompt_in_its_namespace_with_its_cost_labels(tmp_path):
    environment, _ = read(described(tmp_path, SUPPORT))
    [prompt] = [
        item.inputs
        for item in record(lambda: Platform("local", environment)).resources
        if item.name == "local-assistants.support-text"
    ]
    assert prompt["metadata"]["namespace"] == "assistants"
    assert prompt["metadata"]["labels"]["ai-platform/cost-center"] == "4100"
    assert prompt["data"]["prompt.txt"] == TEXT


# What is wrong.


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "where no file is"),
        (b"caf\xe9", "whose byte 3 is not UTF-8"),
        ("", "an empty text"),
        (" \n\t\n", "an empty text"),
        ("a\0b", "NUL"),
        ("x" * (CONFIG_MAP_BYTES + 1), f"of {CONFIG_MAP_BYTES + 1} bytes"),
    ],
)
def test_a_file_that_is_no_prompt_is_named_with_its_line(tmp_path, text, said):
    found = wrong(described(tmp_path, SUPPORT, text=text))
    line = LOCAL.count("\n") + 2
    assert f"prompts[0].file (line {line})" in found
    assert said in found


def test_the_largest_text_that_a_config_map_holds_is_right(tmp_path):
    _, plan = read(described(tmp_path, SUPPORT, text="x" * CONFIG_MAP_BYTES))
    assert plan.prompts[0].size_bytes == CONFIG_MAP_BYTES


def test_a_text_in_the_description_is_measured_too(tmp_path):
    inline = f'{{name: greet, team: assistants, version: "1", text: "{"é" * (CONFIG_MAP_BYTES // 2 + 1)}"}}'
    assert "prompts[0].text" in wrong(described(tmp_path, inline))


@pytest.mark.parametrize("file", ["../secret.txt", "{absolute}", "link.md", "prompts"])
def test_no_file_from_elsewhere_gets_into_a_report(tmp_path, file):
    home = tmp_path / "stacks"
    home.mkdir()
    secret = tmp_path / "secret.txt"
    secret.write_text("token")
    (home / "link.md").symlink_to(secret)
    named = file.format(absolute=secret)
    found = wrong(described(home, SUPPORT.replace("prompts/support.md", f'"{named}"')))
    assert "a file in the folder of the description or below" in found
    assert "token" not in found


def test_everything_that_contradicts_itself_is_said_at_once(tmp_path):
    found = wrong(
        described(
            tmp_path,
            SUPPORT,
            SUPPORT,
            SUPPORT.replace("support,", "a,").replace("assistants", "nobody"),
            SUPPORT.replace("support,", "b,").replace("chat-small", "chat-huge"),
            SUPPORT.replace("support,", "c,").replace("file: prompts/support.md, ", ""),
        )
    )
    for said in (
        "prompts[1].name",
        "a name used once",
        "prompts[2].team",
        "prompts[3].endpoint",
        "an endpoint of assistants: chat-small, chat-large",
        "prompts[4]",
        "a prompt without a text",
    ):
        assert said in found


def test_two_teams_may_have_a_prompt_of_one_name(tmp_path):
    other = SUPPORT.replace("assistants", "notebooks").replace(", endpoint: chat-small", "")
    _, plan = read(described(tmp_path, SUPPORT, other))
    assert len(plan.prompts) == 2


@pytest.mark.parametrize("version", ["1.10", "2026-11-21", "3"])
def test_a_version_that_yaml_takes_for_a_number_or_a_day_must_be_quoted(tmp_path, version):
    found = wrong(described(tmp_path, SUPPORT.replace('"1.2.0"', version)))
    assert 'a text in quotes, for example "1.4.0"' in found


@pytest.mark.parametrize("version", ["1.2.0+build", "", "v" * 64, "a b"])
def test_a_version_that_no_label_can_hold_is_refused(tmp_path, version):
    assert "prompts[0].version" in wrong(described(tmp_path, SUPPORT.replace("1.2.0", version)))


def test_file_and_text_together_are_refused(tmp_path):
    both = SUPPORT.replace("file:", "text: hello, file:")
    assert "a prompt with file and text" in wrong(described(tmp_path, both))


def test_a_description_that_is_no_file_says_why_it_has_no_texts():
    data = {"name": "support", "team": "assistants", "version": "1", "file": "prompts/support.md"}
    environment = parse(yaml.load(LOCAL, yaml.CSafeLoader) | {"prompts": [data]}, subject="data")
    with pytest.raises(InvalidInput, match="a file that has been read"):
        make_plan(environment)

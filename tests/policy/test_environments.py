"""The library's own environments pass the gates, with the exceptions in their descriptions."""

from pathlib import Path

import pytest

from ai_platform.description import read
from ai_platform.gates_config import gates_config
from ai_platform.policy.catalog import RULES
from tests.policy.gates import TODAY, judged, resources_of
from tests.programs import recorded

STACKS = Path(__file__).resolve().parents[2] / "stacks"


@pytest.mark.parametrize("name", ["local", "dev", "staging", "prod"])
def test_an_environment_of_the_library_passes_and_needs_each_of_its_exceptions(name):
    path = STACKS / f"{name}.yaml"
    environment, _ = read(path)
    config = gates_config(environment, path, TODAY)
    resources = resources_of(recorded(name))
    found = {rule.name: judged(rule, resources, config.get(rule.name, {})) for rule in RULES}
    assert {rule: lines for rule, lines in found.items() if lines} == {}
    without = {
        rule.name: judged(rule, resources, {**config.get(rule.name, {}), "exceptions": []}) for rule in RULES
    }
    excused = {rule for rule, lines in without.items() if lines}
    assert excused == {entry.rule for entry in environment.gates.exceptions}

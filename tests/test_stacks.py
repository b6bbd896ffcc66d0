"""The environments that come with the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_platform.description import read

STACKS = Path(__file__).resolve().parents[1] / "stacks"
NAMES = ["local", "dev", "staging", "prod"]


@pytest.mark.parametrize("name", NAMES)
def test_every_environment_has_a_plan_and_the_name_of_its_file(name):
    environment, plan = read(STACKS / f"{name}.yaml")
    assert environment.name == plan.environment == name


def test_there_is_no_other_environment():
    assert {path.stem for path in STACKS.glob("*.yaml")} == set(NAMES)

from pathlib import Path

import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.components.gates_spec import GatesSpec
from ai_platform.description import read
from ai_platform.gates_config import gates_config

PROD = Path(__file__).resolve().parents[1] / "stacks" / "prod.yaml"
LEAVE = {
    "rule": "cost-tags",
    "subject": "x",
    "who": "Ada",
    "why": "it is gone next week",
    "until": "2026-12-31",
}


def config(**gates):
    environment, _ = read(PROD)
    changed = environment.model_copy(update={"gates": GatesSpec.model_validate(gates)})
    return gates_config(changed, Path("stacks/prod.yaml"))


def test_levels_and_exceptions_reach_their_rules_and_those_about_exceptions():
    found = config(levels={"cost-tags": "advisory"}, exceptions=[LEAVE])
    assert found["cost-tags"] == {"exceptions": [LEAVE], "enforcementLevel": "advisory"}
    assert found["exceptions"] == {"exceptions": [LEAVE], "levels": ["cost-tags"]}
    assert found["unneeded-exceptions"] == {"exceptions": [LEAVE], "whole": False}
    assert found["budget"] == {"environment": "stacks/prod.yaml"}


def test_a_description_can_not_let_expired_exceptions_pass():
    with pytest.raises(InvalidInput, match=r"gates\.levels\.exceptions: got .*advisory"):
        config(levels={"exceptions": "advisory"})

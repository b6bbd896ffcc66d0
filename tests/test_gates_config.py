from pathlib import Path

import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.components.gates_spec import GatesSpec
from ai_platform.description import read
from ai_platform.gates_config import gates_config
from ai_platform.policy.catalog import HOUSEKEEPING, RULES

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
    of_exceptions = {"exceptions": [LEAVE], "levels": ["cost-tags"], "enforcementLevel": "mandatory"}
    assert found["exceptions"] == of_exceptions
    unneeded = {"exceptions": [LEAVE], "whole": False, "enforcementLevel": "advisory"}
    assert found["unneeded-exceptions"] == unneeded
    assert found["budget"] == {"environment": "stacks/prod.yaml", "enforcementLevel": "mandatory"}


def test_where_a_description_says_no_level_the_packs_own_is_written_down():
    own = {rule.name: rule.level.value for rule in (*RULES, *HOUSEKEEPING)}
    found = config(exceptions=[{**LEAVE, "rule": rule.name} for rule in RULES])
    assert {rule: said["enforcementLevel"] for rule, said in found.items()} == {
        rule: level for rule, level in own.items() if rule in found
    }
    assert len(found) == len(RULES) + 2


def test_a_description_can_not_let_expired_exceptions_pass():
    with pytest.raises(InvalidInput, match=r"gates\.levels\.exceptions: got .*advisory"):
        config(levels={"exceptions": "advisory"})

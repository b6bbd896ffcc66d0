import pytest

from ai_platform.drift.described import described_objects
from ai_platform.drift.things import things_of
from ai_platform.environment import load
from ai_platform.plan import make_plan
from tests.manifest_rules import manifests
from tests.programs import STACKS, recorded


@pytest.mark.parametrize("name", ["dev", "local", "prod", "staging"])
def test_what_is_compared_is_what_the_platform_makes(name):
    environment = load(STACKS / f"{name}.yaml")
    made = things_of(manifests(recorded(name)))
    described = things_of(described_objects(environment, make_plan(environment)))
    assert described
    assert {key: made.get(key) for key in described} == described

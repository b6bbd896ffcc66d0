import pytest

from ai_platform.components.objects import SWEPT_KINDS
from tests.manifest_rules import manifests
from tests.programs import recorded


@pytest.mark.parametrize("program", ["local", "simulated_pools"])
def test_up_sweeps_every_kind_that_is_made_on_a_simulated_cluster(program):
    made = {(item["apiVersion"], item["kind"]) for item in manifests(recorded(program))}
    assert made <= set(SWEPT_KINDS)

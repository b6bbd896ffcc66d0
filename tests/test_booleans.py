"""What is no number is not taken for one."""

import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.environment import load

TEXT = """\
name: test
cluster: {provider: simulated}
fair_sharing: yes
node_pools:
  - name: h100
    machine: p5.48xlarge
    max_nodes: MANY
    mig: [{nodes: 1, gpus: [{count: 1, devices: {1g.10gb: SLICES}}]}]
teams:
  - {name: a, weight: 1, quota: {h100: {gpus: {nominal: 2}}}}
"""


def test_a_truth_value_where_a_number_stands_is_refused_with_its_line(tmp_path):
    file = tmp_path / "test.yaml"
    file.write_text(TEXT.replace("MANY", "yes").replace("SLICES", "true"))
    with pytest.raises(InvalidInput) as caught:
        load(file)
    told = "got true; expected a number; fix: write digits"
    assert [str(problem) for problem in caught.value.problems] == [
        f"node_pools[0].max_nodes (line 7): {told}",
        f"node_pools[0].mig[0].gpus[0].devices.1g.10gb (line 8): {told}",
    ]


def test_a_truth_value_where_one_belongs_is_one(tmp_path):
    file = tmp_path / "test.yaml"
    file.write_text(TEXT.replace("MANY", "2").replace("SLICES", "7"))
    assert load(file).fair_sharing is True

"""What the name of an instance type tells."""

from __future__ import annotations

import pytest

from ai_platform.components.aws.instance_families import runs_arm64


@pytest.mark.parametrize(
    "name", ["m7g.xlarge", "c7gn.large", "r8gd.4xlarge", "t4g.large", "p6e-gb200.36xlarge"]
)
def test_graviton_and_grace_run_arm(name):
    assert runs_arm64(name)


@pytest.mark.parametrize(
    "name", ["m7i.xlarge", "g5.xlarge", "gr6.4xlarge", "g6e.12xlarge", "p5.48xlarge", "m7a.large"]
)
def test_everything_else_does_not(name):
    assert not runs_arm64(name)

"""What contradicts itself in the cluster of an environment."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ai_platform.components.cluster_rules import cluster_problems
from ai_platform.components.cluster_spec import EksSpec, SimulatedSpec
from ai_platform.components.errors import InvalidInput
from ai_platform.environment import load
from ai_platform.marks import read_yaml
from ai_platform.plan import make_plan

EKS = {"provider": "eks", "kubernetes_version": "1.35", "zones": ["us-east-1a", "us-east-1b"]}
LOCAL = Path(__file__).parents[2] / "stacks" / "local.yaml"


def problems(**changes):
    return [str(problem) for problem in cluster_problems(EksSpec.model_validate({**EKS, **changes}))]


def test_a_new_vpc_with_room_has_no_problem():
    assert problems() == []
    assert cluster_problems(SimulatedSpec(provider="simulated")) == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"network": {"cidr": "10.0.0.0/24"}}, "network.cidr"),
        ({"zones": ["us-east-1a", "us-east-1g"]}, "network.cidr"),
        ({"network": {"vpc_id": "vpc-0a"}}, "network.subnet_ids"),
        ({"network": {"subnet_ids": {"us-east-1a": "subnet-0a"}}}, "network.vpc_id"),
    ],
)
def test_a_network_that_cannot_be_is_told_with_its_path(changes, path):
    (problem,) = problems(**changes)
    assert problem.startswith(f"{path}: ")


def test_the_plan_tells_it_with_its_line(tmp_path):
    description = read_yaml(LOCAL).data
    description["cluster"] = {**EKS, "network": {"cidr": "10.0.0.0/24"}}
    file = tmp_path / "wrong.yaml"
    file.write_text(yaml.safe_dump(description))
    with pytest.raises(InvalidInput) as caught:
        make_plan(load(file))
    assert "cluster.network.cidr" in str(caught.value)

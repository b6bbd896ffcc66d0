"""What a plan says about an endpoint beside its device."""

import copy
from pathlib import Path

from ai_platform.environment import parse
from ai_platform.marks import read_yaml
from ai_platform.plan import make_plan

LOCAL = read_yaml(Path(__file__).parents[2] / "stacks" / "local.yaml").data


def test_a_replica_gets_its_part_of_the_node_less_a_tenth_for_the_system():
    """Two of eight GPUs of a machine with 192 CPUs and 2048 GiB."""
    data = copy.deepcopy(LOCAL)
    data["endpoints"] = [
        {"name": "chat", "team": "assistants", "model": "qwen3-32b", "pool": "h100", "gpus": 2}
    ]
    (endpoint,) = make_plan(parse(data, subject="test")).endpoints
    assert (endpoint.cpu, endpoint.memory_gib) == (43, 460)

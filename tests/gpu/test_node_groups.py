"""A pool's nodes as groups of like nodes."""

from __future__ import annotations

from ai_platform.gpu.node_groups import node_groups
from ai_platform.gpu.node_plan import plan_pool
from ai_platform.gpu.spec import NodePoolSpec

CUT = {"nodes": 1, "gpus": [{"count": 8, "devices": {"3g.40gb": 2}}]}


def groups_of(**keys):
    spec = NodePoolSpec.model_validate({"name": "h100", "machine": "p5.48xlarge", **keys})
    return [(g.role, g.layout, g.min_nodes, g.max_nodes) for g in node_groups(plan_pool(spec))]


def test_a_pool_without_mig_is_one_group():
    assert groups_of(min_nodes=2, max_nodes=5) == [("nodes", "all-disabled", 2, 5)]


def test_each_layout_is_a_group_and_whole_nodes_come_first():
    found = groups_of(min_nodes=3, max_nodes=3, mig=[CUT])
    assert found == [("nodes", "all-disabled", 2, 2), ("nodes-1", "all-3g.40gb", 1, 1)]


def test_cutting_all_nodes_keeps_the_group():
    whole, cut = groups_of(max_nodes=2), groups_of(max_nodes=2, mig=[{**CUT, "nodes": 2}])
    assert [row[0] for row in whole] == [row[0] for row in cut] == ["nodes"]

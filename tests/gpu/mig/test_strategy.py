from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig.layout import node_layout
from ai_platform.gpu.mig.strategy import MigStrategy, strategies

H100 = GpuName.H100_80GB


def test_whole_gpus_are_offered_under_every_strategy():
    assert strategies(node_layout(H100, 8)) == tuple(MigStrategy)


def test_devices_of_one_profile_are_offered_under_single_too():
    uniform = node_layout(H100, 8, [(3, {"1g.10gb": 7}), (5, {"1g.10gb": 4})])
    assert strategies(uniform) == (MigStrategy.SINGLE, MigStrategy.MIXED)


def test_a_node_that_is_cut_in_part_needs_mixed():
    assert strategies(node_layout(H100, 8, [(2, {"1g.10gb": 7})])) == (MigStrategy.MIXED,)

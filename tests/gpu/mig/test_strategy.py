import pytest

from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig.layout import node_layout
from ai_platform.gpu.mig.strategy import MigStrategy, offered, product_label, strategies

H100 = GpuName.H100_80GB
WHOLE = node_layout(H100, 8)
UNIFORM = node_layout(H100, 8, [(3, {"1g.10gb": 7}), (5, {"1g.10gb": 4})])
PARTLY = node_layout(H100, 8, [(2, {"1g.10gb": 7})])
MEDIA = node_layout(H100, 1, [(1, {"1g.10gb+me": 1})])


def test_whole_gpus_are_offered_alike_under_every_strategy():
    for strategy in MigStrategy:
        assert offered(WHOLE, strategy) == {"nvidia.com/gpu": 8}
        assert product_label(WHOLE, strategy) == "NVIDIA-H100-80GB-HBM3"


def test_devices_of_one_profile_count_as_gpus_under_single():
    assert offered(UNIFORM, MigStrategy.SINGLE) == {"nvidia.com/gpu": 41}
    assert offered(UNIFORM, MigStrategy.MIXED) == {"nvidia.com/mig-1g.10gb": 41}
    assert product_label(UNIFORM, MigStrategy.SINGLE) == "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb"
    assert product_label(UNIFORM, MigStrategy.MIXED) == "NVIDIA-H100-80GB-HBM3"


def test_a_node_that_is_cut_in_part_needs_mixed():
    assert strategies(PARTLY) == (MigStrategy.MIXED,)
    assert offered(PARTLY, MigStrategy.MIXED) == {"nvidia.com/gpu": 6, "nvidia.com/mig-1g.10gb": 14}
    assert product_label(PARTLY, MigStrategy.SINGLE) == "NVIDIA-H100-80GB-HBM3-MIG-INVALID"
    for strategy in (MigStrategy.NONE, MigStrategy.SINGLE):
        with pytest.raises(ValueError, match="every GPU into devices of one profile"):
            offered(PARTLY, strategy)


def test_a_plus_becomes_a_dot_in_the_label():
    assert product_label(MEDIA, MigStrategy.SINGLE) == "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb.me"

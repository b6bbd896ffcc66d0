from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig.device_shares import claim, gpu_shares, pool_shares
from ai_platform.gpu.mig.layout import node_layout
from ai_platform.gpu.mig.placement import place
from ai_platform.gpu.mig.profiles import known_layouts, placement_units, profiles

H100 = GpuName.H100_80GB
PLACEABLE = [gpu for gpu in GpuName if placement_units(gpu)]


@st.composite
def cut_gpus(draw):
    """A GPU with devices that fit on it."""
    gpu = draw(st.sampled_from(PLACEABLE))
    devices: dict[str, int] = {}
    for name in draw(st.lists(st.sampled_from(sorted(profiles(gpu))), min_size=1, max_size=7)):
        grown = {**devices, name: devices.get(name, 0) + 1}
        if place(gpu, grown) is not None:
            devices = grown
    return gpu, devices


def test_a_device_claims_the_larger_of_its_compute_and_its_memory():
    assert claim(H100, "1g.10gb") == Fraction(1, 7)
    assert claim(H100, "1g.20gb") == Fraction(1, 4)
    assert claim(H100, "3g.40gb") == Fraction(1, 2)
    assert claim(H100, "4g.40gb") == Fraction(4, 7)
    assert claim(GpuName.RTX_PRO_6000, "2g.48gb") == Fraction(1, 2)


def test_seven_small_slices_bear_the_memory_slice_that_they_strand():
    shares = gpu_shares(H100, {"1g.10gb": 7})
    assert shares.device["1g.10gb"] == Fraction(1, 7)
    assert shares.unused == 0
    assert (shares.spare_compute_slices, shares.spare_memory_slices) == (0, 1)


def test_claims_of_more_than_a_gpu_shrink_by_one_factor():
    shares = gpu_shares(H100, {"4g.40gb": 1, "3g.40gb": 1})
    assert shares.device == {"4g.40gb": Fraction(8, 15), "3g.40gb": Fraction(7, 15)}
    assert shares.unused == 0


def test_what_a_layout_leaves_free_is_unused():
    shares = gpu_shares(H100, {"2g.20gb": 1, "1g.10gb": 1})
    assert shares.unused == Fraction(4, 7)
    assert (shares.spare_compute_slices, shares.spare_memory_slices) == (4, 5)


@given(cut_gpus())
def test_devices_and_the_unused_part_are_exactly_one_gpu(cut):
    gpu, devices = cut
    shares = gpu_shares(gpu, devices)
    assert sum(shares.device[name] * count for name, count in devices.items()) + shares.unused == 1
    assert all(0 < share <= 1 for share in shares.device.values())
    assert 0 <= shares.unused < 1


@given(cut_gpus(), st.integers(1, 8), st.integers(1, 3), st.integers(0, 2))
def test_a_pools_devices_and_its_unused_part_are_exactly_its_gpus(cut, gpus, cut_nodes, whole_nodes):
    gpu, devices = cut
    layouts = [node_layout(gpu, 8, [(gpus, devices)])] * cut_nodes + [node_layout(gpu, 8)] * whole_nodes
    shares = pool_shares(layouts)
    counts = {f"nvidia.com/mig-{name.replace('+', '.')}": n * gpus for name, n in devices.items()}
    parts = sum(shares.device[name] * count * cut_nodes for name, count in counts.items())
    whole = (8 - gpus) * cut_nodes + 8 * whole_nodes
    parts += shares.device.get("nvidia.com/gpu", 0) * whole
    assert parts + shares.unused == 8 * (cut_nodes + whole_nodes)


@pytest.mark.parametrize("gpu", PLACEABLE)
def test_nvidias_balanced_layout_leaves_nothing_to_the_platform(gpu):
    assert gpu_shares(gpu, known_layouts(gpu)["all-balanced"]).unused == 0


@pytest.mark.parametrize(("gpu", "profile"), [(H100, "1g.5gb"), (GpuName.RTX_PRO_4500, "1g.16gb")])
def test_an_unknown_share_is_refused_not_guessed(gpu, profile):
    with pytest.raises(ValueError, match="not known"):
        claim(gpu, profile)

import re
from fractions import Fraction
from itertools import pairwise

import pytest

from ai_platform.gpu.gpus import GPUS, GpuName, MigGeometry
from ai_platform.gpu.mig.placement import place
from ai_platform.gpu.mig.profiles import (
    all_balanced,
    device_memory_mib,
    gpu_share,
    known_layouts,
    placement_units,
    profiles,
    resource_name,
)

PLACEABLE = [gpu for gpu in GpuName if placement_units(gpu)]

# Every name in mig-parted v0.15.0's default file, without the leading "all-".
_NAMES = """
    disabled enabled balanced 1g.5gb 1g.5gb.me 2g.10gb 3g.20gb 4g.20gb 7g.40gb 1g.24gb.gfx 1g.24gb.me.all
    1g.24gb-me 2g.48gb 2g.48gb.gfx 2g.48gb.me.all 2g.48gb-me 4g.96gb 4g.96gb.gfx 1g.10gb 1g.10gb.me 1g.20gb
    2g.20gb 3g.40gb 4g.40gb 7g.80gb 1g.6gb 1g.6gb.me 2g.12gb 2g.12gb.me 4g.24gb 1g.12gb 1g.12gb.me 1g.24gb
    1g.24gb.me 2g.24gb 1g.47gb 2g.47gb 3g.93gb 4g.93gb 7g.186gb 3g.47gb 4g.47gb 7g.94gb 3g.48gb 4g.48gb
    7g.96gb 1g.18gb 1g.18gb.me 1g.23gb 1g.23gb.me 1g.34gb 1g.34gb.me 1g.35gb 1g.35gb.me 1g.36gb 1g.45gb
    1g.67gb 1g.70gb 2g.35gb 2g.36gb 2g.45gb 2g.67gb 2g.70gb 3g.71gb 3g.72gb 3g.90gb 3g.95gb 3g.135gb
    3g.139gb 4g.71gb 4g.72gb 4g.90gb 4g.95gb 4g.135gb 4g.139gb 7g.141gb 7g.144gb 7g.180gb 7g.189gb 7g.269gb
    7g.278gb
"""
NVIDIA_NAMES = set(_NAMES.split())
GB200_189_NAMES = {"3g.95gb", "4g.95gb", "7g.189gb"}


def test_a_gpu_has_profiles_exactly_when_it_has_a_geometry():
    for gpu in GpuName:
        assert bool(profiles(gpu)) == (GPUS[gpu].geometry is not None), gpu


def test_h100_profiles_are_those_of_the_hardware_listing():
    rows = profiles(GpuName.H100_80GB)
    assert list(rows) == ["1g.10gb", "1g.10gb+me", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb"]
    assert rows["1g.20gb"].memory_mib == 19968
    assert rows["1g.20gb"].multiprocessors == 26
    assert rows["3g.40gb"].starts == (0, 4)
    assert not any(row.estimated for row in rows.values())


def test_unpublished_placements_have_no_starts_and_no_others_lack_them():
    for gpu in GpuName:
        for row in profiles(gpu).values():
            assert bool(row.starts) == (GPUS[gpu].geometry is not MigGeometry.UNPUBLISHED)


def test_every_device_lies_inside_its_gpu_and_has_no_more_memory_than_its_name_says():
    for gpu in PLACEABLE:
        for row in profiles(gpu).values():
            assert max(row.starts) + row.memory_slices <= placement_units(gpu)
            assert 1 <= row.max_count <= len(row.starts)
            gigabytes = int(re.fullmatch(r"\dg\.(\d+)gb.*", row.name).group(1))
            assert row.memory_mib <= gigabytes * 1024, (gpu, row.name)


def test_memory_of_a_device_stays_below_its_share_of_the_gpu():
    for gpu in PLACEABLE:
        for row in profiles(gpu).values():
            assert row.memory_mib <= device_memory_mib(gpu) * gpu_share(gpu, row.name), (gpu, row.name)


def test_bigger_devices_never_have_less_memory_or_fewer_multiprocessors():
    for gpu in PLACEABLE:
        rows = list(profiles(gpu).values())
        for small, large in pairwise(rows):
            assert small.memory_mib <= large.memory_mib, (gpu, large.name)
            if small.multiprocessors and large.multiprocessors:
                assert small.multiprocessors <= large.multiprocessors, (gpu, large.name)


def test_every_resource_name_is_a_valid_kubernetes_resource():
    for gpu in GpuName:
        for name in profiles(gpu):
            prefix, local = resource_name(name).split("/")
            assert prefix == "nvidia.com"
            assert re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", local)
            assert len(local) <= 63
        assert len({resource_name(name) for name in profiles(gpu)}) == len(profiles(gpu))


def test_a_plus_in_a_profile_becomes_a_dot_in_the_resource():
    assert resource_name("1g.10gb+me") == "nvidia.com/mig-1g.10gb.me"
    assert resource_name("1g.24gb-me") == "nvidia.com/mig-1g.24gb-me"


def test_shares_are_memory_slices_of_the_geometry():
    assert gpu_share(GpuName.H100_80GB, "1g.10gb") == Fraction(1, 8)
    assert gpu_share(GpuName.H100_80GB, "3g.40gb") == Fraction(1, 2)
    assert gpu_share(GpuName.H100_80GB, "7g.80gb") == 1
    assert gpu_share(GpuName.A30, "2g.12gb") == Fraction(1, 2)
    assert gpu_share(GpuName.RTX_PRO_6000, "1g.24gb") == Fraction(1, 4)
    assert gpu_share(GpuName.RTX_PRO_6000, "4g.96gb") == 1


@pytest.mark.parametrize(
    ("gpu", "profile"),
    [(GpuName.H100_80GB, "1g.5gb"), (GpuName.L4, "1g.10gb"), (GpuName.RTX_PRO_4500, "1g.16gb")],
)
def test_an_unknown_share_is_refused_not_guessed(gpu, profile):
    with pytest.raises(ValueError, match="not known"):
        gpu_share(gpu, profile)


def test_every_known_layout_can_be_placed_and_carries_a_name_of_nvidias():
    for gpu in PLACEABLE:
        for name, devices in known_layouts(gpu).items():
            assert name.removeprefix("all-") in NVIDIA_NAMES, (gpu, name)
            assert place(gpu, devices) is not None, (gpu, name)


def test_all_of_nvidias_names_are_covered():
    ours = {name.removeprefix("all-") for gpu in PLACEABLE for name in known_layouts(gpu)}
    assert NVIDIA_NAMES - ours == GB200_189_NAMES | {"enabled"}


def test_two_layouts_of_a_gpu_are_never_the_same():
    for gpu in PLACEABLE:
        layouts = [tuple(sorted(devices.items())) for devices in known_layouts(gpu).values()]
        assert len(set(layouts)) == len(layouts)


def test_ambiguous_names_mean_what_the_gpu_makes_of_them():
    assert known_layouts(GpuName.A100_40GB)["all-1g.10gb"] == {"1g.10gb": 4}
    assert known_layouts(GpuName.H100_80GB)["all-1g.10gb"] == {"1g.10gb": 7}
    assert known_layouts(GpuName.H200_141GB)["all-1g.35gb"] == {"1g.35gb": 4}
    assert known_layouts(GpuName.GB300)["all-1g.35gb"] == {"1g.35gb": 7}


def test_balanced_layouts_are_nvidias():
    assert all_balanced(GpuName.H100_80GB) == {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1}
    assert all_balanced(GpuName.A30) == {"1g.6gb": 2, "2g.12gb": 1}
    assert all_balanced(GpuName.RTX_PRO_6000) == {"1g.24gb": 2, "2g.48gb": 1}
    assert all_balanced(GpuName.RTX_PRO_4500) is None
    assert known_layouts(GpuName.L4) == {"all-disabled": {}}


def test_as_many_devices_as_a_gpu_holds_never_have_more_than_the_gpu():
    for gpu in PLACEABLE:
        rows = profiles(gpu).values()
        whole = max(rows, key=lambda row: row.compute_slices)
        for row in rows:
            assert row.max_count * row.compute_slices <= whole.compute_slices, (gpu, row.name)
            assert row.max_count * row.memory_slices <= placement_units(gpu), (gpu, row.name)
            assert row.max_count * row.memory_mib <= device_memory_mib(gpu), (gpu, row.name)
            if row.multiprocessors and whole.multiprocessors:
                assert row.max_count * row.multiprocessors <= whole.multiprocessors, (gpu, row.name)


def test_listed_gpus_have_all_their_multiprocessors():
    for gpu in (GpuName.A30, GpuName.A100_40GB, GpuName.A100_80GB, GpuName.H100_80GB, GpuName.H100_94GB):
        assert all(row.multiprocessors for row in profiles(gpu).values())
    assert all(row.multiprocessors for row in profiles(GpuName.H200_141GB).values())

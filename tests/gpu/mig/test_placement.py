from collections import Counter
from itertools import combinations_with_replacement, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig.placement import all_layouts, place, why_not
from ai_platform.gpu.mig.profiles import placement_units, profiles
from tests.examples import examples

H100 = GpuName.H100_80GB
RTX = GpuName.RTX_PRO_6000

# Written out a second time on purpose: profile, size, starts, as the hardware listings have them.
REFERENCE = {
    H100: (
        ("1g.10gb", 1, range(7)),
        ("1g.10gb+me", 1, range(7)),
        ("1g.20gb", 2, (0, 2, 4, 6)),
        ("2g.20gb", 2, (0, 2, 4)),
        ("3g.40gb", 4, (0, 4)),
        ("4g.40gb", 4, (0,)),
        ("7g.80gb", 8, (0,)),
    ),
    GpuName.A30: (
        ("1g.6gb", 1, range(4)),
        ("1g.6gb+me", 1, range(4)),
        ("2g.12gb", 2, (0, 2)),
        ("2g.12gb+me", 2, (0, 2)),
        ("4g.24gb", 4, (0,)),
    ),
    RTX: (
        *((f"1g.24gb{suffix}", 3, (0, 3, 6, 9)) for suffix in ("", "+me", "+gfx", "+me.all", "-me")),
        *((f"2g.48gb{suffix}", 6, (0, 6)) for suffix in ("", "+gfx", "+me.all", "-me")),
        *((f"4g.96gb{suffix}", 12, (0,)) for suffix in ("", "+gfx")),
    ),
}


def placeable_by_brute_force(gpu):
    """Every multiset of devices that some set of non-overlapping slots yields."""
    slots = [
        (name, frozenset(range(start, start + size)))
        for name, size, starts in REFERENCE[gpu]
        for start in starts
    ]
    found: set[tuple[str, ...]] = set()
    frontier: list[tuple[int, frozenset[int], tuple[str, ...]]] = [(0, frozenset(), ())]
    while frontier:
        first, taken, names = frontier.pop()
        if media_engines_suffice(names):
            found.add(tuple(sorted(names)))
        for index in range(first, len(slots)):
            name, units = slots[index]
            if not taken & units:
                frontier.append((index + 1, taken | units, (*names, name)))
    return found


def media_engines_suffice(names):
    if sum("+me" in name for name in names) > 1:
        return False
    if any(name.endswith("+me.all") for name in names):
        return all(name.endswith(("+me.all", "-me")) for name in names)
    return True


@pytest.mark.parametrize(("gpu", "most"), [(H100, 8), (GpuName.A30, 6), (RTX, 5)])
def test_placement_agrees_with_brute_force_on_every_combination(gpu, most):
    expected = placeable_by_brute_force(gpu)
    names = sorted(profiles(gpu))
    for size in range(1, most + 1):
        for combination in combinations_with_replacement(names, size):
            placed = place(gpu, Counter(combination)) is not None
            assert placed == (combination in expected), combination


@pytest.mark.parametrize("gpu", [H100, GpuName.A30, RTX])
def test_the_list_of_all_layouts_is_what_brute_force_finds(gpu):
    listed = [Counter(dict(layout)) for layout in all_layouts(gpu)]
    expected = placeable_by_brute_force(gpu) - {()}
    assert {tuple(sorted(layout.elements())) for layout in listed} == expected
    assert len(listed) == len(expected)


def test_every_gpu_of_a_class_has_its_geometry():
    for gpu in GpuName:
        twin = {8: H100, 4: GpuName.A30, 12: RTX}.get(placement_units(gpu))
        if twin:
            geometry = [(row.memory_slices, row.starts, row.max_count) for row in profiles(gpu).values()]
            assert geometry == [
                (row.memory_slices, row.starts, row.max_count) for row in profiles(twin).values()
            ], gpu


def devices_of(gpu):
    return st.dictionaries(st.sampled_from(sorted(profiles(gpu))), st.integers(1, 7), max_size=4)


placeable_gpus = st.sampled_from([gpu for gpu in GpuName if placement_units(gpu)])
requests = placeable_gpus.flatmap(lambda gpu: st.tuples(st.just(gpu), devices_of(gpu)))


@examples(150)
@given(requests)
def test_slots_hold_what_was_asked_for_without_overlap(request):
    gpu, devices = request
    slots = place(gpu, devices)
    if slots is None:
        return
    assert Counter(slot.profile for slot in slots) == Counter(devices)
    assert all(slot.start in profiles(gpu)[slot.profile].starts for slot in slots)
    for before, after in pairwise(slots):
        assert before.start + before.size <= after.start


@examples(150)
@given(requests)
def test_the_order_of_the_request_does_not_matter(request):
    gpu, devices = request
    assert place(gpu, devices) == place(gpu, dict(reversed(devices.items())))


@examples(150)
@given(requests)
def test_there_is_a_reason_exactly_when_there_is_no_placement(request):
    gpu, devices = request
    assert bool(why_not(gpu, devices)) == (place(gpu, devices) is None)


def test_two_2g_and_a_3g_fit_only_with_the_3g_behind():
    slots = place(H100, {"3g.40gb": 1, "2g.20gb": 2})
    assert [(slot.start, slot.profile) for slot in slots] == [(0, "2g.20gb"), (2, "2g.20gb"), (4, "3g.40gb")]


def test_nothing_asked_for_takes_no_slots():
    assert place(GpuName.L4, {}) == ()
    assert why_not(GpuName.L4, {}) == ""


@pytest.mark.parametrize(
    ("gpu", "devices", "parts"),
    [
        (H100, {"1g.5gb": 1}, ["no MIG profile '1g.5gb'", "closest is '1g.10gb'", "3g.40gb, 4g.40gb"]),
        (H100, {"3g.40gb": 3}, ["at most 2× 3g.40gb", "nearest that fits is 2× 3g.40gb"]),
        (H100, {"1g.10gb": 5, "3g.40gb": 1}, ["needs 9 memory slices", "has 8", "4× 1g.10gb + 1× 3g.40gb"]),
        (H100, {"4g.40gb": 1, "2g.20gb": 2}, ["starts collide", "2g.20gb at 0/2/4", "nearest that fits"]),
        (H100, {"1g.10gb": 0}, ["0× 1g.10gb is not a number of devices"]),
        (GpuName.A30, {"1g.6gb+me": 1, "2g.12gb+me": 1}, ["one set of media extensions", "nearest"]),
        (RTX, {"1g.24gb+me.all": 1, "2g.48gb": 1}, ["every media engine", "nearest that fits is 1× 2g.48gb"]),
        (GpuName.T4, {"1g.10gb": 1}, ["T4 can't be partitioned"]),
        (GpuName.RTX_PRO_4500, {"1g.16gb": 2}, ["not published"]),
        (GpuName.RTX_PRO_5000, {"4g.48gb": 1}, ["not published"]),
    ],
)
def test_the_reason_says_what_is_wrong_and_what_comes_nearest(gpu, devices, parts):
    reason = why_not(gpu, devices)
    assert place(gpu, devices) is None
    assert "\n" not in reason
    for part in parts:
        assert part in reason

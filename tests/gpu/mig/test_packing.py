from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.gpu.gpus import GPUS, GpuName
from ai_platform.gpu.mig.first_fit import balanced_gpus, first_fit
from ai_platform.gpu.mig.layout import layout_name, node_layout, node_resources
from ai_platform.gpu.mig.packing import pack
from ai_platform.gpu.mig.packing_spec import Request, Supply
from ai_platform.gpu.mig.placement import place
from ai_platform.gpu.mig.profiles import profiles, resource_name
from tests.examples import examples

H100, A30, RTX = GpuName.H100_80GB, GpuName.A30, GpuName.RTX_PRO_6000
ROOMY = 200


def supply(gpu=H100, nodes=1, gpus=8, **more):
    return Supply("pool", gpu, gpus, nodes, **more)


def request(profile, count, team="a"):
    return Request(team, count, profile)


def needed(gpu, devices):
    packing = pack([supply(gpu, ROOMY)], [request(name, count) for name, count in devices.items()])
    assert not packing.unserved
    return packing


def fewest_by_hand(devices):
    """GPUs of seven slices for devices without +me, by counting halves and quarters instead of layouts."""
    one, double, two, three, four, seven = (
        devices.get(name, 0) for name in ("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb")
    )
    for gpus in range(1000):
        left = gpus - four - max(0, three - gpus)
        right = gpus - min(three, gpus)
        if left < 0:
            continue
        # A left half has two quarters for 2g, 1g.20gb or two 1g; a right half one, and one that no 2g fits.
        quarters = 2 * left + right - two - max(0, double - right)
        if quarters >= 0 and one <= 2 * quarters + right - min(double, right):
            return gpus + seven
    return None


def devices_of(gpu, most=12):
    return st.dictionaries(st.sampled_from(sorted(profiles(gpu))), st.integers(1, most), min_size=1)


gpus_and_devices = st.sampled_from([H100, A30, RTX]).flatmap(
    lambda gpu: st.tuples(st.just(gpu), devices_of(gpu))
)


@examples(12)
@given(devices_of(H100, 25))
def test_seven_slices_take_as_few_gpus_as_counting_halves_says(devices):
    devices.pop("1g.10gb+me", None)
    assert needed(H100, devices).used == fewest_by_hand(devices)


def test_small_requests_take_as_few_gpus_as_trying_every_way():
    def fewest(counts, layouts):
        """GPUs for ``counts`` by exhaustion."""
        reach, steps = {tuple(counts)}, 0
        while (0,) * len(counts) not in reach:
            reach = {
                tuple(max(0, want - have) for want, have in zip(state, layout, strict=True))
                for state in reach
                for layout in layouts
            }
            steps += 1
        return steps

    for gpu, names in [
        (H100, ["1g.10gb", "1g.10gb+me", "1g.20gb", "3g.40gb"]),
        (A30, ["1g.6gb", "1g.6gb+me", "2g.12gb", "2g.12gb+me"]),
        (RTX, ["1g.24gb", "1g.24gb+me.all", "1g.24gb-me", "2g.48gb"]),
    ]:
        grid = [(a, b, c, d) for a in range(8) for b in range(3) for c in range(5) for d in range(3)]
        layouts = [row for row in grid if place(gpu, _named(names, row)) is not None]
        for counts in [(3, 2, 4, 1), (9, 3, 2, 2), (0, 2, 5, 3)]:
            assert needed(gpu, _named(names, counts)).used == fewest(counts, layouts), (gpu, counts)


def _named(names, counts):
    return {name: count for name, count in zip(names, counts, strict=True) if count}


@examples(12)
@given(gpus_and_devices)
def test_no_packing_by_hand_takes_fewer_gpus(case):
    gpu, devices = case
    packing = needed(gpu, devices)
    assert packing.gap == 0
    assert packing.used <= len(first_fit(gpu, devices))
    balanced = balanced_gpus(gpu, devices)
    assert balanced is None or packing.used <= balanced


@examples(12)
@given(gpus_and_devices, st.integers(1, 6), st.sampled_from([1, 2, 4, 8]))
def test_every_layout_is_placeable_and_holds_what_was_served(case, nodes, per_node):
    gpu, devices = case
    packing = pack([supply(gpu, nodes, per_node)], [request(name, count) for name, count in devices.items()])
    pool = packing.pools[0]
    assert len(pool.layouts) == nodes
    offered: Counter[str] = Counter()
    for layout in pool.layouts:
        assert layout.gpu_count == per_node
        assert all(place(gpu, dict(devices)) is not None for devices in layout.partitions)
        offered.update(node_resources(layout))
    served: Counter[str] = Counter()
    for item in packing.served:
        served[item.profile] += item.count
    assert all(offered[resource_name(name)] >= count for name, count in served.items())
    for index, (name, count) in enumerate(devices.items()):
        short = sum(item.count for item in packing.unserved if item.request == index)
        assert sum(item.count for item in packing.served if item.request == index) + short == count
        assert all(item.profile == name for item in packing.served if item.request == index)
    assert packing.bound <= packing.used <= nodes * per_node
    assert pool.fewest_layouts <= pool.different_layouts


@examples(12)
@given(gpus_and_devices, st.integers(1, 20))
def test_one_more_gpu_never_serves_less(case, gpus):
    gpu, devices = case
    requests = [request(name, count) for name, count in devices.items()]

    def served(count):
        units = {name: profiles(gpu)[name].memory_slices for name in devices}
        return sum(
            item.count * units[item.profile] for item in pack([supply(gpu, count, 1)], requests).served
        )

    less, more = served(gpus), served(gpus + 1)
    assert less <= more
    if not pack([supply(gpu, gpus, 1)], requests).unserved:
        assert not pack([supply(gpu, gpus + 1, 1)], requests).unserved


@examples(10)
@given(
    st.lists(st.tuples(st.integers(1, 80_000), st.integers(1, 7), st.integers(1, 4)), min_size=1, max_size=5)
)
def test_a_need_gets_devices_at_least_as_large(needs):
    requests = [Request("a", count, None, memory, compute) for memory, compute, count in needs]
    pools = [Supply("h", H100, 8, 1), Supply("a", A30, 4, 2), Supply("l", GpuName.L4, 4, 1)]
    gpu = {pool.pool: pool.gpu for pool in pools}
    for item in pack(pools, requests).served:
        row = profiles(gpu[item.pool]).get(item.profile)
        wanted = requests[item.request]
        assert (row.memory_mib if row else GPUS[gpu[item.pool]].memory_mib) >= wanted.memory_mib
        assert (row.compute_slices if row else 7) >= wanted.compute_slices


def test_whole_gpus_and_slices_share_a_pool():
    packing = pack([supply()], [request("gpus", 6), request("1g.10gb", 9), request("3g.40gb", 1)])
    assert not packing.unserved
    assert packing.pools[0].layouts[0].whole == 6
    assert packing.used == 8


def test_when_gpus_are_short_the_last_requests_wait_and_the_answer_says_how_many_gpus_are_missing():
    requests = [request("3g.40gb", 12, "first"), request("3g.40gb", 8, "last")]
    packing = pack([supply()], requests)
    assert [(item.request, item.count) for item in packing.unserved] == [(1, 4)]
    assert packing.gpus_for_all == 10
    assert packing.unserved[0].reason == "the 8 GPUs of pool are full; 10 would do"


@pytest.mark.parametrize(
    ("gpu", "wanted", "part"),
    [
        (H100, Request("a", 1, "1g.5gb"), "no MIG profile 1g.5gb on H100-80GB; there are 1g.10gb,"),
        (
            H100,
            Request("a", 1, None, 90_000),
            "no H100-80GB has 90000 MiB; H100-80GB has 81559 MiB and 7 compute slices",
        ),
        (H100, Request("a", 1, "1g.10gb", pool="other"), "no pool other; the pools are pool"),
        (GpuName.L4, Request("a", 1, "1g.10gb"), "L4 can't be cut"),
        (GpuName.RTX_PRO_4500, Request("a", 1, "1g.16gb"), "not published"),
    ],
)
def test_what_no_gpu_can_serve_is_named_with_the_reason(gpu, wanted, part):
    packing = pack([supply(gpu)], [wanted])
    assert part in packing.unserved[0].reason
    assert packing.gpus_for_all is None
    assert packing.used == 0


def test_two_pools_and_nothing_that_they_can_serve_is_an_answer_too():
    pools = [Supply("h", H100, 1, 1), Supply("a", A30, 1, 4)]
    for requests in ([], [request("1g.99gb", 1)], [request("1g.6gb", 0)]):
        packing = pack(pools, requests)
        assert packing.used == packing.bound == 0
        assert sum(item.count for item in packing.unserved) == sum(item.count for item in requests)


gpu_models = st.sampled_from([H100, A30, RTX, GpuName.L4, GpuName.RTX_PRO_4500, GpuName.A100_40GB])
any_pool = st.tuples(gpu_models, st.integers(1, 4), st.integers(1, 3))
any_request = st.builds(
    Request,
    st.just("a"),
    st.integers(0, 9),
    st.sampled_from([None, "gpus", "1g.10gb", "1g.6gb+me", "3g.40gb", "2g.48gb-me", "1g.99gb"]),
    st.integers(0, 120_000),
    st.integers(1, 7),
    st.sampled_from([None, "pool-0", "no-pool"]),
)


@examples(10)
@given(st.lists(any_pool, min_size=1, max_size=3), st.lists(any_request, max_size=5))
def test_any_pools_and_requests_have_an_answer_that_adds_up(pools, requests):
    supplies = [Supply(f"pool-{at}", *(gpu, per, nodes)) for at, (gpu, per, nodes) in enumerate(pools)]
    packing = pack(supplies, requests)
    for index, wanted in enumerate(requests):
        got = sum(item.count for item in packing.served if item.request == index)
        assert got + sum(item.count for item in packing.unserved if item.request == index) == wanted.count
    for pool in packing.pools:
        offered: Counter[str] = Counter()
        for layout in pool.layouts:
            offered.update(node_resources(layout))
        for name, count in pool.served.items():
            assert offered["nvidia.com/gpu" if name == "gpus" else resource_name(name)] >= count
    assert packing.bound <= packing.used <= sum(per * nodes for _, per, nodes in pools)


def test_one_profile_is_served_by_two_pools_the_first_of_them_first():
    pools = [Supply("h", H100, 1, 1), Supply("a", GpuName.A100_80GB, 1, 4)]
    packing = pack(pools, [request("1g.10gb", 10), request("7g.80gb", 1)])
    assert packing.used == 3
    assert {(item.request, item.pool): item.count for item in packing.served} == {
        (0, "h"): 7,
        (0, "a"): 3,
        (1, "a"): 1,
    }


def test_a_need_beside_a_device_with_all_media_engines_gets_the_twin_without():
    packing = pack([supply(RTX, 1, 1)], [request("1g.24gb+me.all", 1), Request("a", 3, None, 20_000)])
    assert not packing.unserved
    assert {item.profile for item in packing.served} == {"1g.24gb+me.all", "1g.24gb-me"}


def test_equal_needs_give_equal_nodes_with_nvidias_name():
    pool = needed(H100, {"1g.10gb": 7 * 8 * 5 - 3}).pools[0]
    assert [layout_name(layout) for layout in pool.layouts[:6]] == ["all-1g.10gb"] * 5 + ["all-disabled"]
    assert pool.different_layouts == pool.fewest_layouts == 1


def test_cut_gpus_fill_as_few_nodes_as_they_can():
    pool = needed(H100, {"3g.40gb": 2 * 11}).pools[0]
    assert [layout.whole for layout in pool.layouts[:3]] == [0, 5, 8]


def test_the_order_of_the_requests_does_not_change_the_layouts():
    requests = [request("1g.10gb", 5), request("2g.20gb", 9), request("3g.40gb", 4), request("4g.40gb", 3)]
    packed = [pack([supply(nodes=4)], order) for order in (requests, requests[::-1])]
    assert packed[0].pools == packed[1].pools


def test_a_running_layout_that_suffices_stays():
    kept = node_layout(H100, 8, [(1, {"1g.10gb": 4, "3g.40gb": 1}), (1, {"1g.10gb": 7})])
    whole = node_layout(H100, 8)
    pool = pack([supply(nodes=2, running=(whole, kept))], [request("1g.10gb", 11)]).pools[0]
    assert pool.layouts == (whole, kept)
    assert pool.drained == 0


def test_a_changed_need_drains_only_what_has_to_change():
    running = node_layout(H100, 8, [(6, {"1g.10gb": 7})])
    requests = [request("1g.10gb", 35), request("3g.40gb", 2)]
    pool = pack([supply(nodes=2, running=(node_layout(H100, 8), running))], requests).pools[0]
    assert pool.drained == 1
    assert pool.layouts[0].whole == 8


@examples(12)
@given(devices_of(H100, 6), devices_of(H100, 6))
def test_knowing_what_runs_never_costs_gpus_nor_layouts(before, after):
    running = needed(H100, before).pools[0].layouts[:4]
    requests = [request(name, count) for name, count in after.items()]
    fresh, redrawn = (pack([supply(nodes=4, running=layouts)], requests) for layouts in ((), running))
    assert redrawn.used == fresh.used
    assert redrawn.pools[0].different_layouts <= fresh.pools[0].different_layouts
    kept = zip(running, fresh.pools[0].layouts, strict=True)
    differing = sum(a != b for old, new in kept for a, b in zip(old.partitions, new.partitions, strict=True))
    assert redrawn.pools[0].drained <= differing


def test_the_gap_is_the_part_that_might_be_saved():
    assert needed(H100, {"1g.10gb": 1}).gap == Fraction(0)
    assert pack([supply()], []).gap == 0

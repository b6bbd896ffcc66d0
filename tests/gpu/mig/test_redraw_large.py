from collections import Counter
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig.alignment import drained
from ai_platform.gpu.mig.layout import NodeLayout
from ai_platform.gpu.mig.packing import pack
from ai_platform.gpu.mig.packing_spec import Request, Supply
from ai_platform.gpu.mig.patterns import patterns
from ai_platform.gpu.mig.profiles import profiles
from ai_platform.gpu.mig.redraw_anew import anew
from ai_platform.gpu.mig.redraw_bound import Measures, measured
from ai_platform.gpu.mig.redraw_mixed import mixed
from ai_platform.gpu.mig.refine import refined
from tests.examples import examples

A30, H100, NODES, PER_NODE = GpuName.A30, GpuName.H100_80GB, 20, 8
needs = st.fixed_dictionaries(
    {"1g.6gb": st.integers(40, 200), "2g.12gb": st.integers(10, 60), "4g.24gb": st.integers(1, 20)}
)


@cache
def packed(gpu, nodes, wanted, running=()):
    requests = [Request("a", count, name) for name, count in wanted]
    return pack([Supply("pool", gpu, PER_NODE, nodes, running)], requests).pools[0]


def packed_for(wanted, running=(), nodes=NODES, gpu=A30):
    return packed(gpu, nodes, tuple(wanted.items()), tuple(running))


def devices(layouts):
    rows = [row for layout in layouts for row in layout.partitions]
    return Counter(name for row in rows for name, count in row for _ in range(count))


def random_nodes(gpu, kinds, nodes):
    rows = patterns(gpu, frozenset(profiles(gpu)))
    made = [
        NodeLayout(gpu, tuple(rows[(7 * kind + 5 * at) % len(rows)] for at in range(PER_NODE)))
        for kind in range(kinds)
    ]
    return [made[node % kinds] for node in range(nodes)]


@examples(15)
@given(needs, st.integers(1, 6))
def test_what_is_chosen_anew_holds_as_much_on_as_few_gpus_and_drains_no_more(wanted, kinds):
    fresh = packed_for(wanted)
    supply = Supply("pool", A30, PER_NODE, NODES, tuple(random_nodes(A30, kinds, NODES)))
    found = anew(supply, fresh.layouts, fresh.served)
    assert measured(found).cut == measured(fresh.layouts).cut
    assert measured(found).cut_nodes == measured(fresh.layouts).cut_nodes
    assert measured(found).different <= measured(fresh.layouts).different
    assert all(devices(found)[name] >= count for name, count in fresh.served.items())
    assert drained(supply.running, found) <= drained(supply.running, fresh.layouts)


@examples(15)
@given(needs, needs, st.integers(0, 1))
def test_running_layouts_beside_new_ones_hold_as_much_on_as_few_gpus_and_drain_no_more(old, new, more):
    running, fresh = packed_for(old).layouts, packed_for(new)
    limits = measured(fresh.layouts)
    allowed = Measures(limits.cut, limits.cut_nodes, limits.different + more)
    found = mixed(Supply("pool", A30, PER_NODE, NODES, running), fresh.layouts, fresh.served, allowed, 0)
    assert (measured(found).cut, measured(found).cut_nodes) == (limits.cut, limits.cut_nodes)
    assert measured(found).different <= allowed.different
    assert all(devices(found)[name] >= count for name, count in fresh.served.items())
    assert drained(running, found) <= drained(running, fresh.layouts)


def test_where_most_gpus_change_those_that_need_not_are_kept():
    wanted = {"1g.6gb": 161, "2g.12gb": 44, "1g.6gb+me": 32, "4g.24gb": 9, "2g.12gb+me": 9}
    running = random_nodes(A30, 4, NODES)
    fresh, pool = packed_for(wanted), packed_for(wanted, running)
    assert pool.different_layouts <= fresh.different_layouts
    in_order = drained(running, refined(running, fresh.layouts))
    assert pool.fewest_drained <= pool.drained < in_order - 10


@pytest.mark.parametrize(("gpu", "less"), [(A30, 0.97), (H100, 0.97), (H100, 0.9)])
def test_fewer_needs_in_a_large_pool_drain_hardly_more_than_is_proven_to_be_unavoidable(gpu, less):
    names = [name for name in profiles(gpu) if "+" not in name]
    wanted = {name: 420 // (at + 1) ** 2 for at, name in enumerate(names)}
    running = packed_for(wanted, nodes=60, gpu=gpu).layouts
    smaller = {name: int(count * less) for name, count in wanted.items()}
    fresh, pool = (packed_for(smaller, there, 60, gpu) for there in ((), running))
    gpus = 60 * PER_NODE
    assert pool.drained_gap <= gpus // 50
    assert pool.cut == fresh.cut
    assert pool.different_layouts <= fresh.different_layouts + 1


def test_a_layout_more_is_taken_where_one_less_would_drain_many_gpus_of_a_large_pool():
    running = packed_for({"7g.80gb": 100, "3g.40gb": 300}, nodes=40, gpu=H100).layouts
    wanted = {"7g.80gb": 99, "3g.40gb": 300}
    fresh, pool = packed_for(wanted, (), 40, H100), packed_for(wanted, running, 40, H100)
    assert (fresh.different_layouts, fresh.layouts_gap) == (2, 0)
    assert (pool.different_layouts, pool.drained, pool.drained_gap) == (3, 1, 0)
    assert drained(running, fresh.layouts) > 50


def test_fewer_layouts_are_found_and_proven_for_a_large_pool_too():
    wanted = {"1g.6gb": 1619, "2g.12gb": 441, "1g.6gb+me": 321, "4g.24gb": 99, "2g.12gb+me": 91}
    pool = packed_for(wanted, nodes=125)
    assert pool.fewest_layouts >= 3
    assert pool.different_layouts <= 4

from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig.alignment import drained
from ai_platform.gpu.mig.layout import NodeLayout
from ai_platform.gpu.mig.packing import pack
from ai_platform.gpu.mig.packing_spec import Request, Supply
from ai_platform.gpu.mig.patterns import patterns
from ai_platform.gpu.mig.placement import all_layouts
from tests.examples import examples

A30, H100 = GpuName.A30, GpuName.H100_80GB
NAMES = ("1g.6gb", "2g.12gb", "4g.24gb")
ROWS = [(), *(row for row in all_layouts(A30) if all(name in NAMES for name, _ in row))]


def packed(per_node, nodes, wanted, running=(), gpu=A30):
    requests = [Request("a", count, name) for name, count in wanted.items()]
    return pack([Supply("pool", gpu, per_node, nodes, tuple(running))], requests)


def measures(layouts, running):
    """What is to be small, the most important first."""
    cuts = [layout.gpu_count - layout.whole for layout in layouts]
    different = {layout for layout, cut in zip(layouts, cuts, strict=True) if cut}
    return sum(cuts), sum(cut > 0 for cut in cuts), len(different), drained(running, layouts)


def best_of_all(per_node, nodes, wanted, running):
    """The best measures of any layouts that hold what is wanted, by trying all of them."""
    options = [NodeLayout(A30, row) for row in product(ROWS, repeat=per_node)]
    made = [sum((Counter(dict(row)) for row in option.partitions), Counter()) for option in options]
    found = [
        measures([options[at] for at in chosen], running)
        for chosen in product(range(len(options)), repeat=nodes)
        if all(sum(made[at][name] for at in chosen) >= count for name, count in wanted.items())
    ]
    return min(found, default=None)


@st.composite
def small_pools(draw):
    per_node, nodes = draw(st.sampled_from([(1, 2), (2, 1), (1, 3)]))
    running = st.lists(st.sampled_from(ROWS), min_size=per_node, max_size=per_node)
    there = [
        NodeLayout(A30, tuple(draw(running))) for _ in range(draw(st.integers(max(1, nodes - 1), nodes)))
    ]
    return per_node, nodes, {name: draw(st.integers(0, 4)) for name in NAMES}, there


@examples(24)
@given(small_pools())
def test_small_pools_are_as_good_as_the_best_of_all_layouts(case):
    running = case[-1]
    packing, best = packed(*case), best_of_all(*case)
    assert bool(packing.unserved) == (best is None)
    if best:
        pool = packing.pools[0]
        assert measures(pool.layouts, running) == best
        assert pool.fewest_layouts <= best[2]
        assert pool.fewest_drained == best[3] == pool.drained


def test_two_nodes_of_two_gpus_are_as_good_as_the_best_of_6561_layouts():
    ones, mixed, halves = (("1g.6gb", 4),), (("1g.6gb", 2), ("2g.12gb", 1)), (("2g.12gb", 2),)
    running = [NodeLayout(A30, (ones, halves)), NodeLayout(A30, (mixed, ones))]
    wanted = {"1g.6gb": 7, "2g.12gb": 3}
    pool = packed(2, 2, wanted, running).pools[0]
    assert measures(pool.layouts, running) == best_of_all(2, 2, wanted, running)
    assert pool.drained_gap == 0


rows = patterns(H100, frozenset({"1g.10gb", "2g.20gb", "3g.40gb"}))
pools = st.lists(st.lists(st.sampled_from([(), *rows]), min_size=8, max_size=8), min_size=1, max_size=6)
needs = st.fixed_dictionaries({"1g.10gb": st.integers(0, 60), "3g.40gb": st.integers(0, 20)})


@examples(20)
@given(pools, needs)
def test_fewer_gpus_than_the_bound_are_never_drained(there, wanted):
    running = [NodeLayout(H100, tuple(row)) for row in there]
    fresh, pool = (packed(8, 6, wanted, layouts, H100).pools[0] for layouts in ((), running))
    assert pool.fewest_drained <= pool.drained == drained(running, pool.layouts)
    assert measures(pool.layouts, running)[:2] == measures(fresh.layouts, running)[:2]
    assert pool.different_layouts <= fresh.different_layouts
    assert pool.drained <= drained(running, fresh.layouts)


@pytest.mark.parametrize(
    ("before", "after", "fewest"),
    [
        ({"7g.80gb": 100, "3g.40gb": 300}, {"7g.80gb": 99, "3g.40gb": 300}, 1),
        ({"7g.80gb": 100, "3g.40gb": 300}, {"7g.80gb": 96, "3g.40gb": 304}, 8),
        (
            {"1g.10gb": 300, "2g.20gb": 200, "3g.40gb": 250},
            {"1g.10gb": 310, "2g.20gb": 190, "3g.40gb": 240},
            9,
        ),
    ],
)
def test_a_small_change_in_a_large_pool_drains_as_few_gpus_as_is_proven_to_be_possible(before, after, fewest):
    running = packed(8, 40, before, gpu=H100).pools[0].layouts
    pool = packed(8, 40, after, running, H100).pools[0]
    assert pool.drained == pool.fewest_drained == fewest


def test_nodes_that_all_differ_become_alike_where_few_layouts_do():
    running = [
        NodeLayout(H100, tuple(rows[(node * 3 + at) % len(rows)] for at in range(8))) for node in range(30)
    ]
    pool = packed(8, 30, {"1g.10gb": 200, "3g.40gb": 200}, running, H100).pools[0]
    assert pool.different_layouts <= 3
    assert pool.fewest_drained <= pool.drained < 240

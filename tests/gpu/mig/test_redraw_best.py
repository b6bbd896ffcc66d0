from collections import Counter
from functools import cache
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig.alignment import drained
from ai_platform.gpu.mig.layout import NodeLayout, node_resources
from ai_platform.gpu.mig.packing import pack
from ai_platform.gpu.mig.packing_spec import Request, Supply
from ai_platform.gpu.mig.patterns import patterns
from ai_platform.gpu.mig.profiles import profiles, resource_name
from ai_platform.gpu.mig.refine import refined
from tests.examples import examples

A30, H100, RTX = GpuName.A30, GpuName.H100_80GB, GpuName.RTX_PRO_6000
ROWS = [(), (("1g.6gb", 4),), (("1g.6gb", 2), ("2g.12gb", 1)), (("2g.12gb", 2),), (("4g.24gb", 1),)]


def packed(gpu, per_node, nodes, wanted, running=()):
    requests = [Request("a", count, name) for name, count in wanted.items()]
    return pack([Supply("pool", gpu, per_node, nodes, tuple(running))], requests)


@cache
def options(per_node):
    """Every layout of a node, with its devices. Rows that hold less than these help nobody."""
    rows = product(ROWS, repeat=per_node)
    return [(row, sum((Counter(dict(devices)) for devices in row), Counter())) for row in rows]


def best_of_all(per_node, wanted, running):
    """The best (cut GPUs, cut nodes, different layouts, drained GPUs), by trying all."""
    best = None
    for chosen in product(options(per_node), repeat=len(running)):
        if any(sum(made[name] for _, made in chosen) < count for name, count in wanted.items()):
            continue
        cuts = [sum(map(bool, row)) for row, _ in chosen]
        changes = sum(
            old != new
            for layout, (row, _) in zip(running, chosen, strict=True)
            for old, new in zip(layout.partitions, row, strict=True)
        )
        found = (sum(cuts), sum(map(bool, cuts)), len({row for row, _ in chosen if any(row)}), changes)
        best = found if best is None else min(best, found)
    return best


@st.composite
def tiny_pools(draw):
    per_node, nodes = draw(st.sampled_from([(2, 2), (3, 1), (1, 4), (4, 1)]))
    rows = st.lists(st.sampled_from(ROWS), min_size=per_node, max_size=per_node)
    running = [NodeLayout(A30, tuple(draw(rows))) for _ in range(nodes)]
    gpus = per_node * nodes
    few = {"1g.6gb": st.integers(0, 2 * gpus), "2g.12gb": st.integers(0, gpus), "4g.24gb": st.integers(0, 1)}
    return per_node, draw(st.fixed_dictionaries(few)), running


@examples(40)
@given(tiny_pools())
def test_as_few_gpus_are_drained_as_trying_every_layout_finds_and_it_is_proven(case):
    per_node, wanted, running = case
    packing, best = packed(A30, per_node, len(running), wanted, running), best_of_all(*case)
    assert bool(packing.unserved) == (best is None)
    if best:
        pool = packing.pools[0]
        cut_nodes = sum(layout.whole < per_node for layout in pool.layouts)
        assert (pool.cut, cut_nodes, pool.different_layouts, pool.drained) == best
        assert pool.fewest_drained == best[-1]


def mixed_nodes(gpu, per_node, kinds):
    rows = patterns(gpu, frozenset(profiles(gpu)))
    return [
        NodeLayout(gpu, tuple(rows[(7 * kind + 5 * at) % len(rows)] for at in range(per_node)))
        for kind in range(kinds)
    ]


@pytest.mark.parametrize(
    ("gpu", "per_node", "nodes", "kinds", "wanted", "fewest"),
    [
        (H100, 8, 8, 3, {"1g.10gb": 100, "3g.40gb": 30, "2g.20gb": 40}, 54),
        (A30, 4, 16, 16, {"1g.6gb": 80, "2g.12gb": 27, "4g.24gb": 10}, 49),
        (RTX, 2, 16, 16, {"1g.24gb": 50, "2g.48gb": 15, "4g.96gb": 3}, 30),
        (H100, 1, 64, 64, {"1g.10gb": 130, "3g.40gb": 30, "2g.20gb": 30, "4g.40gb": 9}, 59),
    ],
)
def test_pools_of_up_to_64_gpus_are_proven_to_drain_the_fewest(gpu, per_node, nodes, kinds, wanted, fewest):
    made = mixed_nodes(gpu, per_node, kinds)
    running = [made[node % kinds] for node in range(nodes)]
    fresh, pool = (packed(gpu, per_node, nodes, wanted, there).pools[0] for there in ((), running))
    assert (pool.drained, pool.drained_gap, pool.layouts_gap) == (fewest, 0, 0)
    assert (pool.cut, pool.different_layouts) == (fresh.cut, fresh.different_layouts)


some_pools = st.sampled_from([(H100, 8, 4), (A30, 4, 6), (RTX, 2, 8), (H100, 1, 12)]).flatmap(
    lambda pool: st.tuples(
        st.just(pool),
        st.lists(
            st.lists(
                st.sampled_from([(), *patterns(pool[0], frozenset(list(profiles(pool[0]))[:4]))]),
                min_size=pool[1],
                max_size=pool[1],
            ),
            min_size=1,
            max_size=pool[2],
        ),
        st.dictionaries(st.sampled_from(sorted(profiles(pool[0]))[:5]), st.integers(1, 9), min_size=1),
    )
)


@examples(15)
@given(some_pools)
def test_what_runs_never_costs_gpus_layouts_or_devices_and_no_simple_choice_drains_fewer(case):
    (gpu, per_node, nodes), rows, wanted = case
    running = [NodeLayout(gpu, tuple(row)) for row in rows]
    fresh = packed(gpu, per_node, nodes, wanted).pools[0]
    packing = packed(gpu, per_node, nodes, wanted, running)
    pool = packing.pools[0]
    assert (pool.cut, pool.served) == (fresh.cut, fresh.served)
    assert pool.different_layouts <= fresh.different_layouts
    assert pool.fewest_drained <= pool.drained == drained(running, pool.layouts)
    assert pool.drained <= drained(running, refined(running, fresh.layouts))
    there = sum((Counter(node_resources(layout)) for layout in pool.layouts), Counter())
    served: Counter[str] = Counter()
    for item in packing.served:
        served[resource_name(item.profile)] += item.count
    assert served <= there


@pytest.mark.parametrize("per_node", [1, 2, 8])
def test_what_runs_stays_as_it_is_where_nothing_is_better(per_node):
    gpus = {"1g.10gb": 7 * 8, "3g.40gb": 2 * 8}
    running = packed(H100, per_node, 24 // per_node, gpus).pools[0].layouts[::-1]
    pool = packed(H100, per_node, 24 // per_node, gpus, running).pools[0]
    assert pool.layouts == running
    assert pool.drained == pool.fewest_drained == 0

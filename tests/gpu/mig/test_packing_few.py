from collections import Counter
from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig.packing import pack
from ai_platform.gpu.mig.packing_spec import Request, Supply
from ai_platform.gpu.mig.patterns import patterns
from tests.examples import examples

A30, H100, RTX = GpuName.A30, GpuName.H100_80GB, GpuName.RTX_PRO_6000
NAMES = ("1g.6gb", "2g.12gb", "4g.24gb")


def packed(gpu, per_node, nodes, wanted):
    requests = [Request("a", count, name) for name, count in wanted.items()]
    return pack([Supply("pool", gpu, per_node, nodes)], requests)


def fewest_of_all(per_node, nodes, cut, wanted):
    """The fewest different full nodes that hold what is wanted, by trying all."""
    rows = patterns(A30, frozenset(wanted))
    options: list[Counter] = [Counter(row) for row in combinations_with_replacement(rows, per_node)]
    options += [Counter(row) for row in combinations_with_replacement(rows, cut - per_node * (nodes - 1))]
    return min(
        len({tuple(sorted(node.items())) for node in chosen})
        for chosen in combinations_with_replacement(options, nodes)
        if sum(node.total() for node in chosen) == cut
        if all(
            sum(dict(row).get(name, 0) * n for node in chosen for row, n in node.items()) >= count
            for name, count in wanted.items()
        )
    )


@examples(10)
@given(st.dictionaries(st.sampled_from(NAMES), st.integers(1, 8), min_size=2))
def test_three_nodes_of_two_gpus_have_as_few_layouts_as_trying_all_finds(wanted):
    packing = packed(A30, 2, 3, wanted)
    pool = packing.pools[0]
    if not packing.unserved and pool.cut > 4:
        assert pool.different_layouts == pool.fewest_layouts == fewest_of_all(2, 3, pool.cut, wanted)


@pytest.mark.parametrize(
    ("gpu", "per_node", "nodes", "wanted", "layouts"),
    [
        pytest.param(
            A30, 4, 15, {"1g.6gb": 80, "2g.12gb": 27, "4g.24gb": 10, "2g.12gb+me": 6, "1g.6gb+me": 22}, 3,
            id="no-two-layouts-do",
        ),
        pytest.param(
            RTX, 4, 15,
            {
                "1g.24gb-me": 36, "1g.24gb": 46, "1g.24gb+me": 10, "2g.48gb+gfx": 2, "1g.24gb+me.all": 8,
                "2g.48gb": 11, "1g.24gb+gfx": 4, "2g.48gb+me.all": 1,
            },
            3, id="where-repeating-the-most-common-makes-four",
        ),
        pytest.param(
            H100, 8, 8, {"1g.10gb": 100, "3g.40gb": 30, "2g.20gb": 40}, 2, id="64-gpus-of-seven-slices"
        ),
    ],
)  # fmt: skip
def test_up_to_64_gpus_have_proven_few_different_layouts(gpu, per_node, nodes, wanted, layouts):
    packing = packed(gpu, per_node, nodes, wanted)
    pool = packing.pools[0]
    assert not packing.unserved
    assert packing.gap == 0
    assert pool.different_layouts == pool.fewest_layouts == layouts
    assert sum(layout.whole < layout.gpu_count for layout in pool.layouts) == -(-pool.cut // per_node)


def test_64_nodes_of_one_gpu_have_proven_few_different_layouts():
    wanted = {"1g.6gb": 60, "2g.12gb": 41, "4g.24gb": 13, "1g.6gb+me": 7, "2g.12gb+me": 5}
    pool = packed(A30, 1, 64, wanted).pools[0]
    assert pool.layouts_gap == 0
    assert pool.different_layouts >= 3

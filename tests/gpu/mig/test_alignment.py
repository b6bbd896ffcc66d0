from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig.alignment import aligned, drained, turned
from ai_platform.gpu.mig.layout import NodeLayout
from ai_platform.gpu.mig.packing_spec import Supply
from ai_platform.gpu.mig.refine import refined
from ai_platform.gpu.mig.written import written, written_as_yaml
from tests.examples import examples

H100 = GpuName.H100_80GB
ONES, HALVES, SEVEN = (("1g.10gb", 7),), (("3g.40gb", 2),), (("7g.80gb", 1),)
ROWS = [(), ONES, HALVES, SEVEN]


def node(*rows):
    return NodeLayout(H100, rows)


nodes = st.tuples(*[st.sampled_from(ROWS)] * 3).map(lambda rows: node(*rows))
layouts = st.lists(nodes, min_size=1, max_size=3)


def best_by_trying(running, wanted):
    return min(
        drained(running, [NodeLayout(H100, rows) for rows in turned_rows])
        for order in permutations(wanted)
        for turned_rows in _turns(order[: len(running)])
    )


def _turns(order):
    if not order:
        return [()]
    return [(rows, *rest) for rows in set(permutations(order[0].partitions)) for rest in _turns(order[1:])]


@examples(15)
@given(layouts, layouts)
def test_no_order_of_nodes_and_gpus_drains_fewer(running, wanted):
    found = aligned(running, wanted)
    content = sorted(sorted(layout.partitions) for layout in found)
    assert content == sorted(sorted(layout.partitions) for layout in wanted)
    assert drained(running, found) == best_by_trying(running[: len(wanted)], wanted)


@examples(20)
@given(layouts, layouts)
def test_better_nodes_and_orders_make_no_more_different_layouts(running, wanted):
    there = (running * 3)[: len(wanted)]
    found = refined(there, wanted)
    assert len(set(found)) <= len(set(wanted))
    assert sorted(sorted(layout.partitions) for layout in found) == sorted(
        sorted(layout.partitions) for layout in wanted
    )
    assert drained(there, found) <= drained(there, wanted)


def test_an_order_that_no_other_one_beats_stays_as_it_is_written():
    wanted = [node(SEVEN, ONES, ()), node(HALVES, HALVES, ())]
    assert aligned([node(ONES, SEVEN, ())] * 2, wanted[1:]) == tuple(wanted[1:])


def test_gpus_that_stay_keep_their_index_and_the_last_ones_stay_whole():
    assert turned(node(HALVES, ONES, ()), node((), (), ONES)) == node(HALVES, (), ONES)
    assert turned(node(ONES, (), ()), node((), (), ())) == node(ONES, (), ())


def test_the_gpu_that_is_missed_least_becomes_what_is_missed_most():
    scarce = {"1g.10gb": Fraction(1), "7g.80gb": Fraction(1, 9)}
    assert turned(node(HALVES, ONES), node(SEVEN, HALVES), scarce) == node(ONES, HALVES)
    assert turned(node((), ONES), node(SEVEN, HALVES), {"1g.10gb": Fraction(1)}) == node(ONES, ())


@examples(20)
@given(st.lists(nodes, max_size=4))
def test_what_is_written_is_the_layouts_again(there):
    entries = written(there)
    read = [
        tuple(tuple(part.devices.items()) for part in entry.gpus for _ in range(part.count))
        for entry in entries
        for _ in range(entry.nodes)
    ]
    read = [rows + ((),) * (3 - len(rows)) for rows in read]
    assert read + [((),) * 3] * (len(there) - len(read)) == [layout.partitions for layout in there]


def test_a_pool_that_stays_whole_is_an_empty_list():
    assert written_as_yaml(written([node((), (), ())])) == "mig: []"


def test_running_layouts_of_other_nodes_are_refused():
    with pytest.raises(ValueError, match="running layouts of pool aren't all of 8 H100-80GB"):
        Supply("pool", H100, 8, 1, (node(ONES, ONES),))

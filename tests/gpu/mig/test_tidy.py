"""Like GPUs side by side, as far as that costs no running GPU."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ai_platform.gpu.mig.alignment import drained
from ai_platform.gpu.mig.layout import NodeLayout
from ai_platform.gpu.mig.tidy import tidied
from tests.examples import examples

SEVENTHS, HALVES, WHOLE = (("1g.10gb", 7),), (("3g.40gb", 2),), ()
GPU = "H100-80GB"


def node(*rows):
    return NodeLayout(GPU, rows)


def test_gpus_of_a_new_node_are_sorted_by_what_they_hold():
    mixed = node(HALVES, SEVENTHS, HALVES, SEVENTHS)
    assert tidied([], [mixed, mixed]) == (node(HALVES, HALVES, SEVENTHS, SEVENTHS),) * 2


def test_a_gpu_that_keeps_running_keeps_its_place():
    running = node(HALVES, SEVENTHS, HALVES, SEVENTHS)
    assert tidied([running], [running]) == (running,)


def test_the_gpu_that_changes_anyway_is_the_one_beside_its_like():
    running = node(HALVES, SEVENTHS, SEVENTHS, SEVENTHS)
    assert tidied([running], [node(HALVES, SEVENTHS, HALVES, SEVENTHS)]) == (
        node(HALVES, HALVES, SEVENTHS, SEVENTHS),
    )


rows = st.lists(st.sampled_from([SEVENTHS, HALVES, WHOLE]), min_size=4, max_size=4)
nodes = st.lists(rows.map(lambda found: node(*found)), min_size=1, max_size=3)


@examples(60)
@given(running=nodes, layouts=nodes)
def test_nothing_is_drained_or_cut_for_it(running, layouts):
    running = running[: len(layouts)]
    found = tidied(running, layouts)
    assert drained(running, found) <= drained(running, layouts)
    assert [sorted(each.partitions) for each in found] == [sorted(each.partitions) for each in layouts]

from math import prod

import pytest

from ai_platform.finops.prices import PurchaseOption
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.tpus import TPU_MACHINES


def machines_of(machine, topology):
    return TPU_MACHINES[machine].machines_of(topology)


def test_the_chips_of_every_topology_are_those_of_whole_machines():
    for row in TPU_MACHINES.values():
        assert row.machines_of(row.one_machine) == 1
        for topology in row.topologies:
            chips = prod(int(side) for side in topology.split("x"))
            assert row.machines_of(topology) == chips / row.chips > 1


@pytest.mark.parametrize(
    ("machine", "topology", "machines"),
    [
        ("ct5lp-hightpu-4t", "2x4", 2),
        ("ct5lp-hightpu-8t", "2x4", 1),
        ("ct6e-standard-4t", "16x16", 64),
        ("ct5p-hightpu-4t", "4x4x4", 16),
        ("tpu7x-standard-4t", "8x8x8", 128),
    ],
)
def test_a_slice_has_the_machines_that_google_lists(machine, topology, machines):
    assert machines_of(machine, topology) == machines


@pytest.mark.parametrize(
    ("machine", "topology"),
    [
        ("ct5lp-hightpu-8t", "4x4"),
        ("ct5lp-hightpu-4t", "4x2"),
        ("ct6e-standard-4t", "4x4x4"),
        ("ct5p-hightpu-4t", "8x4x4"),
        ("ct5p-hightpu-4t", "4x4x6"),
        ("ct5p-hightpu-4t", "16x20x28"),
    ],
)
def test_other_shapes_are_no_slices(machine, topology):
    assert machines_of(machine, topology) is None


def test_no_machine_has_gpus_and_tpus_and_none_is_sold_as_a_capacity_block():
    assert not TPU_MACHINES.keys() & MACHINES.keys()
    assert all(PurchaseOption.CAPACITY_BLOCK not in row.purchase_options for row in TPU_MACHINES.values())


def test_what_comes_from_no_page_of_google_is_marked():
    assert {name for name, row in TPU_MACHINES.items() if row.provisional is None} == {
        "ct5lp-hightpu-1t",
        "ct5lp-hightpu-4t",
        "ct5lp-hightpu-8t",
    }

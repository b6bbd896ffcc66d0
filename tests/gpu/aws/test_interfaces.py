"""Network interfaces of AWS machines."""

from __future__ import annotations

import pytest

from ai_platform.gpu.aws.interfaces import InterfaceType, efa_cards, efa_interfaces
from ai_platform.gpu.machines import MACHINES, Cloud, Fabric

WITH_EFA = [row for row in MACHINES.values() if row.cloud is Cloud.AWS and row.fabric is Fabric.EFA]


@pytest.mark.parametrize("row", WITH_EFA, ids=lambda row: row.name)
def test_a_machine_gets_an_interface_for_each_efa_device_that_its_table_counts(row):
    fabric = [found for found in efa_interfaces(row) if found.type is InterfaceType.EFA_ONLY]
    assert len(fabric) == row.efa_interfaces
    assert len({found.card for found in fabric}) == row.efa_interfaces


@pytest.mark.parametrize("row", WITH_EFA, ids=lambda row: row.name)
def test_the_first_interface_has_an_address_and_no_place_is_taken_twice(row):
    found = efa_interfaces(row)
    assert (found[0].card, found[0].device, found[0].type) == (0, 0, InterfaceType.INTERFACE)
    assert len({(item.card, item.device) for item in found}) == len(found)


@pytest.mark.parametrize("name", ["p6-b300.48xlarge", "p6e-gb200.36xlarge"])
def test_machines_whose_first_card_has_no_fabric_get_none_there(name):
    fabric = efa_interfaces(MACHINES[name])[1:]
    assert 0 not in {found.card for found in fabric}
    assert {found.device for found in fabric} == {0}


def test_gb200_uses_one_card_of_each_gpu():
    assert efa_cards(MACHINES["p6e-gb200.36xlarge"]) == (1, 5, 9, 13)


def test_a_machine_without_efa_has_no_interfaces_to_give():
    with pytest.raises(ValueError, match="not known"):
        efa_interfaces(MACHINES["g5.xlarge"])

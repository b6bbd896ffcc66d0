"""What pods need for the fabric of their pool."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.gpu.aws.fabric_pods import HUGE_PAGES, NODE_HUGE_PAGES_MIB
from ai_platform.gpu.fabric_pods import PodFabric
from ai_platform.gpu.fabric_pods import pod_fabric as pod_fabric_of
from ai_platform.gpu.machines import MACHINES, Cloud, Fabric
from ai_platform.gpu.node_plan import EFA, plan_pool
from ai_platform.gpu.spec import NodePoolSpec
from tests.examples import examples

NAMES = sorted(row.name for row in MACHINES.values() if row.cloud is Cloud.AWS and row.fabric is Fabric.EFA)


def pod_fabric(plan, gpus):
    return pod_fabric_of(plan, MACHINES[plan.machine], gpus)


def pool(machine, fabric="efa"):
    return plan_pool(NodePoolSpec(name="train", machine=machine, fabric=fabric))


@given(st.sampled_from(NAMES), st.integers(1, 8))
@examples(60)
def test_all_pods_of_a_node_get_their_interfaces_and_huge_pages(machine, gpus):
    plan = pool(machine)
    gpus = min(gpus, plan.gpus_per_node)
    try:
        found = pod_fabric(plan, gpus)
    except ValueError:
        assert plan.efa_interfaces * gpus < plan.gpus_per_node
        return
    pods = plan.gpus_per_node // gpus
    pages = int(found.huge_pages[HUGE_PAGES].removesuffix("Mi"))
    assert 1 <= int(found.resources[EFA]) * pods <= plan.efa_interfaces
    assert 0 < pages * pods <= NODE_HUGE_PAGES_MIB
    assert pages % 2 == 0


def test_a_pod_with_the_whole_machine_asks_for_what_aws_shows():
    found = pod_fabric(pool("p5.48xlarge"), 8)
    assert found.resources == {"vpc.amazonaws.com/efa": "32"}
    assert found.huge_pages == {"hugepages-2Mi": "5120Mi"}
    assert found.env["FI_PROVIDER"] == "efa"
    assert found.capabilities == ()


def test_a_pod_that_is_too_small_for_an_interface_is_told_how_many_gpus_have_one():
    with pytest.raises(ValueError, match="take at least 2"):
        pod_fabric(pool("p4d.24xlarge"), 1)


def test_a_pool_without_fabric_asks_for_nothing():
    found = pod_fabric(pool("p5.48xlarge", "none"), 8)
    assert found == PodFabric()

from decimal import Decimal
from fractions import Fraction

import pulumi
import pytest

from ai_platform.environment import parse
from ai_platform.finops.opencost import MachineRate, PoolRate
from ai_platform.plan import make_plan
from ai_platform.platform_cost import accounted_pools, make_cost_metrics, rates
from ai_platform.testing import record

MIG = [{"nodes": 1, "gpus": [{"count": 8, "devices": {"1g.10gb": 7}}]}]
RESERVED = {"reservation": "cr-0123456789abcdef0", "zones": ["us-east-1a"]}
DESCRIBED: dict[str, object] = {
    "name": "prod",
    "cluster": {"provider": "eks", "kubernetes_version": "1.35", "zones": ["us-east-1a", "us-east-1b"]},
    "node_pools": [
        {"name": "h100", "machine": "p5.48xlarge", "max_nodes": 1, "mig": MIG},
        {"name": "own", "machine": "g6e.12xlarge", "purchase_option": "reserved", **RESERVED},
    ],
    "teams": [{"name": "chat", "weight": 1, "budget": {"monthly_usd": 500}}],
    "monitoring": {"cost": True},
}


def described(**changes):
    environment = parse({**DESCRIBED, **changes}, subject="test")
    return environment, make_plan(environment)


def test_a_slice_stands_for_the_share_that_the_plan_gives_it():
    _, plan = described()
    h100 = next(pool for pool in accounted_pools(plan) if pool.name == "h100")
    assert h100.gpus_per_device == next(pool for pool in plan.pools if pool.name == "h100").gpus_per_device
    assert 0 < h100.gpus_per_device["nvidia.com/mig-1g.10gb"] <= Fraction(1, 7)


def test_a_gpu_costs_its_part_of_the_node_exactly():
    _, plan = described()
    prices = {pool.name: pool.usd_per_gpu_hour for pool in accounted_pools(plan)}
    price = plan.pool_prices["h100"]
    assert price is not None
    assert prices["h100"] == Fraction(price.usd_per_node_hour) / 8


def test_opencost_gets_every_known_price_and_no_unknown_one():
    environment, plan = described()
    found = rates(environment, plan)
    assert [rate.pool for rate in found if isinstance(rate, PoolRate)] == ["h100"]
    [system] = [rate for rate in found if isinstance(rate, MachineRate)]
    assert (system.region, system.machine) == ("us-east-1", "m7i.xlarge")
    assert system.usd_per_node_hour > Decimal(0)


@pytest.mark.parametrize(
    ("monitoring", "watched", "made"),
    [({"cost": True}, True, True), ({"cost": True}, False, False), ({}, True, False), (None, True, False)],
)
def test_costs_are_watched_where_somebody_asked_and_prometheus_is(monitoring, watched, made):
    environment, plan = described(monitoring=monitoring)

    def program():
        parent = pulumi.ComponentResource("test:index:Parent", "parent")
        prometheus = pulumi.ComponentResource("test:index:Prometheus", "prometheus")
        make_cost_metrics("prod", environment, plan, [prometheus] if watched else [], parent)

    types = {resource.type for resource in record(program).resources}
    assert ("ai-platform:index:CostMetrics" in types) is made

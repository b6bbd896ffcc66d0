from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ai_platform.components.cluster_spec import EksSpec, ExistingSpec, GkeSpec, SimulatedSpec
from ai_platform.finops.cluster_cost import cluster_parts
from ai_platform.finops.cluster_prices import CLUSTER_PRICES
from ai_platform.finops.cost import total
from ai_platform.finops.price_book import BUILT_IN
from ai_platform.finops.prices import PRICES
from tests.examples import examples

ZONES = ["us-east-1a", "us-east-1b"]


def eks(**changes):
    return EksSpec.model_validate(
        {"provider": "eks", "kubernetes_version": "1.35", "zones": ZONES, **changes}
    )


def gke(**changes):
    described = {"provider": "gke", "project": "ml-prod", "kubernetes_version": "1.35"}
    return GkeSpec.model_validate({**described, "zones": ["us-central1-a"], **changes})


def cost(spec, region="us-east-1"):
    return total(part.cost(part.price(BUILT_IN, region)) for part in cluster_parts(spec))


def test_an_eks_cluster_costs_its_control_plane_system_nodes_and_nat_gateways():
    found = cost(eks())
    # 730 hours of 0.10 + 2 × 0.045, and of 2 to 4 × 0.2016.
    assert (found.minimum, found.maximum) == (Decimal("433.04"), Decimal("727.37"))
    assert found.complete


def test_a_vpc_that_exists_has_its_gateways_already():
    network = {"vpc_id": "vpc-1", "subnet_ids": dict.fromkeys(ZONES, "subnet-1")}
    names = [part.name for part in cluster_parts(eks(network=network))]
    assert names == ["control plane", "system nodes"]


def test_a_gke_cluster_costs_its_management_fee_and_system_nodes():
    found = cost(gke(), "us-central1")
    assert (found.minimum, found.maximum) == (Decimal("268.67"), Decimal("464.34"))


def test_a_simulated_cluster_and_one_of_others_cost_nothing():
    existing = ExistingSpec(provider="existing", cluster_identifier="x", kubeconfig="k")
    assert cluster_parts(SimulatedSpec(provider="simulated")) == cluster_parts(existing) == ()


def test_in_another_region_every_part_is_unknown_and_none_is_free():
    found = cost(eks(), "eu-north-1")
    assert found.unknown == ("control plane", "system nodes", "NAT gateways")
    assert found.maximum == 0


def test_no_price_stands_in_two_tables():
    assert not set(PRICES) & set(CLUSTER_PRICES)


def test_every_price_has_its_source_and_day():
    for price in CLUSTER_PRICES.values():
        assert price.source
        assert price.date.year == 2026


@given(st.integers(1, 100), st.integers(0, 50), st.integers(2, 6))
@examples(50)
def test_more_nodes_or_zones_never_cost_less(fewest, more, zones):
    def of(count, number):
        nodes = {"machine": "m7i.xlarge", "min_nodes": min(count, 100), "max_nodes": 100}
        names = [f"us-east-1{letter}" for letter in "abcdef"[:number]]
        return cost(eks(system_nodes=nodes, zones=names)).minimum

    assert of(fewest, 2) <= of(fewest + more, 2) <= of(fewest + more, zones)

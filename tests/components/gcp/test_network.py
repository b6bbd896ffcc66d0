import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.components.gcp.network import GcpNetwork
from ai_platform.testing import record

PLACE = {"project": "acme-ml", "region": "us-central1"}
GIVEN = {
    "network": "projects/acme/global/networks/shared",
    "subnetwork": "projects/acme/regions/us-central1/subnetworks/nodes",
    "pods_range": "p",
    "services_range": "s",
}


def recorded(**keys):
    return record(lambda: GcpNetwork("net", keys, **PLACE))


@pytest.fixture(scope="module")
def own():
    return recorded()


def test_its_nodes_have_no_way_in_and_one_way_out(own):
    nat = own.only("gcp:compute/routerNat:RouterNat").inputs
    assert nat["natIpAllocateOption"] == "AUTO_ONLY"
    assert nat["sourceSubnetworkIpRangesToNat"] == "LIST_OF_SUBNETWORKS"
    rule = own.only("gcp:compute/firewall:Firewall").inputs
    assert rule["sourceRanges"] == ["172.16.0.0/28"]
    assert rule["allows"] == [{"protocol": "tcp", "ports": ["8443", "9443"]}]


def test_the_subnetwork_has_ranges_for_pods_and_services_and_reaches_google_privately(own):
    subnet = own.only("gcp:compute/subnetwork:Subnetwork").inputs
    assert subnet["ipCidrRange"] == "10.0.0.0/20"
    assert {r["rangeName"]: r["ipCidrRange"] for r in subnet["secondaryIpRanges"]} == {
        "pods": "10.64.0.0/14",
        "services": "10.68.0.0/20",
    }
    assert subnet["privateIpGoogleAccess"] is True
    assert subnet["logConfig"]
    assert own.only("gcp:compute/network:Network").inputs["autoCreateSubnetworks"] is False


def test_a_given_network_is_used_as_it_is():
    recording = recorded(**GIVEN)
    assert [resource.type for resource in recording.resources] == ["ai-platform:index:GcpNetwork"]
    assert recording.resources[0].outputs == GIVEN


def test_half_a_network_and_overlapping_ranges_are_refused_together():
    with pytest.raises(InvalidArgs) as error:
        recorded(network="shared", services_cidr="10.64.0.0/20", control_plane_cidr="172.16.0.0/24")
    assert {problem.path for problem in error.value.problems} == {
        "subnetwork",
        "pods_range",
        "services_range",
        "services_cidr",
        "control_plane_cidr",
    }

"""What an account lacks: in moto where it has the call, else in answers that botocore's own model checks."""

from __future__ import annotations

from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber

from ai_platform.gpu.aws.preflight import addresses_of
from ai_platform.gpu.aws.preflight_calls import findings
from ai_platform.gpu.aws.quotas import QUOTAS
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.preflight import Verdict
from tests.gpu.aws.preflight_pools import REGION, RESERVED, cluster, pool

pytestmark = pytest.mark.engine  # moto takes seconds of a processor

OK, MISSING, UNKNOWN = Verdict.OK, Verdict.MISSING, Verdict.UNKNOWN
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture(scope="module")
def account():
    """An account of moto. Nobody changes it but by adding."""
    from moto import mock_aws

    session = boto3.session.Session(region_name=REGION)
    with mock_aws():
        made = {name: session.client(name, **KEYS) for name in ("ec2", "iam")}
        yield made


class NoQuota:
    """Service Quotas, of which moto knows those of VPC alone: nothing was ever granted."""

    @staticmethod
    def get_service_quota(**_):
        return {"Quota": {"Value": 0.0}}


def preflight(account, *pools, stubbed=None, **said):
    clients = account | {"service-quotas": NoQuota} | (stubbed or {})
    pairs = [(spec, MACHINES[spec.machine]) for spec in pools]
    return list(findings(clients.__getitem__, "prod", REGION, cluster(**said), pairs))


def about(found, word):
    return [row for row in found if word in row.what]


def limits(value):
    """Service Quotas with one answer for each quota that is asked for."""
    client = boto3.client("service-quotas", region_name=REGION, **KEYS)
    stub = Stubber(client)
    for quota in QUOTAS:
        answer = {"Quota": {"ServiceCode": "ec2", "QuotaCode": quota.code, "Value": value}}
        stub.add_response("get_service_quota", answer, {"ServiceCode": "ec2", "QuotaCode": quota.code})
    stub.activate()
    return {"service-quotas": client}


def test_quotas_are_read_and_compared(account):
    found = about(preflight(account, pool(max_nodes=2), stubbed=limits(383.0)), "quota")
    assert [(row.subject, row.verdict) for row in found] == [("train", MISSING), ("system nodes", OK)]
    assert (found[0].got, found[0].needed) == ("383 vCPU", "384 vCPU")


def test_an_account_that_never_asked_for_more_has_the_default(account):
    client = boto3.client("service-quotas", region_name=REGION, **KEYS)
    with Stubber(client) as stub:
        for quota in QUOTAS:
            asked = {"ServiceCode": "ec2", "QuotaCode": quota.code}
            stub.add_client_error("get_service_quota", "NoSuchResourceException", expected_params=asked)
            stub.add_response("get_aws_default_service_quota", {"Quota": {"Value": 0.0}}, asked)
        found = about(preflight(account, pool(), stubbed={"service-quotas": client}), "quota")
    assert [(row.got, row.verdict) for row in found] == [("0 vCPU", MISSING), ("0 vCPU", MISSING)]


def test_a_zone_that_does_not_sell_the_machine_is_named(account):
    [row] = about(preflight(account, pool(zones=["us-east-1a", "us-east-1b"])), "p5en.48xlarge in")
    assert (row.verdict, row.got) == (MISSING, "not sold in us-east-1b")
    assert "sold in us-east-1a, us-east-1c" in row.ask
    [fits] = about(preflight(account, pool()), "p5en.48xlarge in")
    assert fits.verdict is OK


def test_service_linked_roles_that_are_not_there_come_with_their_command(account):
    found = about(preflight(account, pool(purchase_option="spot")), "service-linked role")
    assert {row.what.removeprefix("service-linked role of ") for row in found} == {
        "EKS",
        "managed node groups",
        "Auto Scaling",
        "Spot",
    }
    [spot] = about(found, "Spot")
    assert spot.ask == "aws iam create-service-linked-role --aws-service-name spot.amazonaws.com"
    account["iam"].create_service_linked_role(AWSServiceName="spot.amazonaws.com")
    [there] = about(preflight(account, pool(purchase_option="spot")), "role of Spot")
    assert there.verdict is OK


def test_given_subnets_are_found_where_they_are(account):
    subnets = {row["AvailabilityZone"]: row for row in account["ec2"].describe_subnets()["Subnets"]}
    ids = {zone: subnets[zone]["SubnetId"] for zone in ("us-east-1a", "us-east-1c")}
    network = {"vpc_id": subnets["us-east-1a"]["VpcId"], "subnet_ids": ids}
    found = about(preflight(account, pool(max_nodes=8), network=network), "subnet-")
    assert {row.verdict for row in found} == {OK}
    swapped = {"us-east-1a": ids["us-east-1c"], "us-east-1c": "subnet-0123456789abcdef0"}
    found = about(preflight(account, pool(), network=network | {"subnet_ids": swapped}), "subnet")
    assert [(row.what.split()[0], row.verdict) for row in found] == [
        ("place", MISSING),
        ("free", OK),
        ("subnet", MISSING),
    ]


def test_pods_by_machine_are_those_of_the_vpc_cni(account):
    def addresses(machine):
        answer = account["ec2"].describe_instance_types(InstanceTypes=[machine])
        return addresses_of(answer["InstanceTypes"][0])

    # Interfaces and pods: 2 × 49 on p5, 4 × 49 on p5en; 110 at most below 30 vCPU, 250 at most above.
    assert addresses("p5.48xlarge") == 2 + 98
    assert addresses("p5en.48xlarge") == 4 + 196
    assert addresses("p4d.24xlarge") == 15 + 250
    assert addresses("m7i.xlarge") == 4 + 56


def reservation(**said):
    return {
        "CapacityReservationId": "cr-0123456789abcdef0",
        "InstanceType": "p5en.48xlarge",
        "AvailabilityZone": "us-east-1a",
        "TotalInstanceCount": 4,
        "State": "active",
        "ReservationType": "default",
        "StartDate": datetime(2026, 11, 1, tzinfo=UTC),
        **said,
    }


def reserved(account, answer, *pools):
    client = boto3.client("ec2", region_name=REGION, **KEYS)
    asked = {"CapacityReservationIds": ["cr-0123456789abcdef0"]}
    with Stubber(client) as stub:
        for _ in pools:
            if isinstance(answer, str):
                stub.add_client_error("describe_capacity_reservations", answer, expected_params=asked)
            else:
                stub.add_response("describe_capacity_reservations", {"CapacityReservations": answer}, asked)

        class Mixed:
            describe_capacity_reservations = client.describe_capacity_reservations

            def __getattr__(self, name):
                return getattr(account["ec2"], name)

        found = preflight(account, *pools, stubbed={"ec2": Mixed()})
    return {row.what.partition(" of ")[0]: row for row in found if "cr-0123456789abcdef0" in row.what}


BLOCK = RESERVED | {"purchase_option": "capacity_block"}


def test_a_reservation_that_fits_is_ok(account):
    found = reserved(account, [reservation()], pool(max_nodes=4, **RESERVED))
    assert {row.verdict for row in found.values()} == {OK}
    block = reservation(ReservationType="capacity-block", State="scheduled")
    assert {row.verdict for row in reserved(account, [block], pool(**BLOCK)).values()} == {OK}


@pytest.mark.parametrize(
    ("answer", "check", "ask"),
    [
        ({"InstanceType": "p5.48xlarge"}, "machine", "let pool and reservation have one machine"),
        ({"AvailabilityZone": "us-east-1c"}, "zone", "write zones: [us-east-1c]"),
        ({"State": "expired"}, "state", "get another one"),
        ({"TotalInstanceCount": 2}, "size", "enlarge it from 2 to 3, or lower max_nodes"),
        ({"ReservationType": "capacity-block"}, "kind", "write purchase_option: capacity_block"),
    ],
)
def test_a_reservation_that_does_not_fit_is_told_by_what_differs(account, answer, check, ask):
    found = reserved(account, [reservation(**answer)], pool(max_nodes=3, **RESERVED))
    assert {name for name, row in found.items() if row.verdict is MISSING} == {check}
    assert found[check].ask == ask


def test_pools_that_share_a_reservation_are_covered_together(account):
    pools = [pool(max_nodes=2, **RESERVED), pool(max_nodes=3, **RESERVED)]
    assert reserved(account, [reservation()], *pools)["size"].needed == "5 machines"


@pytest.mark.parametrize("answer", [[], "InvalidCapacityReservationId.NotFound"])
def test_a_reservation_that_is_not_there_is_missing(account, answer):
    [row] = reserved(account, answer, pool(**BLOCK)).values()
    assert (row.what, row.verdict) == ("capacity block cr-0123456789abcdef0", MISSING)


def test_a_call_that_is_denied_becomes_a_row(account):
    [row] = reserved(account, "UnauthorizedOperation", pool(**RESERVED)).values()
    assert row.verdict is UNKNOWN
    assert row.ask.startswith("DescribeCapacityReservations: UnauthorizedOperation")

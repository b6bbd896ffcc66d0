"""Asks AWS what a preflight needs to know. Only reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...components.cluster_spec import EksSpec
from ...finops.prices import PurchaseOption
from ..machines import Machine
from ..preflight import Finding, NoCredentials, Unread
from ..spec import NodePoolSpec
from . import preflight as judge
from .quotas import QUOTAS, Limit, Quota, in_use_by_others, quota_findings, quotas_as_named

Clients = Callable[[str], Any]
"""A boto3 client of the cluster's region, by the name of its service."""


def clients_of(region: str) -> Clients:
    """Clients with the caller's own credentials.

    Raises ``ImportError`` without boto3, ``NoCredentials`` where there are none.
    """
    import boto3

    session = boto3.session.Session(region_name=region)
    if session.get_credentials() is None:
        raise NoCredentials("no AWS credentials: set AWS_PROFILE, or log in with the AWS CLI")
    return lambda service: session.client(service)


def findings(
    clients: Clients,
    name: str,
    region: str,
    cluster: EksSpec,
    pools: Sequence[tuple[NodePoolSpec, Machine]],
) -> Iterator[Finding]:
    """Everything that is checked for the environment ``name``, whose pools are on machines of AWS."""
    ec2, iam = clients("ec2"), clients("iam")
    kinds = {machine: _kind(ec2, machine) for machine in _machines(cluster, pools)}
    limits = {quota.code: _limit(clients("service-quotas"), quota.code) for quota in QUOTAS}
    system = cluster.system_nodes
    system_kind = kinds[system.machine]
    system_vcpu = (
        None
        if isinstance(system_kind, Unread)
        else system_kind["VCpuInfo"]["DefaultVCpus"] * system.max_nodes
    )
    others = _in_use(ec2, name, quotas_as_named(limits))
    yield from quota_findings(pools, limits, others, region, (system.machine, system_vcpu))
    sold = {machine: _zones_that_sell(ec2, machine) for machine in kinds}
    for machine, zones, subject in _places(cluster, pools):
        yield judge.offer_finding(subject, machine, zones, sold[machine])
    reserved: Counter[str] = Counter()
    for spec, _ in pools:
        if spec.reservation:
            reserved[spec.reservation] += spec.max_nodes
    answers = {identifier: _reservation(ec2, identifier) for identifier in reserved}
    for spec, _ in pools:
        if held := spec.reservation:
            yield from judge.reservation_findings(spec, cluster, answers[held], reserved[held])
    for service, title in _services(pools):
        yield judge.role_finding(service, title, _has_role(iam, service))
    if cluster.network.subnet_ids:
        specs = [spec for spec, _ in pools]
        subnets = _subnets(ec2, list(cluster.network.subnet_ids.values()))
        yield from judge.subnet_findings(cluster, specs, kinds, subnets)


def _machines(cluster: EksSpec, pools: Sequence[tuple[NodePoolSpec, Machine]]) -> list[str]:
    return list(dict.fromkeys([*(spec.machine for spec, _ in pools), cluster.system_nodes.machine]))


def _places(
    cluster: EksSpec, pools: Sequence[tuple[NodePoolSpec, Machine]]
) -> Iterator[tuple[str, list[str], str]]:
    for spec, _ in pools:
        yield spec.machine, judge.zones_of(spec, cluster), spec.name
    yield cluster.system_nodes.machine, list(cluster.zones), "system nodes"


def _services(pools: Sequence[tuple[NodePoolSpec, Machine]]) -> Iterator[tuple[str, str]]:
    yield from judge.SERVICE_ROLES.items()
    if any(spec.purchase_option is PurchaseOption.SPOT for spec, _ in pools):
        yield judge.SPOT_ROLE


def _asked(call: Callable[..., Any], **arguments: Any) -> Any:
    """The answer, or ``Unread`` with what AWS or the way to it said."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call(**arguments)
    except ClientError as error:
        said = error.response["Error"]
        return Unread(f"{error.operation_name}: {said.get('Code')}: {said.get('Message', '')}".strip(": "))
    except BotoCoreError as error:
        return Unread(str(error))


def _pages(client: Any, operation: str, **arguments: Any) -> Any:
    """All pages of an answer, or ``Unread``."""
    return _asked(lambda: list(client.get_paginator(operation).paginate(**arguments)))


def _limit(quotas: Any, code: str) -> Limit | Unread:
    answer = _asked(quotas.get_service_quota, ServiceCode="ec2", QuotaCode=code)
    if isinstance(answer, Unread) and "NoSuchResourceException" in answer.why:
        # An account that never asked for more may have the default alone.
        answer = _asked(quotas.get_aws_default_service_quota, ServiceCode="ec2", QuotaCode=code)
    if isinstance(answer, Unread):
        return answer
    return Limit(float(answer["Quota"]["Value"]), answer["Quota"].get("QuotaName", ""))


def _in_use(ec2: Any, cluster: str, quotas: Sequence[Quota]) -> Mapping[str, int] | Unread:
    running = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    pages = _pages(ec2, "describe_instances", Filters=running)
    if isinstance(pages, Unread):
        return pages
    instances = [i for page in pages for group in page["Reservations"] for i in group["Instances"]]
    return in_use_by_others(instances, cluster, quotas)


def _zones_that_sell(ec2: Any, machine: str) -> set[str] | Unread:
    pages = _pages(
        ec2,
        "describe_instance_type_offerings",
        LocationType="availability-zone",
        Filters=[{"Name": "instance-type", "Values": [machine]}],
    )
    if isinstance(pages, Unread):
        return pages
    return {row["Location"] for page in pages for row in page["InstanceTypeOfferings"]}


def _kind(ec2: Any, machine: str) -> Mapping[str, Any] | Unread:
    answer = _asked(ec2.describe_instance_types, InstanceTypes=[machine])
    if isinstance(answer, Unread):
        return answer
    found: list[Mapping[str, Any]] = answer["InstanceTypes"]
    return found[0] if found else Unread(f"the region has no {machine}")


def _reservation(ec2: Any, identifier: str) -> Mapping[str, Any] | Unread | None:
    answer = _asked(ec2.describe_capacity_reservations, CapacityReservationIds=[identifier])
    if isinstance(answer, Unread):
        # Both an id of the wrong form and one that is not there.
        return None if "InvalidCapacityReservationId" in answer.why else answer
    found: list[Mapping[str, Any]] = answer["CapacityReservations"]
    return found[0] if found else None


def _has_role(iam: Any, service: str) -> bool | Unread:
    # The path is the service's; names of these roles follow no rule.
    answer = _asked(iam.list_roles, PathPrefix=f"/aws-service-role/{service}/", MaxItems=1)
    return answer if isinstance(answer, Unread) else bool(answer["Roles"])


def _subnets(ec2: Any, identifiers: list[str]) -> Mapping[str, Mapping[str, Any]] | Unread:
    pages = _pages(ec2, "describe_subnets", Filters=[{"Name": "subnet-id", "Values": identifiers}])
    if isinstance(pages, Unread):
        return pages
    return {row["SubnetId"]: row for page in pages for row in page["Subnets"]}

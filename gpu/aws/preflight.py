"""What an AWS account lacks for an environment: from answers of AWS to findings, without a call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...components.cluster_spec import EksSpec
from ...finops.prices import PurchaseOption
from ..preflight import Finding, Unread, judged, unknown
from ..spec import NodePoolSpec

SERVICE_ROLES = {
    "eks.amazonaws.com": "EKS",
    "eks-nodegroup.amazonaws.com": "managed node groups",
    "autoscaling.amazonaws.com": "Auto Scaling",
}
"""Services with a role of their own that every cluster with managed node groups needs (EKS user guide, using
service-linked roles; read 2026-11)."""

SPOT_ROLE = ("spot.amazonaws.com", "Spot")
_USABLE = {"active", "scheduled", "pending"}
_MANY_VCPU, _FEW_PODS, _MANY_PODS = 30, 110, 250
"""Limits of pods on a node that EKS sets in managed node groups: fewer than 30 vCPU, and from there."""


def zones_of(spec: NodePoolSpec, cluster: EksSpec) -> list[str]:
    """Zones that the nodes of a pool may be in."""
    return list(spec.zones or cluster.zones)


def offer_finding(subject: str, machine: str, zones: Iterable[str], offered: set[str] | Unread) -> Finding:
    """Whether each zone sells the machine. ``offered`` holds the zones that do."""
    wanted = list(zones)
    what = f"{machine} in {', '.join(wanted)}"
    if isinstance(offered, Unread):
        return unknown(subject, what, "sold in each zone", offered.why)
    lacking = [zone for zone in wanted if zone not in offered]
    ask = f"take {machine} out of {', '.join(lacking)}; sold in {', '.join(sorted(offered)) or 'no zone'}"
    return judged(
        subject,
        what,
        not lacking,
        f"not sold in {', '.join(lacking)}" if lacking else "sold",
        "sold in each zone",
        ask,
    )


def reservation_findings(
    spec: NodePoolSpec, cluster: EksSpec, answer: Mapping[str, Any] | Unread | None, nodes: int
) -> Iterator[Finding]:
    """Whether a pool's reservation is there, fits, and covers the ``nodes`` of all pools that name it.

    ``answer`` is a row of ``DescribeCapacityReservations``, or ``None`` where there is no such reservation.
    """
    block = spec.purchase_option is PurchaseOption.CAPACITY_BLOCK
    kind = "capacity block" if block else "reservation"
    what = f"{kind} {spec.reservation}"
    if isinstance(answer, Unread):
        yield unknown(spec.name, what, f"{nodes} × {spec.machine}", answer.why)
        return
    if answer is None:
        ask = f"buy or make it, or correct `reservation` of pool {spec.name}"
        yield judged(spec.name, what, False, "not there", "there", ask)
        return
    is_block = answer.get("ReservationType") == "capacity-block"
    zones = zones_of(spec, cluster)
    count, state = answer["TotalInstanceCount"], answer["State"]
    yield judged(
        spec.name,
        f"kind of {what}",
        is_block is block,
        "a capacity block" if is_block else "a reservation",
        f"a {kind}",
        f"write purchase_option: {'capacity_block' if is_block else 'reserved'}",
    )
    yield judged(
        spec.name, f"state of {what}", state in _USABLE, state, "active or scheduled", "get another one"
    )
    yield judged(
        spec.name,
        f"machine of {what}",
        answer["InstanceType"] == spec.machine,
        answer["InstanceType"],
        spec.machine,
        "let pool and reservation have one machine",
    )
    yield judged(
        spec.name,
        f"zone of {what}",
        zones == [answer["AvailabilityZone"]],
        answer["AvailabilityZone"],
        ", ".join(zones),
        f"write zones: [{answer['AvailabilityZone']}]",
    )
    yield judged(
        spec.name,
        f"size of {what}",
        nodes <= count,
        f"{count} machines",
        f"{nodes} machines",
        f"enlarge it from {count} to {nodes}, or lower max_nodes",
    )


def role_finding(service: str, title: str, there: bool | Unread) -> Finding:
    """Whether the account has the role that a service needs for itself."""
    what = f"service-linked role of {title}"
    if isinstance(there, Unread):
        return unknown("account", what, "there", there.why)
    ask = f"aws iam create-service-linked-role --aws-service-name {service}"
    return judged("account", what, there, "there" if there else "not there", "there", ask)


def addresses_of(kind: Mapping[str, Any]) -> int:
    """Addresses that a full node takes from its subnet: its interfaces and its pods.

    ``kind`` is a row of ``DescribeInstanceTypes``. The VPC CNI puts pods on interfaces of network card 0, one
    address of each being its own; EFA interfaces of type ``efa-only`` take none (EKS user guide; VPC CNI's
    table of pods by machine type, which this gives for p4d, p5, p5en and g5; read 2026-11).
    """
    network = kind["NetworkInfo"]
    cards = {card["NetworkCardIndex"]: card for card in network.get("NetworkCards", [])}
    interfaces = cards[0]["MaximumNetworkInterfaces"] if 0 in cards else network["MaximumNetworkInterfaces"]
    vcpu = kind["VCpuInfo"]["DefaultVCpus"]
    pods = interfaces * (network["Ipv4AddressesPerInterface"] - 1)
    return int(interfaces + min(pods, _FEW_PODS if vcpu < _MANY_VCPU else _MANY_PODS))


def subnet_findings(
    cluster: EksSpec,
    pools: Iterable[NodePoolSpec],
    kinds: Mapping[str, Mapping[str, Any] | Unread],
    subnets: Mapping[str, Mapping[str, Any]] | Unread,
) -> Iterator[Finding]:
    """Whether given subnets are where they are said to be, and have addresses for all nodes and pods.

    Nodes of a pool are taken to be spread evenly over its zones, as Auto Scaling does. ``subnets`` are rows
    of ``DescribeSubnets`` by id; ``kinds`` rows of ``DescribeInstanceTypes`` by machine type.
    """
    needed: Counter[str] = Counter()
    unread = ""
    system = cluster.system_nodes
    groups = [(spec.machine, spec.max_nodes, zones_of(spec, cluster)) for spec in pools]
    for machine, nodes, zones in [*groups, (system.machine, system.max_nodes, cluster.zones)]:
        kind = kinds[machine]
        if isinstance(kind, Unread):
            unread = f"addresses of a {machine}: {kind.why}"
            continue
        for zone in zones:
            needed[zone] += -(-nodes // len(zones)) * addresses_of(kind)
    for zone, subnet_id in cluster.network.subnet_ids.items():
        subject = f"subnet of {zone}"
        what, want = f"free addresses of {subnet_id}", f"{needed[zone]} addresses"
        if isinstance(subnets, Unread) or unread:
            yield unknown(subject, what, want, subnets.why if isinstance(subnets, Unread) else unread)
            continue
        subnet = subnets.get(subnet_id)
        fix = "correct `subnet_ids`"
        if subnet is None:
            yield judged(subject, f"subnet {subnet_id}", False, "not there", "there", fix)
            continue
        place = f"{subnet['AvailabilityZone']} of {subnet['VpcId']}"
        wanted = f"{zone} of {cluster.network.vpc_id}"
        yield judged(subject, f"place of {subnet_id}", place == wanted, place, wanted, fix)
        free = subnet["AvailableIpAddressCount"]
        ask = f"a subnet with {needed[zone] - free} more, or lower `max_nodes`"
        yield judged(subject, what, needed[zone] <= free, f"{free} addresses", want, ask)

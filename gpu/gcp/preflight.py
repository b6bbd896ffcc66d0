"""What a Google Cloud project lacks for an environment: from answers to findings, without a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from ...components.cluster_spec import GkeSpec
from ..preflight import Finding, Unread, judged, unknown
from ..spec import NodePoolSpec

APIS = ("compute.googleapis.com", "container.googleapis.com", "cloudkms.googleapis.com")
"""What a cluster with a key of its own needs (GKE docs, Cloud KMS docs; read 2026-11)."""

PODS_PREFIX = 24
"""GKE gives each node a /24 of the pods' range at its default of 110 pods (GKE docs, VPC-native clusters)."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """A reservation of Compute Engine."""

    machine: str
    """Empty for a reservation that names no machine type."""
    count: int
    zone: str
    ready: bool
    specific: bool
    """Whether only machines that name it may use it."""


@dataclass(frozen=True, slots=True)
class Range:
    """Addresses of a subnetwork, primary or secondary."""

    cidr: IPv4Network
    free: int | None
    """Addresses not in use; ``None`` where the API did not say."""


def zones_of(spec: NodePoolSpec, cluster: GkeSpec) -> list[str]:
    """Zones that the nodes of a pool may be in."""
    return list(spec.zones or cluster.zones)


def offer_finding(
    subject: str, machine: str, zones: Iterable[str], offered: Mapping[str, bool | Unread]
) -> Finding:
    """Whether each zone sells the machine. ``offered`` says so by zone."""
    wanted = list(zones)
    what = f"{machine} in {', '.join(wanted)}"
    for zone in wanted:
        if isinstance(answer := offered[zone], Unread):
            return unknown(subject, what, "sold in each zone", answer.why)
    lacking = [zone for zone in wanted if not offered[zone]]
    got = f"not sold in {', '.join(lacking)}" if lacking else "sold"
    ask = f"take other zones for {machine} than {', '.join(lacking)}"
    return judged(subject, what, not lacking, got, "sold in each zone", ask)


def reservation_findings(
    spec: NodePoolSpec, zone: str, answer: Reserved | Unread | None, nodes: int
) -> Iterator[Finding]:
    """Whether a pool's reservation is there, fits, and covers the ``nodes`` of all pools that name it."""
    what = f"reservation {spec.reservation}"
    if isinstance(answer, Unread):
        yield unknown(spec.name, what, f"{nodes} × {spec.machine}", answer.why)
        return
    if answer is None:
        ask = f"make it in {zone}, or correct `reservation` or `zones` of pool {spec.name}"
        yield judged(spec.name, what, False, f"not in {zone}", "there", ask)
        return
    ready = "ready" if answer.ready else "not ready"
    yield judged(
        spec.name, f"state of {what}", answer.ready, ready, "ready", "wait for it, or get another one"
    )
    specific = "specific" if answer.specific else "open to all"
    ask = "make it with --require-specific-reservation"
    yield judged(spec.name, f"kind of {what}", answer.specific, specific, "specific", ask)
    if answer.machine:
        ask = "let pool and reservation have one machine"
        fits = answer.machine == spec.machine
        yield judged(spec.name, f"machine of {what}", fits, answer.machine, spec.machine, ask)
    else:
        yield unknown(spec.name, f"machine of {what}", spec.machine, "the reservation names no machine type")
    ask = f"enlarge it from {answer.count} to {nodes}, or lower max_nodes"
    yield judged(
        spec.name,
        f"size of {what}",
        nodes <= answer.count,
        f"{answer.count} machines",
        f"{nodes} machines",
        ask,
    )


def api_findings(project: str, enabled: Mapping[str, bool] | Unread) -> Iterator[Finding]:
    """Whether the APIs are switched on."""
    for api in APIS:
        if isinstance(enabled, Unread):
            yield unknown("project", f"API {api}", "enabled", enabled.why)
            continue
        there = enabled.get(api, False)
        ask = f"gcloud services enable {api} --project {project}"
        yield judged("project", f"API {api}", there, "enabled" if there else "not enabled", "enabled", ask)


def range_findings(
    cluster: GkeSpec, pools: Iterable[NodePoolSpec], ranges: Mapping[str, Range] | Unread
) -> Iterator[Finding]:
    """Whether a given subnetwork has room for all nodes, and its range for their pods.

    ``ranges`` by name, the primary one under the empty name. System nodes are counted too.
    """
    network = cluster.network
    nodes = sum(spec.max_nodes for spec in pools) + cluster.system_nodes.max_nodes
    per_node = 2 ** (32 - PODS_PREFIX)
    for title, name, needed in (
        ("nodes", "", nodes),
        (f"pods, {network.pods_range}", network.pods_range or "", nodes * per_node),
    ):
        what, want = f"addresses of {network.subnetwork} for {title}", f"{needed} for {nodes} nodes"
        if isinstance(ranges, Unread):
            yield unknown("subnetwork", what, want, ranges.why)
        elif name not in ranges:
            fix = "correct `pods_range`, or add the range"
            yield judged("subnetwork", what, False, "not there", want, fix)
        else:
            yield _room(what, want, needed, ranges[name], reserved=0 if name else 4)


def _room(what: str, want: str, needed: int, found: Range, reserved: int) -> Finding:
    size = found.cidr.num_addresses - reserved
    if found.free is None and needed <= size:
        why = f"{found.cidr} would do, but the API does not say what is in use"
        return unknown("subnetwork", what, want, why)
    free = size if found.free is None else min(found.free, size)
    return judged(
        "subnetwork", what, needed <= free, f"{free} free", want, f"a range with {needed - free} more"
    )

"""The VPC of a GKE cluster, or one that exists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from ..args import InvalidArgs, parsed
from ..cloud_objects import cloud_object, output
from ..cluster_spec import GcpNetworkSpec
from ..errors import Problem

PODS_RANGE = "pods"
SERVICES_RANGE = "services"
WEBHOOK_PORTS = ("8443", "9443")
"""Ports of admission webhooks (Kueue, KServe, operators); GKE itself opens 443 and 10250."""

_GIVEN = ("network", "subnetwork", "pods_range", "services_range")
_CONTROL_PLANE_PREFIX = 28


class GcpNetwork(pulumi.ComponentResource):
    """A custom-mode VPC with one subnetwork for private nodes, their way out through NAT, and flow logs.

    When ``network`` is given, nothing is made and the outputs say what was given. Raises ``InvalidArgs``
    for half of a network and for ranges that overlap.
    """

    network: pulumi.Output[str]
    """Self link of the VPC, or what was given."""
    subnetwork: pulumi.Output[str]
    """Self link of the subnetwork, or what was given."""
    pods_range: pulumi.Output[str]
    """Name of the secondary range for pods."""
    services_range: pulumi.Output[str]
    """Name of the secondary range for services."""

    def __init__(
        self,
        name: str,
        args: GcpNetworkSpec | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        *,
        project: str,
        region: str,
    ) -> None:
        super().__init__("ai-platform:index:GcpNetwork", name, {}, opts)
        spec = parsed("GcpNetwork", name, GcpNetworkSpec, args)
        problems = list(network_problems(spec))
        if problems:
            raise InvalidArgs(f"GcpNetwork {name!r}", problems)
        links = self._made(name, spec, project, region) if spec.network is None else _given(spec)
        self.network, self.subnetwork, self.pods_range, self.services_range = links
        self.register_outputs(dict(zip(_GIVEN, links, strict=True)))

    def _made(
        self, name: str, spec: GcpNetworkSpec, project: str, region: str
    ) -> tuple[pulumi.Output[str], ...]:
        own = pulumi.ResourceOptions(parent=self)
        place = {"project": project, "region": region}
        vpc = cloud_object(
            f"{name}-vpc",
            "gcp:compute/network:Network",
            {"project": project, "autoCreateSubnetworks": False, "routingMode": "REGIONAL"},
            own,
            outputs=("selfLink",),
        )
        link = output(vpc, "selfLink")
        subnet = cloud_object(
            f"{name}-nodes",
            "gcp:compute/subnetwork:Subnetwork",
            {**place, "network": link, **subnetwork_ranges(spec)},
            own,
            outputs=("selfLink",),
        )
        router = cloud_object(
            f"{name}-router", "gcp:compute/router:Router", {**place, "network": link}, own, outputs=("name",)
        )
        nodes = output(subnet, "selfLink")
        cloud_object(
            f"{name}-nat",
            "gcp:compute/routerNat:RouterNat",
            {**place, "router": output(router, "name"), **nat_properties(nodes)},
            own,
        )
        cloud_object(
            f"{name}-webhooks",
            "gcp:compute/firewall:Firewall",
            {"project": project, "network": link, **webhook_firewall(spec)},
            own,
        )
        ranges = [pulumi.Output.from_input(text) for text in (PODS_RANGE, SERVICES_RANGE)]
        return link, nodes, *ranges


def network_problems(spec: GcpNetworkSpec) -> Iterator[Problem]:
    """What is wrong with a network: keys that are missing beside the others, and ranges that overlap."""
    missing = [key for key in _GIVEN if getattr(spec, key) is None]
    if missing and len(missing) < len(_GIVEN):
        for key in missing:
            yield Problem(
                key, "a missing key", f"all of {', '.join(_GIVEN)}, or none", "add it or remove the others"
            )
    if spec.control_plane_cidr.prefixlen != _CONTROL_PLANE_PREFIX:
        yield Problem("control_plane_cidr", str(spec.control_plane_cidr), "a /28", "take a /28")
    ranges = ("cidr", "pods_cidr", "services_cidr", "control_plane_cidr")
    for index, key in enumerate(ranges):
        for other in ranges[:index]:
            if getattr(spec, key).overlaps(getattr(spec, other)):
                got = str(getattr(spec, key))
                yield Problem(key, got, f"a range outside {other}, {getattr(spec, other)}", "take another")


def subnetwork_ranges(spec: GcpNetworkSpec) -> dict[str, Any]:
    """Addresses and logging of the nodes' subnetwork, in the provider's words."""
    return {
        "ipCidrRange": str(spec.cidr),
        "secondaryIpRanges": [
            {"rangeName": PODS_RANGE, "ipCidrRange": str(spec.pods_cidr)},
            {"rangeName": SERVICES_RANGE, "ipCidrRange": str(spec.services_cidr)},
        ],
        # Nodes without public addresses reach Artifact Registry and Cloud Storage this way, not through NAT.
        "privateIpGoogleAccess": True,
        "logConfig": {
            "aggregationInterval": "INTERVAL_10_MIN",
            "flowSampling": 0.1,
            "metadata": "INCLUDE_ALL_METADATA",
        },
    }


def nat_properties(subnetwork: pulumi.Input[str]) -> dict[str, Any]:
    """Way out of the nodes and pods of one subnetwork, and of nothing else in the VPC."""
    return {
        "natIpAllocateOption": "AUTO_ONLY",
        "sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS",
        "subnetworks": [{"name": subnetwork, "sourceIpRangesToNats": ["ALL_IP_RANGES"]}],
        "logConfig": {"enable": True, "filter": "ERRORS_ONLY"},
    }


def webhook_firewall(spec: GcpNetworkSpec) -> dict[str, Any]:
    """Lets the control plane call admission webhooks. GKE makes every other rule that it needs."""
    return {
        "direction": "INGRESS",
        "sourceRanges": [str(spec.control_plane_cidr)],
        "allows": [{"protocol": "tcp", "ports": list(WEBHOOK_PORTS)}],
        "logConfig": {"metadata": "INCLUDE_ALL_METADATA"},
    }


def _given(spec: GcpNetworkSpec) -> tuple[pulumi.Output[str], ...]:
    return tuple(pulumi.Output.from_input(getattr(spec, key)) for key in _GIVEN)

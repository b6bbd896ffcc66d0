"""Inputs of Google Cloud resources that can't change without a new resource."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..names import shortened

NODE_POOL = "gcp:container/nodePool:NodePool"

FORCE_NEW: Mapping[str, tuple[str, ...]] = {
    "gcp:billing/budget:Budget": ("billingAccount",),
    "gcp:monitoring/notificationChannel:NotificationChannel": ("project",),
    "gcp:container/cluster:Cluster": (
        "name",
        "location",
        "project",
        "network",
        "subnetwork",
        "networkingMode",
        "datapathProvider",
        "initialNodeCount",
        "description",
        "ipAllocationPolicy.clusterSecondaryRangeName",
        "ipAllocationPolicy.servicesSecondaryRangeName",
        "privateClusterConfig.masterIpv4CidrBlock",
        "masterAuth.clientCertificateConfig",
        "nodeConfig.serviceAccount",
        "nodeConfig.oauthScopes",
        "nodeConfig.shieldedInstanceConfig",
    ),
    NODE_POOL: (
        "name",
        "cluster",
        "location",
        "project",
        "initialNodeCount",
        "maxPodsPerNode",
        "placementPolicy",
        "queuedProvisioning",
        "networkConfig.acceleratorNetworkProfile",
        "networkConfig.additionalNodeNetworkConfigs",
        "nodeConfig.guestAccelerators",
        "nodeConfig.ephemeralStorageLocalSsdConfig",
        "nodeConfig.localNvmeSsdBlockConfig",
        "nodeConfig.metadata",
        "nodeConfig.oauthScopes",
        "nodeConfig.serviceAccount",
        "nodeConfig.shieldedInstanceConfig",
        "nodeConfig.reservationAffinity",
        "nodeConfig.spot",
        "nodeConfig.flexStart",
        "nodeConfig.maxRunDuration",
    ),
    "gcp:compute/network:Network": (
        "name",
        "autoCreateSubnetworks",
        "description",
        "networkProfile",
        "project",
    ),
    "gcp:compute/subnetwork:Subnetwork": ("name", "network", "region", "description", "project"),
    "gcp:compute/router:Router": ("name", "network", "region", "project"),
    "gcp:compute/routerNat:RouterNat": ("name", "router", "region", "type", "project"),
    "gcp:compute/firewall:Firewall": ("name", "direction", "project"),
    "gcp:compute/resourcePolicy:ResourcePolicy": (
        "region",
        "project",
        "workloadPolicy.type",
        "workloadPolicy.acceleratorTopology",
    ),
    "gcp:kms/keyRing:KeyRing": ("name", "location", "project"),
    "gcp:kms/cryptoKey:CryptoKey": ("name", "keyRing", "purpose", "destroyScheduledDuration"),
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": ("cryptoKeyId", "member", "role", "condition"),
    "gcp:projects/iAMMember:IAMMember": ("project", "member", "role", "condition"),
    "gcp:projects/serviceIdentity:ServiceIdentity": ("service", "project"),
    "gcp:serviceaccount/account:Account": ("accountId", "project"),
}
"""Type to paths, of the types and inputs that the library uses. A path covers everything below it.

``ForceNew`` in the schemas of terraform-provider-google at e03b7622 (2026-08-21, after 7.45.0). A subnetwork
whose ``ipCidrRange`` shrinks is replaced too. `ServiceIdentity` is in the beta provider
alone: terraform-provider-google-beta at 93c65b2d (2026-08-21)."""

_DIGEST = 8
_LONGEST_POOL_NAME = 40


def node_pool_name(name: str, properties: Mapping[str, Any], networks_of: str | None = None) -> str:
    """A name for a node pool with these properties, at most 40 characters, which GKE accepts.

    It holds a hash of what can't change in a pool. So a pool that must be replaced gets another name, and the
    new one can stand before the old one goes. Outputs are no part of it; ``networks_of`` says what those of
    networks can't: whose they are, where it isn't the pool itself.
    """
    fixed = {path: value for path, value in _fixed(properties) if not _has_output(value)}
    fixed |= {"networksOf": networks_of} if networks_of else {}
    digest = hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()[:_DIGEST]
    return f"{shortened(name, _LONGEST_POOL_NAME - _DIGEST - 1)}-{digest}"


def _fixed(properties: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for path in FORCE_NEW[NODE_POOL]:
        value: Any = properties
        for key in path.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        # How many nodes a pool starts with is no reason for another one.
        if value is not None and path not in {"name", "initialNodeCount"}:
            yield path, value


def _has_output(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_output(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_has_output(item) for item in value)
    return not isinstance(value, str | int | float | bool)

"""What Filestore and Managed Lustre say: in one zone, on the cluster's network alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..names import shortened
from ..storage_spec import StorageSpec

SHARE = "data"
"""Name of the share, and of Lustre's file system, which has at most eight letters."""

_API = "https://www.googleapis.com/compute/v1/"


def network_path(network: str) -> str:
    """``projects/P/global/networks/N`` of a network's self link or path."""
    return network.removeprefix(_API)


def filestore_properties(
    spec: StorageSpec, zone: str, network: Any, labels: Mapping[str, str]
) -> dict[str, Any]:
    """Properties of a zonal Filestore instance."""
    return {
        "tier": "ZONAL",
        "location": zone,
        "protocol": "NFS_V3",
        "fileShares": {"name": SHARE, "capacityGb": spec.capacity_gib},
        "networks": [{"network": network, "modes": ["MODE_IPV4"], "connectMode": "DIRECT_PEERING"}],
        "deletionProtectionEnabled": spec.keep_on_destroy,
        "labels": dict(labels),
    }


def lustre_properties(
    spec: StorageSpec, cluster_identifier: str, zone: str, network: Any, labels: Mapping[str, str]
) -> dict[str, Any]:
    """Properties of a Managed Lustre instance. Its name is fixed: once per project and zone."""
    return {
        "instanceId": instance_id(cluster_identifier, spec.name),
        "location": zone,
        "filesystem": SHARE,
        "capacityGib": str(spec.capacity_gib),
        "perUnitStorageThroughput": spec.throughput_mbps_per_tib.value,
        "network": network,
        "labels": dict(labels),
    }


def instance_id(cluster_identifier: str, storage: str) -> str:
    """Name of an instance, from those of the cluster and the storage."""
    name = re.sub(r"[^a-z0-9]+", "-", f"{cluster_identifier}-{storage}".lower()).strip("-")
    return shortened(name if name[:1].isalpha() else f"c-{name}")


def first_address(networks: Sequence[Mapping[str, Any]]) -> str | None:
    """The address of an instance; ``None`` while it has none."""
    return next((address for network in networks for address in network.get("ipAddresses") or ()), None)


def address_of(mount_point: str | None) -> str | None:
    """The address in ``10.0.0.2@tcp:/data``."""
    return mount_point.partition("@")[0] if mount_point else None

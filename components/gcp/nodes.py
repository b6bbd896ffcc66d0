"""What all nodes of a GKE cluster have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pulumi

NODE_ROLES = ("roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader")
"""Roles of the nodes' service account: the least that GKE needs (logs, metrics, node status), and pulling
images. Source: docs.cloud.google.com, configure GKE node service accounts (read 2026-11-21)."""


def node_base(
    service_account: pulumi.Input[str], labels: Mapping[str, str], *, secure_boot: bool = True
) -> dict[str, Any]:
    """``nodeConfig`` of every node: own identity, no legacy metadata, Shielded VM, cost labels.

    ``labels`` reach the machines and their disks. The scope leaves the decision to the service account's
    roles, as Google advises. ``secure_boot`` off lets drivers load that nobody signed.
    """
    return {
        "serviceAccount": service_account,
        "oauthScopes": ["https://www.googleapis.com/auth/cloud-platform"],
        "metadata": {"disable-legacy-endpoints": "true"},
        "workloadMetadataConfig": {"mode": "GKE_METADATA"},
        "shieldedInstanceConfig": {"enableSecureBoot": secure_boot, "enableIntegrityMonitoring": True},
        "kubeletConfig": {"insecureKubeletReadonlyPortEnabled": "FALSE"},
        "gvnic": {"enabled": True},
        "resourceLabels": dict(labels),
    }


def first_nodes_per_zone(min_nodes: int, max_nodes: int, zones: int) -> int:
    """Nodes that a new pool starts with in each zone: at least ``min_nodes`` in all, if that fits."""
    most = -(-min_nodes // zones)
    return most if most * zones <= max_nodes else min_nodes // zones

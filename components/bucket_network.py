"""What lets pods of a team reach its buckets, from a namespace that lets nothing out."""

from __future__ import annotations

from typing import Any

from .pod_storage import REACHED
from .tenant import TEAM_LABEL

EKS_IDENTITY = ("169.254.170.23/32", 80)
"""EKS Pod Identity agent. Source: Amazon EKS, "Understand how EKS Pod Identity works" (2026-11)."""

GKE_IDENTITY = ("169.254.169.254/32", 80)
"""Metadata server of clusters with Dataplane V2. Provisional: general knowledge, no page was read."""


def bucket_policy_manifest(team: str, identity: tuple[str, int]) -> dict[str, Any]:
    """NetworkPolicy: pods with the label reach ``identity``, an address and port, and HTTPS.

    Buckets have no addresses of their own to name. What a pod may do there is a matter of its rights.
    """
    address, port = identity
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "allow-buckets", "namespace": team, "labels": {TEAM_LABEL: team}},
        "spec": {
            "podSelector": {"matchLabels": REACHED},
            "policyTypes": ["Egress"],
            "egress": [
                {"to": [{"ipBlock": {"cidr": address}}], "ports": [{"port": port, "protocol": "TCP"}]},
                {"ports": [{"port": 443, "protocol": "TCP"}]},
            ],
        },
    }

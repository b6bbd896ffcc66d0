"""The add-ons that EKS manages in a cluster of ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ManagedAddon:
    """One add-on. Its version is EKS's default for the cluster's Kubernetes version when it is made.

    EKS never changes it on its own afterwards (EKS user guide, updating an add-on, read 2026-11). Build
    numbers differ by Kubernetes version, and only ``describe-addon-versions`` knows them: none is pinned.
    """

    name: str
    before_nodes: bool
    """Whether nodes wait for it: without network plugin no node gets ready."""
    service_account: str | None = None
    """Service account that gets a role by Pod Identity, or ``None``."""
    policy: str | None = None
    """AWS's policy of that role."""
    settings: Mapping[str, Any] | None = None
    """Configuration values, or ``None`` for EKS's own."""
    at_least: str | None = None
    """Oldest version that the nodes work with, and why; for a preflight."""


ADDONS = (
    ManagedAddon("eks-pod-identity-agent", before_nodes=True),
    ManagedAddon(
        "vpc-cni",
        before_nodes=True,
        service_account="aws-node",
        policy="AmazonEKS_CNI_Policy",
        # Network policies of team namespaces do nothing until the plugin enforces them.
        settings={"enableNetworkPolicy": "true"},
        at_least="v1.18.5: interfaces of type efa-only (EKS user guide, node-efa)",
    ),
    ManagedAddon("kube-proxy", before_nodes=True),
    ManagedAddon("coredns", before_nodes=False),
    ManagedAddon(
        "aws-ebs-csi-driver",
        before_nodes=False,
        service_account="ebs-csi-controller-sa",
        policy="service-role/AmazonEBSCSIDriverPolicy",
    ),
)
"""Names, service accounts and policies: EKS user guide, AWS add-ons (read 2026-11)."""


def addon(
    row: ManagedAddon, cluster_name: Any, role_arn: Any | None, tags: Mapping[str, str]
) -> dict[str, Any]:
    """The add-on as a resource. It takes over what the same add-on left behind, and keeps later settings."""
    found: dict[str, Any] = {
        "clusterName": cluster_name,
        "addonName": row.name,
        "resolveConflictsOnCreate": "OVERWRITE",
        "resolveConflictsOnUpdate": "PRESERVE",
        "tags": dict(tags),
    }
    if row.settings:
        found["configurationValues"] = json.dumps(row.settings, sort_keys=True)
    if row.service_account:
        found["podIdentityAssociations"] = [{"roleArn": role_arn, "serviceAccount": row.service_account}]
    return found

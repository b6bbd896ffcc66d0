"""The service account that a team's pods run as when they have rights in a cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .pod_storage import TEAM_SERVICE_ACCOUNT
from .tenant import TEAM_LABEL


def service_account_manifest(team: str, annotations: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The ServiceAccount in the team's namespace. Pods get no token for the Kubernetes API.

    Their identity in the cloud needs none: EKS Pod Identity and GKE's metadata server bring it.
    """
    metadata: dict[str, Any] = {
        "name": TEAM_SERVICE_ACCOUNT,
        "namespace": team,
        "labels": {TEAM_LABEL: team},
    }
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata,
        "automountServiceAccountToken": False,
    }

"""What pods say to use storage of their team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .cluster_spec import ClusterProvider
from .quantities import canonical
from .storage_spec import StorageKind, StorageSpec

TEAM_SERVICE_ACCOUNT = "workload"
"""Service account of each team that has rights on storage: pods that mount a bucket run as it."""

BUCKETS_LABEL = "ai-platform/buckets"
"""Label of pods that reach buckets by themselves: with an SDK, or with a sidecar that mounts them."""

REACHED = {BUCKETS_LABEL: "reached"}

_GCS_FUSE = {"gke-gcsfuse/volumes": "true"}


@dataclass(frozen=True, slots=True)
class PodStorage:
    """What a pod template has to say to use storage."""

    volumes: tuple[dict[str, Any], ...] = ()
    """Entries of ``volumes``, named like the storage."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of the pod."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Annotations of the pod."""
    service_account: str | None = None
    """``serviceAccountName``; ``None``: that of the namespace."""


def pod_storage(
    specs: list[StorageSpec], team: str, provider: ClusterProvider, *, read_only: bool = False
) -> PodStorage:
    """What pods of ``team`` say to use these storages on a cluster of ``provider``.

    Claims are read-only for readers, and with ``read_only`` for all.
    """
    buckets = [spec for spec in specs if spec.kind is StorageKind.OBJECT]
    return PodStorage(
        volumes=tuple(_pod_volume(spec, read_only or team not in spec.writers) for spec in specs),
        labels=REACHED if buckets else {},
        annotations=_GCS_FUSE if buckets and provider is ClusterProvider.GKE else {},
        service_account=TEAM_SERVICE_ACCOUNT if buckets else None,
    )


def _pod_volume(spec: StorageSpec, read_only: bool) -> dict[str, Any]:
    if spec.kind is StorageKind.LOCAL:
        return {"name": spec.name, "emptyDir": {"sizeLimit": canonical(f"{spec.capacity_gib}Gi")}}
    claim = {"claimName": spec.name, "readOnly": read_only}
    return {"name": spec.name, "persistentVolumeClaim": claim}

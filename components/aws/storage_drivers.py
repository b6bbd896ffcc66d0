"""CSI drivers of an EKS cluster for the storage of its environment, as managed add-ons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pulumi

from ..cloud_objects import cloud_object
from ..cluster import AwsCluster
from ..storage_spec import StorageKind, StorageSpec

_ADDONS: Mapping[StorageKind, str] = {
    StorageKind.OBJECT: "aws-mountpoint-s3-csi-driver",
    StorageKind.SHARED_FILES: "aws-fsx-csi-driver",
}


class StorageDrivers(pulumi.ComponentResource):
    """The add-ons by which pods mount these storages, once for a cluster.

    They get no IAM role. Buckets are mounted with the rights of the pod's team, and file systems are made
    beforehand, so that the driver calls no AWS API for them. EKS takes its default version of each add-on for
    the cluster's Kubernetes version, unless ``versions`` pins one, by add-on.
    """

    def __init__(
        self,
        name: str,
        storage: Iterable[StorageSpec],
        opts: pulumi.ResourceOptions | None = None,
        *,
        aws: AwsCluster,
        versions: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__("ai-platform:index:StorageDrivers", name, {}, opts)
        for addon in addons(storage):
            pinned = (versions or {}).get(addon)
            cloud_object(
                f"{name}-{addon}",
                "aws:eks/addon:Addon",
                {
                    "clusterName": aws.cluster_name,
                    "addonName": addon,
                    "resolveConflictsOnCreate": "OVERWRITE",
                    "resolveConflictsOnUpdate": "OVERWRITE",
                    "tags": dict(aws.tags),
                    **({"addonVersion": pinned} if pinned else {}),
                },
                pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})


def addons(storage: Iterable[StorageSpec]) -> list[str]:
    """Names of the add-ons that these storages need, sorted."""
    return sorted({_ADDONS[spec.kind] for spec in storage if spec.kind in _ADDONS})

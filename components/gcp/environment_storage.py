"""Every storage of an environment on Google Cloud: data, volumes and rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from ..cluster import Cluster
from ..cluster_clouds import gcp_side
from ..open_directory import OpenDirectory
from ..storage_spec import FileSystem, StorageKind, StorageSpec
from ..team_volume import TeamVolume
from .storage import PrivateServiceAccess, Storage
from .team_identity import Grant, TeamIdentity


class EnvironmentStorage(pulumi.ComponentResource):
    """Storage, and for each team its volumes and an identity that reaches its buckets.

    The drivers are add-ons of the cluster: ``gke_addons``. ``tenants`` are what makes each team's namespace;
    what lies in one waits for it. ``labels`` are cost labels by name of the storage, beside those of the
    cluster. For Lustre the network gets ``PrivateServiceAccess``, unless ``private_services`` says that it
    has it. ``local`` storage needs nothing.
    """

    buckets: dict[str, pulumi.Output[str]]
    """Name of each bucket, by storage."""

    def __init__(
        self,
        name: str,
        storage: Sequence[StorageSpec],
        opts: pulumi.ResourceOptions | None = None,
        *,
        cluster: Cluster,
        tenants: Mapping[str, pulumi.Resource],
        labels: Mapping[str, Mapping[str, str]] | None = None,
        kms_key: pulumi.Input[str] | None = None,
        private_services: bool = False,
    ) -> None:
        super().__init__("ai-platform:index:EnvironmentStorage", name, {}, opts)
        gcp = gcp_side(cluster, f"EnvironmentStorage {name!r}")
        own = pulumi.ResourceOptions(parent=self)
        lustre = [spec for spec in storage if _is_lustre(spec)]
        services: list[pulumi.Resource] = []
        if lustre and not private_services:
            services = [PrivateServiceAccess(f"{name}-services", own, gcp=gcp)]

        made = {
            spec.name: Storage(
                f"{name}-{spec.name}",
                spec,
                pulumi.ResourceOptions(parent=self, depends_on=services) if spec in lustre else own,
                cluster=cluster,
                labels=(labels or {}).get(spec.name),
                kms_key=kms_key,
            )
            for spec in storage
            if spec.kind is not StorageKind.LOCAL
        }
        for key, item in made.items():
            if item.bucket is None:
                OpenDirectory(f"{name}-{key}-open", item.volume, own)

        grants: dict[str, list[Grant]] = {}
        for spec in storage:
            for team in spec.teams if spec.name in made else ():
                inside = pulumi.ResourceOptions(parent=self, depends_on=[tenants[team]])
                writes = team in spec.writers
                volume, bucket = made[spec.name].volume, made[spec.name].bucket
                TeamVolume(f"{name}-{team}.{spec.name}", volume, team, writes=writes, opts=inside)
                if bucket is not None:
                    grants.setdefault(team, []).append(Grant(spec.name, bucket, writes))
        for team, rights in grants.items():
            inside = pulumi.ResourceOptions(parent=self, depends_on=[tenants[team]])
            TeamIdentity(f"{name}-{team}", team, rights, inside, cluster=cluster)

        self.buckets = {
            key: pulumi.Output.from_input(item.bucket.name) for key, item in made.items() if item.bucket
        }
        self.register_outputs({"buckets": self.buckets})


def _is_lustre(spec: StorageSpec) -> bool:
    return spec.kind is StorageKind.SHARED_FILES and spec.file_system is FileSystem.LUSTRE

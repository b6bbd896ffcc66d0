"""Every storage of an environment on AWS: data, drivers, volumes and rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from ..cluster import Cluster
from ..cluster_clouds import aws_side
from ..open_directory import OpenDirectory
from ..storage_spec import StorageKind, StorageSpec
from ..team_volume import TeamVolume
from .bucket import Bucket
from .storage import Storage
from .storage_drivers import StorageDrivers, addons
from .team_identity import Grant, TeamIdentity


class EnvironmentStorage(pulumi.ComponentResource):
    """Storage, CSI drivers, and for each team its volumes and an identity that reaches its buckets.

    ``tenants`` are what makes each team's namespace; what lies in one waits for it. ``tags`` are cost tags by
    name of the storage, ``team_tags`` by team, both beside those of the cluster. ``local`` storage needs
    nothing.
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
        tags: Mapping[str, Mapping[str, str]] | None = None,
        team_tags: Mapping[str, Mapping[str, str]] | None = None,
        kms_key_arn: pulumi.Input[str] | None = None,
    ) -> None:
        super().__init__("ai-platform:index:EnvironmentStorage", name, {}, opts)
        aws = aws_side(cluster, f"EnvironmentStorage {name!r}")
        own = pulumi.ResourceOptions(parent=self)
        before = [StorageDrivers(f"{name}-drivers", storage, own, aws=aws)] if addons(storage) else []

        made: dict[str, Storage] = {}
        buckets: dict[str, Bucket] = {}
        for spec in sorted(storage, key=lambda item: item.kind is not StorageKind.OBJECT):
            if spec.kind is StorageKind.LOCAL:
                continue
            found = Storage(
                f"{name}-{spec.name}",
                spec,
                own,
                cluster=cluster,
                tags=(tags or {}).get(spec.name),
                kms_key_arn=kms_key_arn,
                linked_bucket=buckets.get(spec.linked_storage or ""),
            )
            made[spec.name] = found
            if found.bucket is not None:
                buckets[spec.name] = found.bucket

        for key in sorted(made.keys() - buckets.keys()):
            after = pulumi.ResourceOptions(parent=self, depends_on=before)
            OpenDirectory(f"{name}-{key}-open", made[key].volume, after)

        grants: dict[str, list[Grant]] = {}
        for spec in storage:
            for team in spec.teams if spec.name in made else ():
                inside = pulumi.ResourceOptions(parent=self, depends_on=[tenants[team], *before])
                writes = team in spec.writers
                volume = made[spec.name].volume
                TeamVolume(f"{name}-{team}.{spec.name}", volume, team, writes=writes, opts=inside)
                if spec.name in buckets:
                    grants.setdefault(team, []).append(Grant(buckets[spec.name], writes))
        for team, rights in grants.items():
            inside = pulumi.ResourceOptions(parent=self, depends_on=[tenants[team]])
            own_tags = dict((team_tags or {}).get(team, {}))
            TeamIdentity(f"{name}-{team}", team, rights, inside, cluster=cluster, tags=own_tags)

        self.buckets = {key: pulumi.Output.from_input(bucket.name) for key, bucket in buckets.items()}
        self.register_outputs({"buckets": self.buckets})

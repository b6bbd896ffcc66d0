"""Every storage of an environment, wherever its cluster runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from .cluster import Cluster
from .storage_spec import StorageKind, StorageSpec
from .team_volume import DynamicTeamVolume


def environment_storage(
    name: str,
    storage: Sequence[StorageSpec],
    opts: pulumi.ResourceOptions | None = None,
    *,
    cluster: Cluster | None,
    tenants: Mapping[str, pulumi.Resource],
    tags: Mapping[str, Mapping[str, str]] | None = None,
    team_tags: Mapping[str, Mapping[str, str]] | None = None,
) -> pulumi.ComponentResource | None:
    """The component for this cluster; ``None`` where no storage needs a resource.

    ``cluster`` is ``None`` on a simulated cluster, where all storage is ``local``. ``tags`` by storage and
    ``team_tags`` by team are cost tags in the cloud's own alphabet. Only the code of its cloud is loaded.
    """
    needed = [spec for spec in storage if spec.kind is not StorageKind.LOCAL]
    if not needed:
        return None
    if cluster is not None and cluster.aws is not None:
        from .aws.environment_storage import EnvironmentStorage as AwsStorage

        return AwsStorage(
            name, needed, opts, cluster=cluster, tenants=tenants, tags=tags, team_tags=team_tags
        )
    if cluster is not None and cluster.gcp is not None:
        from .gcp.environment_storage import EnvironmentStorage as GcpStorage

        return GcpStorage(name, needed, opts, cluster=cluster, tenants=tenants, labels=tags)
    return ExistingStorage(name, needed, opts, tenants=tenants)


class ExistingStorage(pulumi.ComponentResource):
    """Volumes that StorageClasses of a cluster make in the namespaces of teams."""

    def __init__(
        self,
        name: str,
        storage: Sequence[StorageSpec],
        opts: pulumi.ResourceOptions | None = None,
        *,
        tenants: Mapping[str, pulumi.Resource],
    ) -> None:
        super().__init__("ai-platform:index:EnvironmentStorage", name, {}, opts)
        for spec in storage:
            for team in spec.teams:
                inside = pulumi.ResourceOptions(parent=self, depends_on=[tenants[team]])
                DynamicTeamVolume(f"{name}-{team}.{spec.name}", spec, team, inside)
        self.register_outputs({})

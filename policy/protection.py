"""What holds data or money can't be deleted by mistake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..components.gates_spec import GateLevel
from .look import Resource
from .pools import pools
from .rule import Finding, Rule, Settings

HELD = {
    "aws:eks/cluster:Cluster": "a cluster with everything in it",
    "gcp:container/cluster:Cluster": "a cluster with everything in it",
    "aws:s3/bucket:Bucket": "data",
    "aws:s3/bucketV2:BucketV2": "data",
    "gcp:storage/bucket:Bucket": "data",
    "aws:kms/key:Key": "what makes data readable",
    "gcp:kms/cryptoKey:CryptoKey": "what makes data readable",
    "aws:efs/fileSystem:FileSystem": "data",
    "aws:fsx/lustreFileSystem:LustreFileSystem": "data",
    "aws:fsx/openZfsFileSystem:OpenZfsFileSystem": "data",
    "gcp:filestore/instance:Instance": "data",
    "gcp:lustre/instance:Instance": "data",
    "aws:ebs/volume:Volume": "data",
    "aws:rds/cluster:Cluster": "data",
    "aws:rds/instance:Instance": "data",
    "gcp:compute/disk:Disk": "data",
    "gcp:sql/databaseInstance:DatabaseInstance": "data",
    "kubernetes:core/v1:PersistentVolumeClaim": "data",
}
"""Type to what is lost with it."""


def protected_state(resources: Sequence[Resource], _: Settings) -> Iterator[Finding]:
    """Clusters, data, keys and GPU pools that the next change may delete."""
    for resource in resources:
        if resource.type in HELD and not resource.protected and not _bound(resource):
            yield Finding(f"is not protected, and holds {HELD[resource.type]}", resource.urn, resource.name)
    found = [pool for pool in pools(resources) if pool.accelerated]
    # Groups of further MIG layouts come and go with the layouts; the first one of a pool stays.
    kept = {pool.pool for pool in found if pool.resource.protected}
    for pool in found:
        if pool.pool not in kept:
            yield Finding(
                f"no group of pool {pool.pool} is protected, and holds GPUs that may not come back",
                pool.resource.urn,
                pool.resource.name,
            )


def _bound(resource: Resource) -> bool:
    # A claim on a volume that was made for it, as that of a bucket, holds nothing itself.
    return resource.kind == "PersistentVolumeClaim" and bool(resource.at("spec", "volumeName"))


RULE = Rule(
    "protected-state",
    "Clusters, buckets, file systems, claims, keys and one group of every GPU pool are protected. "
    "`retainOnDelete` is "
    "not shown to policy packs, so it does not count",
    "A changed name is enough to delete what nobody can bring back",
    "Set `protect=True` in the resource's options",
    GateLevel.MANDATORY,
    on_stack=protected_state,
)

"""What is lost when a resource goes: pools, clusters, data and what guards them, by type token.

Tokens of AWS and Google Cloud stand as pulumi-aws 7.51.1 and pulumi-gcp 10.2.0 register them (2026-11-21).
Kubernetes kinds stand without their version, which changes nothing about what is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from .model import Grade


class Kind(StrEnum):
    """What a resource is to the people who use it. The order is that in which one speaks for the others."""

    CLUSTER = "cluster"
    POOL = "pool"
    NAMESPACE = "namespace"
    CRD = "crd"
    BUCKET = "bucket"
    FILE_SYSTEM = "file-system"
    VOLUME = "volume"
    DATABASE = "database"
    KEY = "key"
    QUEUE = "queue"
    RESERVATION = "reservation"
    STATEFUL_SET = "stateful-set"
    REGISTRY = "registry"
    SECRET = "secret"  # noqa: S105 - a kind of thing
    IDENTITY = "identity"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Loss:
    """What it means that a thing of a kind goes."""

    noun: str
    """The thing, for a reader."""
    removed: Grade
    """How bad it is when it is deleted."""
    replaced: Grade
    """How bad it is when a new one takes its place, made before the old one goes."""
    reason: str
    """What is lost with it."""
    safer: str
    """How to get there without that."""


_DATA = (Grade.CRITICAL, Grade.CRITICAL)
_MOVE_DATA = (
    "make the new {noun} beside the old one, copy the data, switch its users over, then remove the old one"
)

KINDS: Mapping[Kind, Loss] = {
    Kind.CLUSTER: Loss(
        "cluster",
        *_DATA,
        "everything that runs on it, and all that its Kubernetes API holds",
        "make a second cluster beside it, move the teams one by one, then remove the first",
    ),
    Kind.POOL: Loss(
        "node pool",
        Grade.CRITICAL,
        Grade.HIGH,
        "its nodes stop with all that runs on them, and the cloud need not have as many again",
        "add the new pool beside it under another name, move quota and endpoints there, then remove the "
        "old one",
    ),
    Kind.NAMESPACE: Loss(
        "namespace",
        *_DATA,
        "every object and claim in it goes with it",
        "make the new namespace beside it, move the work and its data, then remove the old one",
    ),
    Kind.CRD: Loss(
        "custom resource definition",
        *_DATA,
        "Kubernetes deletes every object of its kind with it",
        "update it in place; to drop it, first remove its objects one by one and see what they were for",
    ),
    Kind.BUCKET: Loss("bucket", *_DATA, "the objects in it", _MOVE_DATA),
    Kind.FILE_SYSTEM: Loss("file system", *_DATA, "the files on it", _MOVE_DATA),
    Kind.VOLUME: Loss(
        "volume", *_DATA, "the data on it", "take a snapshot first, and restore it to the new volume"
    ),
    Kind.DATABASE: Loss(
        "database",
        *_DATA,
        "the rows in it",
        "take a backup, restore it beside the old one, switch over, then remove",
    ),
    Kind.KEY: Loss(
        "encryption key",
        *_DATA,
        "nobody can read again what it has encrypted",
        "make the new key beside it, encrypt the data anew, and only then schedule the old one for deletion",
    ),
    Kind.QUEUE: Loss(
        "queue",
        Grade.HIGH,
        Grade.HIGH,
        "work that waits in it is not admitted, and what runs loses its quota",
        "stop admission first (stopPolicy: HoldAndDrain), wait until it is empty, then change it",
    ),
    Kind.RESERVATION: Loss(
        "capacity reservation",
        Grade.CRITICAL,
        Grade.CRITICAL,
        "the machines go back to the cloud, which need not have them again",
        "get the new reservation first, move the nodes there, then give the old one back",
    ),
    Kind.STATEFUL_SET: Loss(
        "stateful set",
        Grade.HIGH,
        Grade.HIGH,
        "its pods stop; their claims stay unless its retention policy deletes them",
        "change it in place, or make the new one beside it and move the data",
    ),
    Kind.REGISTRY: Loss(
        "image registry",
        *_DATA,
        "the images in it, so that pods that use them can't start again",
        "copy the images to the new one, change who pulls them, then remove the old one",
    ),
    Kind.SECRET: Loss(
        "secret store",
        Grade.HIGH,
        Grade.HIGH,
        "the values in it",
        "make the new one, fill it, change who reads it, then remove the old one",
    ),
    Kind.IDENTITY: Loss(
        "identity",
        Grade.MEDIUM,
        Grade.MEDIUM,
        "who works under it is refused until it has another one",
        "make the new identity with its rights first, move its users there, then remove the old one",
    ),
    Kind.NETWORK: Loss(
        "network",
        Grade.CRITICAL,
        Grade.CRITICAL,
        "everything in it is cut off",
        "make the new network beside it and move what is in it",
    ),
}

_TYPES: Mapping[Kind, str] = {
    Kind.CLUSTER: "aws:eks/cluster:Cluster aws:ecs/cluster:Cluster gcp:container/cluster:Cluster",
    Kind.POOL: """
        aws:eks/nodeGroup:NodeGroup aws:autoscaling/group:Group aws:ec2/fleet:Fleet
        gcp:container/nodePool:NodePool gcp:compute/instanceGroupManager:InstanceGroupManager
        gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager gcp:tpu/v2Vm:V2Vm
        kubernetes:karpenter.sh:NodePool kubernetes:karpenter.k8s.aws:EC2NodeClass
    """,
    Kind.NAMESPACE: "kubernetes:core:Namespace",
    Kind.CRD: "kubernetes:apiextensions.k8s.io:CustomResourceDefinition",
    Kind.BUCKET: "aws:s3/bucket:Bucket aws:s3/bucketV2:BucketV2 gcp:storage/bucket:Bucket",
    Kind.FILE_SYSTEM: """
        aws:efs/fileSystem:FileSystem aws:fsx/lustreFileSystem:LustreFileSystem
        aws:fsx/openZfsFileSystem:OpenZfsFileSystem aws:fsx/ontapFileSystem:OntapFileSystem
        gcp:filestore/instance:Instance gcp:lustre/instance:Instance gcp:parallelstore/instance:Instance
    """,
    Kind.VOLUME: """
        aws:ebs/volume:Volume gcp:compute/disk:Disk gcp:compute/regionDisk:RegionDisk
        kubernetes:core:PersistentVolume kubernetes:core:PersistentVolumeClaim
    """,
    Kind.DATABASE: """
        aws:rds/instance:Instance aws:rds/cluster:Cluster aws:dynamodb/table:Table aws:docdb/cluster:Cluster
        aws:elasticache/replicationGroup:ReplicationGroup aws:memorydb/cluster:Cluster
        aws:opensearch/domain:Domain gcp:sql/databaseInstance:DatabaseInstance gcp:spanner/instance:Instance
        gcp:spanner/database:Database gcp:alloydb/cluster:Cluster gcp:redis/instance:Instance
        gcp:redis/cluster:Cluster gcp:bigquery/dataset:Dataset gcp:bigquery/table:Table
        gcp:firestore/database:Database gcp:bigtable/instance:Instance kubernetes:postgresql.cnpg.io:Cluster
    """,
    Kind.KEY: "aws:kms/key:Key gcp:kms/cryptoKey:CryptoKey gcp:kms/keyRing:KeyRing",
    Kind.QUEUE: """
        kubernetes:kueue.x-k8s.io:ClusterQueue kubernetes:kueue.x-k8s.io:LocalQueue
        kubernetes:kueue.x-k8s.io:ResourceFlavor kubernetes:kueue.x-k8s.io:Cohort
        kubernetes:scheduling.volcano.sh:Queue kubernetes:scheduling.run.ai:Queue
    """,
    Kind.RESERVATION: """
        aws:ec2/capacityReservation:CapacityReservation
        aws:ec2/capacityBlockReservation:CapacityBlockReservation
        gcp:compute/reservation:Reservation gcp:compute/futureReservation:FutureReservation
    """,
    Kind.STATEFUL_SET: "kubernetes:apps:StatefulSet",
    Kind.REGISTRY: "aws:ecr/repository:Repository gcp:artifactregistry/repository:Repository",
    Kind.SECRET: "aws:secretsmanager/secret:Secret gcp:secretmanager/secret:Secret",
    Kind.IDENTITY: """
        aws:iam/role:Role aws:iam/user:User gcp:serviceaccount/account:Account
        gcp:iam/workloadIdentityPool:WorkloadIdentityPool
    """,
    Kind.NETWORK: "aws:ec2/vpc:Vpc gcp:compute/network:Network",
}

_KIND_OF: Mapping[str, Kind] = {token: kind for kind, tokens in _TYPES.items() for token in tokens.split()}


@lru_cache(maxsize=4096)
def without_version(token: str) -> str:
    """A Kubernetes token without its version: ``kubernetes:core/v1:Pod`` is ``kubernetes:core:Pod``."""
    package, _, rest = token.partition(":")
    if package != "kubernetes":
        return token
    group, _, kind = rest.rpartition(":")
    return f"kubernetes:{group.rpartition('/')[0] or group}:{kind}"


def kind_of(token: str) -> Kind | None:
    """What a resource of this type is; ``None`` for one that can be made again without a loss."""
    return _KIND_OF.get(without_version(token))

"""What a user writes about data that outlives nodes: datasets, weights and checkpoints."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from .cluster_spec import Zone
from .names import Name

Days = Annotated[int, Field(ge=1, le=3650)]
Folder = Annotated[str, Field(pattern=r"^/[^:]+$")]
"""An absolute path in a container."""


class Purpose(StrEnum):
    """What the data is."""

    DATASETS = "datasets"
    """Read by many, written seldom. Old versions are kept for a while."""
    WEIGHTS = "weights"
    """Models that are served or tuned. Old versions are kept for a while."""
    CHECKPOINTS = "checkpoints"
    """States of training runs, large and soon outdated. No old versions are kept."""


class StorageKind(StrEnum):
    """What the data lies in."""

    OBJECT = "object"
    """A bucket: S3 or Cloud Storage."""
    SHARED_FILES = "shared_files"
    """A file system that pods of all nodes mount."""
    LOCAL = "local"
    """NVMe disks of the node that a pod runs on. Gone with the pod: for copies only."""


class FileSystem(StrEnum):
    """What serves shared files."""

    LUSTRE = "lustre"
    """Parallel: FSx for Lustre on AWS, Managed Lustre on Google Cloud."""
    NFS = "nfs"
    """Smaller and cheaper: Filestore on Google Cloud."""


class Throughput(StrEnum):
    """MB/s that Lustre gives for each TiB; both clouds sell these four. Dearer and from a smaller size on."""

    MBPS_125 = "125"
    MBPS_250 = "250"
    MBPS_500 = "500"
    MBPS_1000 = "1000"


class StorageSpec(BaseModel):
    """A place for data, and which teams may read or write it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: Name
    """Name of the storage, once per environment; also of the claim in each team's namespace."""
    purpose: Purpose
    """What the data is."""
    kind: StorageKind
    """What the data lies in."""
    readers: list[Name] = Field(default_factory=list)
    """Teams that may read. Default: none but the writers."""
    writers: list[Name] = Field(default_factory=list)
    """Teams that may read, write and delete. Default: none."""
    capacity_gib: Annotated[int, Field(ge=1, le=8_000_000)] | None = None
    """GiB of a file system, or of each pod's part of the local disks. Buckets have no size."""
    file_system: FileSystem = FileSystem.LUSTRE
    """What serves ``shared_files``. Default: lustre."""
    throughput_mbps_per_tib: Throughput = Throughput.MBPS_250
    """MB/s that Lustre gives for each TiB. Default: 250."""
    zone: Zone | None = None
    """Zone of a file system; that of the pools that use it. Default: the first of the cluster's."""
    linked_storage: Name | None = None
    """Bucket of this file that FSx for Lustre loads files from and writes them back to. Default: none."""
    storage_class: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    """StorageClass that makes ``shared_files`` on a cluster that exists already. Default: none."""
    expire_after_days: Days | None = None
    """Days after which a bucket deletes what was not written since. Default: never."""
    keep_deleted_days: Annotated[int, Field(ge=7, le=90)] = 30
    """Days for which deleted and overwritten objects of a bucket can be had back; not those of checkpoints.
    Default: 30."""
    keep_on_destroy: bool = True
    """Whether the data stays when the environment is destroyed. Default: yes."""

    @property
    def teams(self) -> tuple[str, ...]:
        """Every team that may use it, once, in the order of the file."""
        return tuple(dict.fromkeys([*self.writers, *self.readers]))

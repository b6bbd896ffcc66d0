"""What contradicts itself in a storage on the cluster where it is to be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from .cluster_spec import ClusterProvider
from .storage_spec import FileSystem, Purpose, StorageKind, StorageSpec, Throughput

Finding = tuple[str, object, str, str]
"""Key of the storage, what it got, what was expected, and how to fix it."""

_CLOUDS = {ClusterProvider.EKS, ClusterProvider.GKE}

# Managed Lustre, "Quotas and limits": smallest and largest in GiB by MB/s and TiB (2026-11). That the
# smallest is also the step is provisional.
MANAGED_LUSTRE_GIB: Mapping[Throughput, tuple[int, int, int]] = {
    Throughput.MBPS_125: (72_000, 7_632_000, 72_000),
    Throughput.MBPS_250: (36_000, 3_816_000, 36_000),
    Throughput.MBPS_500: (18_000, 1_908_000, 18_000),
    Throughput.MBPS_1000: (9_000, 954_000, 9_000),
}
# FSx API, CreateFileSystem, StorageCapacity of PERSISTENT_2 SSD: 1200, 2400 and steps of 2400. (2026-11)
FSX_STEP_GIB = 2400
# Filestore, "Service tiers", zonal: 1 TiB to 9.75 TiB by 256 GiB, 10 TiB to 100 TiB by 2.5 TiB. (2026-11)
FILESTORE_ZONAL_GIB = ((1024, 9984, 256), (10240, 102400, 2560))


def contradictions(spec: StorageSpec, provider: ClusterProvider, zones: tuple[str, ...]) -> Iterator[Finding]:
    """What is wrong with a storage on a cluster of this provider with these zones."""
    yield from _unread(spec)
    if spec.kind is StorageKind.LOCAL:
        yield from _local(spec)
    elif provider not in _CLOUDS:
        yield from _without_cloud(spec, provider)
    elif spec.kind is StorageKind.SHARED_FILES:
        yield from _files(spec, provider, zones)
    if provider in _CLOUDS and spec.storage_class:
        yield "storage_class", spec.storage_class, "none: the file system is made here", "remove it"


def _unread(spec: StorageSpec) -> Iterator[Finding]:
    if not spec.teams:
        yield "readers", "no team", "a team that reads or writes it", "name one under readers or writers"
    both = sorted(set(spec.readers) & set(spec.writers))
    if both:
        fix = "remove it from readers: who writes also reads"
        yield "readers", both[0], "a team that is not among the writers", fix
    if spec.kind is StorageKind.OBJECT:
        if spec.capacity_gib is not None:
            yield "capacity_gib", spec.capacity_gib, "none: a bucket has no size", "remove it"
    else:
        if spec.capacity_gib is None:
            yield "capacity_gib", "no size", "GiB of the file system", "add capacity_gib"
        if spec.expire_after_days is not None:
            expected = "none: only a bucket deletes by age"
            yield "expire_after_days", spec.expire_after_days, expected, "remove it, or take kind: object"
    if spec.kind is not StorageKind.SHARED_FILES:
        for key in ("zone", "linked_storage", "storage_class"):
            if (value := getattr(spec, key)) is not None:
                yield key, value, "none: only shared_files have it", "remove it"


def _local(spec: StorageSpec) -> Iterator[Finding]:
    if spec.purpose is Purpose.CHECKPOINTS:
        expected = "object or shared_files: checkpoints must outlive the node they are written on"
        yield "kind", spec.kind, expected, "take one of these"


def _without_cloud(spec: StorageSpec, provider: ClusterProvider) -> Iterator[Finding]:
    if provider is ClusterProvider.SIMULATED:
        expected = "local: nothing on a simulated cluster can mount more"
        yield "kind", spec.kind, expected, "take kind: local, or leave the storage out here"
    elif spec.kind is StorageKind.OBJECT:
        expected = "shared_files or local: a cluster that exists comes without a cloud to make buckets in"
        yield "kind", spec.kind, expected, "take shared_files with the cluster's own storage_class"
    elif spec.storage_class is None:
        yield "storage_class", "none", "a StorageClass of the cluster that can ReadWriteMany", "name one"
    elif len(spec.teams) > 1:
        expected = "one team: each namespace would get a volume of its own"
        yield "readers", f"{len(spec.teams)} teams", expected, "write one storage for each team"
    if spec.linked_storage is not None:
        yield "linked_storage", spec.linked_storage, "none outside of AWS", "remove it"


def _files(spec: StorageSpec, provider: ClusterProvider, zones: tuple[str, ...]) -> Iterator[Finding]:
    if spec.zone is not None and spec.zone not in zones:
        yield "zone", spec.zone, f"a zone of the cluster: {', '.join(zones)}", "take one of these"
    if provider is ClusterProvider.EKS and spec.file_system is FileSystem.NFS:
        yield "file_system", spec.file_system, "lustre: NFS is made on Google Cloud only", "take lustre"
    if provider is ClusterProvider.GKE and spec.linked_storage is not None:
        expected = "none: Managed Lustre is filled by transfers that are started by hand"
        yield "linked_storage", spec.linked_storage, expected, "remove it"
    if spec.capacity_gib is not None:
        sizes, fits = _sizes(spec, provider)
        if not fits(spec.capacity_gib):
            yield "capacity_gib", spec.capacity_gib, sizes, "take one of these sizes"


def _sizes(spec: StorageSpec, provider: ClusterProvider) -> tuple[str, Callable[[int], bool]]:
    if provider is ClusterProvider.EKS:
        text = f"1200 or a multiple of {FSX_STEP_GIB}, as FSx for Lustre has"
        return text, lambda size: size == 1200 or size % FSX_STEP_GIB == 0
    if spec.file_system is FileSystem.NFS:
        text = "1024 to 9984 by 256, or 10240 to 102400 by 2560, as zonal Filestore has"
        return text, lambda size: any(_steps(size, *steps) for steps in FILESTORE_ZONAL_GIB)
    mbps = spec.throughput_mbps_per_tib
    low, high, step = MANAGED_LUSTRE_GIB[mbps]
    text = f"{low} to {high} by {step}, as Managed Lustre has with {mbps} MB/s for each TiB"
    return text, lambda size: _steps(size, low, high, step)


def _steps(size: int, low: int, high: int, step: int) -> bool:
    return low <= size <= high and (size - low) % step == 0

"""Storage on Google Cloud: a bucket, Filestore, or Managed Lustre."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import pulumi

from ..args import InvalidArgs, parsed
from ..cloud_objects import cloud_object, output
from ..cluster import Cluster, GcpCluster
from ..cluster_clouds import gcp_side
from ..cluster_spec import ClusterProvider
from ..errors import Problem
from ..storage_rules import contradictions
from ..storage_spec import FileSystem, StorageKind, StorageSpec
from ..team_volume import Volume
from .bucket import Bucket, bucket_properties
from .file_systems import (
    SHARE,
    address_of,
    filestore_properties,
    first_address,
    lustre_properties,
    network_path,
)

BUCKET_DRIVER = "gcsfuse.csi.storage.gke.io"
FILESTORE_DRIVER = "filestore.csi.storage.gke.io"
LUSTRE_DRIVER = "lustre.csi.storage.gke.io"

_BUCKET_GIB = 1024


class Storage(pulumi.ComponentResource):
    """One storage of an environment on Google Cloud.

    Data is protected and stays when it is taken out of the description, unless ``keep_on_destroy`` says no.
    Google encrypts it with keys of its own, or with ``kms_key``, which the service's agent may use already.
    ``labels`` are cost labels beside those of the cluster. Lustre needs ``PrivateServiceAccess`` first.
    Raises ``InvalidArgs`` for what Google Cloud doesn't have, and for ``local``, which needs no resource.
    """

    volume: Volume
    """How pods mount it: give it to ``TeamVolume``."""
    bucket: Bucket | None
    """Its bucket, to give teams rights on with ``TeamIdentity``; ``None`` for a file system."""

    def __init__(
        self,
        name: str,
        args: StorageSpec | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        *,
        cluster: Cluster,
        labels: Mapping[str, str] | None = None,
        kms_key: pulumi.Input[str] | None = None,
    ) -> None:
        super().__init__("ai-platform:index:Storage", name, {}, opts)
        spec = parsed("Storage", name, StorageSpec, args)
        gcp = _checked(name, spec, cluster)
        all_labels = {**gcp.labels, **(labels or {})}
        kept = spec.keep_on_destroy
        data = pulumi.ResourceOptions(parent=self, protect=kept, retain_on_delete=kept)

        self.bucket = None
        if spec.kind is StorageKind.OBJECT:
            bucket = cloud_object(
                f"{name}-bucket",
                "gcp:storage/bucket:Bucket",
                bucket_properties(spec, gcp.region, gcp.project, all_labels, kms_key),
                data,
                outputs=("projectNumber",),
            )
            self.bucket = Bucket(bucket.id, output(bucket, "projectNumber"))
            self.volume = _bucket_volume(spec, bucket)
            self.register_outputs({"bucket": bucket.id})
            return

        zone = spec.zone or gcp.zones[0]
        network = pulumi.Output.from_input(gcp.network).apply(network_path)
        encrypted = {} if kms_key is None else {_KMS[spec.file_system]: kms_key}
        if spec.file_system is FileSystem.NFS:
            made = cloud_object(
                f"{name}-filestore",
                "gcp:filestore/instance:Instance",
                {
                    "project": gcp.project,
                    **filestore_properties(spec, zone, network, all_labels),
                    **encrypted,
                },
                data,
                outputs=("name",),
            )
            self.volume = _filestore_volume(spec, zone, made)
        else:
            properties = lustre_properties(spec, cluster.cluster_identifier, zone, network, all_labels)
            made = cloud_object(
                f"{name}-lustre",
                "gcp:lustre/instance:Instance",
                {"project": gcp.project, **properties, **encrypted},
                data,
                outputs=("mountPoint",),
            )
            self.volume = _lustre_volume(spec, f"{gcp.project}/{zone}/{properties['instanceId']}", made)
        self.register_outputs({"fileSystem": made.id})


_KMS = {FileSystem.NFS: "kmsKeyName", FileSystem.LUSTRE: "kmsKey"}


class PrivateServiceAccess(pulumi.ComponentResource):
    """Lets services of Google into the cluster's network, which Managed Lustre needs; once for a network.

    Leave it out where the network has a connection to ``servicenetworking.googleapis.com`` already.
    """

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, *, gcp: GcpCluster) -> None:
        super().__init__("ai-platform:index:PrivateServiceAccess", name, {}, opts)
        own = pulumi.ResourceOptions(parent=self)
        network = pulumi.Output.from_input(gcp.network).apply(network_path)
        addresses = cloud_object(
            f"{name}-addresses",
            "gcp:compute/globalAddress:GlobalAddress",
            {
                "project": gcp.project,
                "network": network,
                "purpose": "VPC_PEERING",
                "addressType": "INTERNAL",
                "prefixLength": 20,
                "labels": dict(gcp.labels),
            },
            own,
            outputs=("name",),
        )
        cloud_object(
            f"{name}-connection",
            "gcp:servicenetworking/connection:Connection",
            {
                "network": network,
                "service": "servicenetworking.googleapis.com",
                "reservedPeeringRanges": [output(addresses, "name")],
            },
            own,
        )
        self.register_outputs({})


def gke_addons(storage: Iterable[StorageSpec]) -> dict[str, dict[str, bool]]:
    """Entries of a GKE cluster's ``addonsConfig`` that these storages need."""
    drivers = {_driver(spec) for spec in storage if spec.kind is not StorageKind.LOCAL}
    return {_ADDONS[driver]: {"enabled": True} for driver in sorted(drivers)}


_ADDONS = {
    BUCKET_DRIVER: "gcsFuseCsiDriverConfig",
    FILESTORE_DRIVER: "gcpFilestoreCsiDriverConfig",
    LUSTRE_DRIVER: "lustreCsiDriverConfig",
}


def _driver(spec: StorageSpec) -> str:
    if spec.kind is StorageKind.OBJECT:
        return BUCKET_DRIVER
    return FILESTORE_DRIVER if spec.file_system is FileSystem.NFS else LUSTRE_DRIVER


def _bucket_volume(spec: StorageSpec, bucket: pulumi.CustomResource) -> Volume:
    return Volume(
        storage=spec.name,
        driver=BUCKET_DRIVER,
        handle=bucket.id,
        attributes={},
        capacity_gib=_BUCKET_GIB,
        writer_options=("implicit-dirs",),
        reader_options=("implicit-dirs",),
    )


def _filestore_volume(spec: StorageSpec, zone: str, made: pulumi.CustomResource) -> Volume:
    return Volume(
        storage=spec.name,
        driver=FILESTORE_DRIVER,
        handle=pulumi.Output.concat("modeInstance/", zone, "/", output(made, "name"), "/", SHARE),
        attributes={"ip": output(made, "networks").apply(cast(Any, first_address)), "volume": SHARE},
        capacity_gib=spec.capacity_gib or 0,
    )


def _lustre_volume(spec: StorageSpec, handle: str, made: pulumi.CustomResource) -> Volume:
    return Volume(
        storage=spec.name,
        driver=LUSTRE_DRIVER,
        handle=handle,
        attributes={"ip": output(made, "mountPoint").apply(cast(Any, address_of)), "filesystem": SHARE},
        capacity_gib=spec.capacity_gib or 0,
    )


def _checked(name: str, spec: StorageSpec, cluster: Cluster) -> GcpCluster:
    subject = f"Storage {name!r}"
    gcp = gcp_side(cluster, subject)
    problems = [Problem(*found) for found in contradictions(spec, ClusterProvider.GKE, gcp.zones)]
    if spec.kind is StorageKind.LOCAL:
        problems.append(Problem("kind", "local", "object or shared_files", "make no Storage for it"))
    if problems:
        raise InvalidArgs(subject, problems)
    return gcp

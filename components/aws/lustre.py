"""What FSx for Lustre says: encrypted, in one zone, reached by the cluster's nodes alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..storage_spec import StorageSpec

BACKUP_DAYS = 7
VERSION = "2.15"

# FSx for Lustre, "File system access control with Amazon VPC": 988 and 1018 to 1023, both ways, between
# file servers and clients and among the file servers. (2026-11)
PORTS: Mapping[str, tuple[int, int]] = {"lustre": (988, 988), "lustre-peers": (1018, 1023)}

_EVENTS = ["NEW", "CHANGED", "DELETED"]


def file_system_properties(
    spec: StorageSpec,
    subnet_id: pulumi.Input[str],
    security_group_id: pulumi.Input[str],
    kms_key_arn: pulumi.Input[str],
    tags: Mapping[str, str],
) -> dict[str, Any]:
    """Properties of the file system. One that is linked to a bucket has no backups: the bucket is it."""
    linked = spec.linked_storage is not None
    return {
        "deploymentType": "PERSISTENT_2",
        "storageType": "SSD",
        "storageCapacity": spec.capacity_gib,
        "perUnitStorageThroughput": int(spec.throughput_mbps_per_tib),
        "metadataConfiguration": {"mode": "AUTOMATIC"},
        "fileSystemTypeVersion": VERSION,
        "dataCompressionType": "LZ4",
        "subnetIds": subnet_id,
        "securityGroupIds": [security_group_id],
        "kmsKeyId": kms_key_arn,
        "automaticBackupRetentionDays": 0 if linked else BACKUP_DAYS,
        "copyTagsToBackups": not linked,
        "skipFinalBackup": linked or not spec.keep_on_destroy,
        "tags": dict(tags),
    }


def association_properties(
    file_system_id: pulumi.Input[str], bucket: pulumi.Input[str], tags: Mapping[str, str]
) -> dict[str, Any]:
    """The link to a bucket: names come at once, contents when first read, and changes go both ways."""
    return {
        "fileSystemId": file_system_id,
        "fileSystemPath": "/",
        "dataRepositoryPath": pulumi.Output.concat("s3://", bucket, "/"),
        "batchImportMetaDataOnCreate": True,
        "deleteDataInFilesystem": False,
        "s3": {"autoImportPolicy": {"events": _EVENTS}, "autoExportPolicy": {"events": _EVENTS}},
        "tags": dict(tags),
    }


def rule_properties(
    ports: tuple[int, int], group: pulumi.Input[str], other: pulumi.Input[str], tags: Mapping[str, str]
) -> dict[str, Any]:
    """A rule of security group ``group`` for members of ``other``, incoming or outgoing alike."""
    return {
        "securityGroupId": group,
        "referencedSecurityGroupId": other,
        "ipProtocol": "tcp",
        "fromPort": ports[0],
        "toPort": ports[1],
        "description": "Lustre",
        "tags": dict(tags),
    }

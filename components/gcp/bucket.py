"""What a Cloud Storage bucket of the platform says: private, and with rights for the whole of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from ..storage_spec import Purpose, StorageSpec

UPLOAD_DAYS = 7
"""Days after which the parts of an upload that never ended are deleted."""

_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket that rights can be given on."""

    name: pulumi.Input[str]
    project_number: pulumi.Input[int]
    """Number of its project, which is also the cluster's: identities are named by it."""


def bucket_properties(
    spec: StorageSpec, region: str, project: str, labels: Mapping[str, str], kms_key: Any
) -> dict[str, Any]:
    """Properties of the bucket.

    Checkpoints get folders that can be renamed at once, and no copies of what was deleted.
    """
    checkpoints = spec.purpose is Purpose.CHECKPOINTS
    kept_days = 0 if checkpoints else spec.keep_deleted_days
    return {
        "project": project,
        "location": region.upper(),
        "storageClass": "STANDARD",
        "uniformBucketLevelAccess": True,
        "publicAccessPrevention": "enforced",
        "softDeletePolicy": {"retentionDurationSeconds": kept_days * _DAY_SECONDS},
        "lifecycleRules": lifecycle_rules(spec),
        "forceDestroy": not spec.keep_on_destroy,
        "labels": dict(labels),
        **({"hierarchicalNamespace": {"enabled": True}} if checkpoints else {}),
        **({"encryption": {"defaultKmsKeyName": kms_key}} if kms_key is not None else {}),
    }


def lifecycle_rules(spec: StorageSpec) -> list[dict[str, Any]]:
    """What the bucket deletes by itself."""
    rules = [{"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": UPLOAD_DAYS}}]
    if spec.expire_after_days is not None:
        rules.append({"action": {"type": "Delete"}, "condition": {"age": spec.expire_after_days}})
    return rules

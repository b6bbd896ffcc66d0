"""What an S3 bucket of the platform says: private, encrypted, reached by TLS only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from ..storage_spec import Purpose, StorageSpec

UPLOAD_DAYS = 7
"""Days after which the parts of an upload that never ended are deleted."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket that rights can be given on."""

    name: pulumi.Input[str]
    arn: pulumi.Input[str]
    kms_key_arn: pulumi.Input[str]
    """Key of its objects: who reads them needs it too."""


def keeps_versions(spec: StorageSpec) -> bool:
    """Whether overwritten objects stay for a while. Checkpoints would cost a multiple."""
    return spec.purpose is not Purpose.CHECKPOINTS


def encryption(kms_key_arn: pulumi.Input[str]) -> list[dict[str, Any]]:
    """Every object is encrypted by this key; a bucket key keeps calls of KMS few."""
    default = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": kms_key_arn}
    return [{"applyServerSideEncryptionByDefault": default, "bucketKeyEnabled": True}]


def lifecycle_rules(spec: StorageSpec) -> list[dict[str, Any]]:
    """What the bucket deletes by itself."""
    rules: list[dict[str, Any]] = [
        _rule("unfinished-uploads", {"abortIncompleteMultipartUpload": {"daysAfterInitiation": UPLOAD_DAYS}})
    ]
    if spec.expire_after_days is not None:
        rules.append(_rule("expired", {"expiration": {"days": spec.expire_after_days}}))
    if keeps_versions(spec):
        old = {"noncurrentVersionExpiration": {"noncurrentDays": spec.keep_deleted_days}}
        rules.append(_rule("old-versions", old))
        rules.append(_rule("delete-markers", {"expiration": {"expiredObjectDeleteMarker": True}}))
    return rules


def tls_only_policy(arn: str) -> dict[str, Any]:
    """Bucket policy that refuses whoever comes without TLS 1.2."""
    both = [arn, f"{arn}/*"]
    return {
        "Version": "2012-10-17",
        "Statement": [
            _deny("RefusePlainHttp", both, {"Bool": {"aws:SecureTransport": "false"}}),
            _deny("RefuseOldTls", both, {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        ],
    }


def _deny(sid: str, resources: list[str], condition: dict[str, Any]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": resources,
        "Condition": condition,
    }


def _rule(id_: str, what: dict[str, Any]) -> dict[str, Any]:
    return {"id": id_, "status": "Enabled", "filter": {"prefix": ""}, **what}

"""Who may do what with the state's bucket and key on AWS, as documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

STATE_FOLDER = ".pulumi"
"""Everything that Pulumi keeps in a bucket lies below it (pkg/backend/diy, Pulumi 3.246)."""

Document = Mapping[str, Any]


def preview_policy(bucket_arn: str, key_arn: str) -> Document:
    """Read the state and decrypt: enough for ``pulumi preview`` and ``pulumi stack output``."""
    return _document(
        _list_state(bucket_arn),
        _allow("ReadState", ["s3:GetObject"], f"{bucket_arn}/{STATE_FOLDER}/*"),
        _allow("DecryptStateAndSecrets", ["kms:Decrypt"], key_arn),
    )


def apply_policy(bucket_arn: str, key_arn: str) -> Document:
    """Read and write the state and its locks, encrypt and decrypt: what ``pulumi up`` needs of the backend.

    ``GenerateDataKey`` is S3's, for objects that it encrypts with the key; ``Encrypt`` is the secrets
    provider's; the abort belongs to uploads in parts, which large states are.
    """
    return _document(
        _list_state(bucket_arn),
        _allow(
            "ReadAndWriteStateAndLocks",
            ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            f"{bucket_arn}/{STATE_FOLDER}/*",
        ),
        _allow(
            "EncryptAndDecryptStateAndSecrets",
            ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
            key_arn,
        ),
    )


def bucket_policy(bucket_arn: str) -> Document:
    """Refuses every request without TLS, whoever sends it."""
    return _document(
        {
            "Sid": "RefuseRequestsWithoutTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, f"{bucket_arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


def key_policy(partition: str, account: str) -> Document:
    """IAM of the account decides who administrates and who uses the key; nobody has it by this alone.

    In a key's policy ``*`` is the key itself. Without administration by the account, a key can become
    unmanageable (KMS developer guide, default key policy).
    """
    return _document(
        {
            "Sid": "LeaveToIamOfTheAccount",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
            "Action": [
                "kms:CancelKeyDeletion",
                "kms:CreateAlias",
                "kms:Decrypt",
                "kms:DeleteAlias",
                "kms:DescribeKey",
                "kms:DisableKey",
                "kms:EnableKey",
                "kms:EnableKeyRotation",
                "kms:Encrypt",
                "kms:GenerateDataKey",
                "kms:GetKeyPolicy",
                "kms:GetKeyRotationStatus",
                "kms:ListKeyPolicies",
                "kms:ListResourceTags",
                "kms:PutKeyPolicy",
                "kms:ScheduleKeyDeletion",
                "kms:TagResource",
                "kms:UntagResource",
                "kms:UpdateAlias",
                "kms:UpdateKeyDescription",
            ],
            "Resource": "*",
        }
    )


def with_statements(current: Document | None, wanted: Document) -> Document:
    """``current`` with the statements of ``wanted`` in place of those with their Sids; others stay."""
    if current is None:
        return wanted
    ours = {statement["Sid"]: statement for statement in wanted["Statement"]}
    kept = [_ours_or(statement, ours) for statement in _statements(current)]
    there = {statement.get("Sid") for statement in kept}
    added = [statement for sid, statement in ours.items() if sid not in there]
    return {**current, "Statement": [*kept, *added]}


def _ours_or(statement: Document, ours: Mapping[str, Document]) -> Document:
    return ours.get(statement.get("Sid", ""), statement)


def _statements(document: Document) -> Sequence[Document]:
    statements = document.get("Statement", [])
    return statements if isinstance(statements, list) else [statements]


def _list_state(bucket_arn: str) -> dict[str, Any]:
    # The whole bucket: without a right to list that has no condition, S3 answers 403 instead of 404 for an
    # object that is not there, and the first login to an empty bucket fails.
    return _allow("ListState", ["s3:ListBucket"], bucket_arn)


def _allow(sid: str, actions: Sequence[str], resource: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}


def _document(*statements: Mapping[str, Any]) -> Document:
    return {"Version": "2012-10-17", "Statement": [dict(statement) for statement in statements]}

"""The bucket of Pulumi's state on AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..bootstrap import BootstrapError, Step, settled
from .answers import answer, tags_as_dict, tags_as_list
from .state_names import TAGS, AwsState
from .state_policies import STATE_FOLDER, bucket_policy, with_statements

OLD_VERSIONS_DAYS = 90
"""How long earlier versions of a state can be brought back."""
_UPLOAD_DAYS = 7


def refuse_foreign(s3: Any, state: AwsState) -> None:
    """Raises unless the bucket is ours, empty, or not there."""
    if not _exists(s3, state):
        return
    tags = answer(s3.get_bucket_tagging, "TagSet", "NoSuchTagSet", Bucket=state.bucket) or []
    if {"Key": "ai-platform/purpose", "Value": "pulumi-state"} in tags:
        return
    listed = s3.list_objects_v2(Bucket=state.bucket, Delimiter="/", MaxKeys=10)
    found = [entry["Prefix"] for entry in listed.get("CommonPrefixes", [])]
    found += [entry["Key"] for entry in listed.get("Contents", [])]
    if foreign := [key for key in found if key != f"{STATE_FOLDER}/"]:
        raise BootstrapError(
            f"bucket {state.bucket} holds something else ({', '.join(foreign[:3])}); "
            "take another --name, or empty the bucket"
        )


def _exists(s3: Any, state: AwsState) -> bool:
    from botocore.exceptions import ClientError

    try:
        s3.head_bucket(Bucket=state.bucket, ExpectedBucketOwner=state.account)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in {"404", "NoSuchBucket"}:
            return False
        if code in {"403", "AccessDenied"}:
            raise BootstrapError(
                f"bucket {state.bucket} belongs to another account, or these credentials may not see it; "
                "take another --name, or credentials with s3:ListBucket"
            ) from None
        raise
    return True


def bucket_steps(s3: Any, state: AwsState, key_arn: str, dry_run: bool) -> Iterator[Step]:
    """The bucket and what protects it."""
    there = _exists(s3, state)
    yield settled(
        f"bucket {state.bucket}", there or None, True, lambda: _make_bucket(s3, state), dry_run=dry_run
    )
    bucket = {"Bucket": state.bucket, "ExpectedBucketOwner": state.account}

    def now(read: Any, key: str, absent: str) -> Any:
        return answer(read, key, absent, **bucket) if there or not dry_run else None

    tags = tags_as_dict(now(s3.get_bucket_tagging, "TagSet", "NoSuchTagSet"))
    tagged = {**(tags or {}), **TAGS}
    yield settled(
        "tags of the bucket",
        tags,
        tagged,
        lambda: s3.put_bucket_tagging(**bucket, Tagging={"TagSet": tags_as_list(tagged)}),
        dry_run=dry_run,
    )
    blocked = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    yield settled(
        "no public access",
        now(
            s3.get_public_access_block,
            "PublicAccessBlockConfiguration",
            "NoSuchPublicAccessBlockConfiguration",
        ),
        blocked,
        lambda: s3.put_public_access_block(**bucket, PublicAccessBlockConfiguration=blocked),
        dry_run=dry_run,
    )
    owned = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    yield settled(
        "objects belong to the bucket's owner",
        now(s3.get_bucket_ownership_controls, "OwnershipControls", "OwnershipControlsNotFoundError"),
        owned,
        lambda: s3.put_bucket_ownership_controls(**bucket, OwnershipControls=owned),
        dry_run=dry_run,
    )
    yield settled(
        "versions of objects",
        now(s3.get_bucket_versioning, "Status", ""),
        "Enabled",
        lambda: s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Enabled"}),
        dry_run=dry_run,
    )
    by_key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    encrypted = [{"ApplyServerSideEncryptionByDefault": by_key, "BucketKeyEnabled": True}]
    rules = (
        now(
            s3.get_bucket_encryption,
            "ServerSideEncryptionConfiguration",
            "ServerSideEncryptionConfigurationNotFoundError",
        )
        or {}
    )
    yield settled(
        "encryption with the key",
        [{part: rule.get(part) for part in encrypted[0]} for rule in rules.get("Rules", [])] or None,
        encrypted,
        lambda: s3.put_bucket_encryption(**bucket, ServerSideEncryptionConfiguration={"Rules": encrypted}),
        dry_run=dry_run,
    )
    text = now(s3.get_bucket_policy, "Policy", "NoSuchBucketPolicy")
    policy = json.loads(text) if text else None
    wanted = with_statements(policy, bucket_policy(state.bucket_arn))
    yield settled(
        "requests by TLS only",
        policy,
        wanted,
        lambda: s3.put_bucket_policy(**bucket, Policy=json.dumps(wanted)),
        dry_run=dry_run,
    )
    lifecycle = now(s3.get_bucket_lifecycle_configuration, "Rules", "NoSuchLifecycleConfiguration")
    kept = [rule for rule in lifecycle or [] if rule.get("ID") != _LIFECYCLE["ID"]]
    yield settled(
        f"earlier versions for {OLD_VERSIONS_DAYS} days",
        lifecycle,
        [*kept, _LIFECYCLE],
        lambda: s3.put_bucket_lifecycle_configuration(
            **bucket, LifecycleConfiguration={"Rules": [*kept, _LIFECYCLE]}
        ),
        dry_run=dry_run,
    )


_LIFECYCLE: dict[str, Any] = {
    "ID": "earlier-versions",
    "Status": "Enabled",
    "Filter": {"Prefix": f"{STATE_FOLDER}/"},
    "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSIONS_DAYS},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": _UPLOAD_DAYS},
}


def _make_bucket(s3: Any, state: AwsState) -> None:
    # us-east-1 is the one region that S3 refuses to be told.
    elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": state.region}}
    s3.create_bucket(
        Bucket=state.bucket,
        ObjectOwnership="BucketOwnerEnforced",
        **({} if state.region == "us-east-1" else elsewhere),
    )

"""The bucket, key and policies of Pulumi's state on AWS, made before the first stack."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..bootstrap import Backend, BootstrapError, Step, settled
from .state_key import key_arn_of, keys_settings
from .state_policies import STATE_FOLDER, apply_policy, bucket_policy, preview_policy, with_statements

TAGS = {"managed-by": "ai-platform", "ai-platform/purpose": "pulumi-state"}
OLD_VERSIONS_DAYS = 90
"""How long earlier versions of a state can be brought back."""
_UPLOAD_DAYS = 7
_POLICY_VERSIONS = 5  # IAM quota: versions of a managed policy


@dataclass(frozen=True, slots=True)
class AwsState:
    """What the backend is called, and where it is."""

    name: str
    """Start of all names."""
    region: str
    account: str
    partition: str = "aws"

    @property
    def bucket(self) -> str:
        """Its name is unique in the world by the account's number."""
        return f"{self.name}-state-{self.account}-{self.region}"

    @property
    def bucket_arn(self) -> str:
        """ARN of the bucket."""
        return f"arn:{self.partition}:s3:::{self.bucket}"

    @property
    def alias(self) -> str:
        """Alias of the key."""
        return f"alias/{self.name}-state"

    def backend(self, key_arn: str) -> Backend:
        """What Pulumi and the descriptions say of it."""
        return Backend(
            f"s3://{self.bucket}?region={self.region}",
            f"awskms://{self.alias}?region={self.region}",
            {
                f"{self.name}-preview": preview_policy(self.bucket_arn, key_arn),
                f"{self.name}-apply": apply_policy(self.bucket_arn, key_arn),
            },
            [
                "aws iam attach-role-policy --role-name ROLE "
                f"--policy-arn arn:{self.partition}:iam::{self.account}:policy/{self.name}-{right}"
                for right in ("preview", "apply")
            ],
        )


def session_for(region: str | None) -> Any:
    """A boto3 session with the caller's own credentials. Raises ``BootstrapError``."""
    try:
        import boto3
    except ImportError:
        raise BootstrapError("boto3 is not installed; install ai-platform[aws]") from None
    return boto3.session.Session(region_name=region)


def state_of(session: Any, name: str) -> AwsState:
    """The backend of the account and region of a boto3 session. Raises ``BootstrapError``."""
    if not session.region_name:
        raise BootstrapError("no region is set; name one with --region, or set AWS_REGION")
    with _in_one_line():
        identity = session.client("sts").get_caller_identity()
    return AwsState(name, session.region_name, identity["Account"], identity["Arn"].split(":")[1])


def bootstrap(session: Any, state: AwsState, report: Callable[[Step], None], *, dry_run: bool) -> Backend:
    """Makes what is missing and corrects what differs, and reports it step by step.

    Raises ``BootstrapError`` for a bucket, key or policy that can't be used. What was made until then
    stays, and the next run goes on from there. A dry run only reads.
    """
    with _in_one_line():
        kms, s3, iam = session.client("kms"), session.client("s3"), session.client("iam")
        _refuse_foreign(s3, state)
        key_arn, step = key_arn_of(kms, state.alias, TAGS, state.partition, state.account, dry_run=dry_run)
        report(step)
        for step in keys_settings(kms, key_arn, state.partition, state.account, dry_run=dry_run):
            report(step)
        key_arn = key_arn or f"arn:{state.partition}:kms:{state.region}:{state.account}:key/KEY-ID"
        for step in _bucket(s3, state, key_arn, dry_run):
            report(step)
        backend = state.backend(key_arn)
        for name, document in backend.rights.items():
            report(_policy(iam, state, name, document, dry_run))
    return backend


@contextmanager
def _in_one_line() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        said = error.response["Error"]
        why = f"{error.operation_name}: {said.get('Code')}: {said.get('Message', '')}".strip(": ")
        raise BootstrapError(f"AWS refused {why}; the same command goes on from here") from None
    except BotoCoreError as error:
        raise BootstrapError(f"AWS can't be asked: {error}") from None


def _refuse_foreign(s3: Any, state: AwsState) -> None:
    """Raises unless the bucket is ours, empty, or not there."""
    if not _exists(s3, state):
        return
    tags = _answer(s3.get_bucket_tagging, "TagSet", "NoSuchTagSet", Bucket=state.bucket) or []
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


def _bucket(s3: Any, state: AwsState, key_arn: str, dry_run: bool) -> Iterator[Step]:
    there = _exists(s3, state)
    yield settled(
        f"bucket {state.bucket}", there or None, True, lambda: _make_bucket(s3, state), dry_run=dry_run
    )
    bucket = {"Bucket": state.bucket, "ExpectedBucketOwner": state.account}

    def now(read: Any, key: str, absent: str) -> Any:
        return _answer(read, key, absent, **bucket) if there or not dry_run else None

    tags = _as_dict(now(s3.get_bucket_tagging, "TagSet", "NoSuchTagSet"))
    tagged = {**(tags or {}), **TAGS}
    yield settled(
        "tags of the bucket",
        tags,
        tagged,
        lambda: s3.put_bucket_tagging(**bucket, Tagging={"TagSet": _as_list(tagged)}),
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


def _policy(iam: Any, state: AwsState, name: str, document: Any, dry_run: bool) -> Step:
    arn = f"arn:{state.partition}:iam::{state.account}:policy/{name}"
    policy = _answer(iam.get_policy, "Policy", "NoSuchEntity", PolicyArn=arn)
    if policy is None:
        return settled(
            f"policy {name}",
            None,
            document,
            lambda: iam.create_policy(
                PolicyName=name,
                PolicyDocument=json.dumps(document),
                Description="What Pulumi needs of its state: bucket and key",
                Tags=_as_list(TAGS),
            ),
            dry_run=dry_run,
        )
    version = iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])
    current = version["PolicyVersion"]["Document"]
    if state.bucket_arn not in json.dumps(current):
        raise BootstrapError(
            f"policy {name} is of another bucket; take another --name for this backend, or remove the policy"
        )
    return settled(
        f"policy {name}", current, document, lambda: _new_version(iam, arn, document), dry_run=dry_run
    )


def _new_version(iam: Any, arn: str, document: Any) -> None:
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    if len(versions) >= _POLICY_VERSIONS:
        oldest = min(
            (row for row in versions if not row["IsDefaultVersion"]), key=lambda row: row["CreateDate"]
        )
        iam.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)


def _answer(read: Any, key: str, absent: str, **arguments: Any) -> Any:
    from botocore.exceptions import ClientError

    try:
        return read(**arguments).get(key)
    except ClientError as error:
        if error.response["Error"]["Code"] == absent:
            return None
        raise


def _as_dict(tags: list[dict[str, str]] | None) -> dict[str, str] | None:
    return {tag["Key"]: tag["Value"] for tag in tags} if tags is not None else None


def _as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]

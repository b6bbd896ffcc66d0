"""The bucket, key and policies of Pulumi's state on AWS, made before the first stack."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..bootstrap import Backend, BootstrapError, Step, settled
from .answers import answer, tags_as_list
from .state_bucket import bucket_steps, refuse_foreign
from .state_key import key_arn_of, keys_settings
from .state_names import TAGS, AwsState

_POLICY_VERSIONS = 5  # IAM quota: versions of a managed policy


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
        refuse_foreign(s3, state)
        key_arn, step = key_arn_of(kms, state.alias, TAGS, state.partition, state.account, dry_run=dry_run)
        report(step)
        for step in keys_settings(kms, key_arn, state.partition, state.account, dry_run=dry_run):
            report(step)
        key_arn = key_arn or f"arn:{state.partition}:kms:{state.region}:{state.account}:key/KEY-ID"
        for step in bucket_steps(s3, state, key_arn, dry_run):
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


def _policy(iam: Any, state: AwsState, name: str, document: Any, dry_run: bool) -> Step:
    arn = f"arn:{state.partition}:iam::{state.account}:policy/{name}"
    policy = answer(iam.get_policy, "Policy", "NoSuchEntity", PolicyArn=arn)
    if policy is None:
        return settled(
            f"policy {name}",
            None,
            document,
            lambda: iam.create_policy(
                PolicyName=name,
                PolicyDocument=json.dumps(document),
                Description="What Pulumi needs of its state: bucket and key",
                Tags=tags_as_list(TAGS),
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

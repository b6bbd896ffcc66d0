"""The backend on AWS: protected, the same after a second run, finished after an interrupted one."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import boto3
import pytest
from botocore.exceptions import ClientError

from ai_platform.components.aws.state import bootstrap, state_of
from ai_platform.components.bootstrap import BootstrapError, Outcome

pytestmark = pytest.mark.engine  # moto takes seconds of a processor

REGION = "eu-central-1"
KEPT, MADE, CHANGED = Outcome.KEPT, Outcome.MADE, Outcome.CHANGED


@dataclass(frozen=True)
class Session:
    """boto3's, with clients that are made once: that takes longer than a test."""

    region_name: str = REGION

    def client(self, name):
        return clients(self.region_name, name)


@cache
def clients(region, name):
    return shared().client(name, region_name=region, aws_access_key_id="test", aws_secret_access_key="test")


@cache
def shared():
    """One session, made when moto is there: it answers only those that come after it."""
    return boto3.session.Session()


@pytest.fixture
def session():
    from moto import mock_aws

    with mock_aws():
        yield Session()


def run(session, dry_run=False, name="ai-platform"):
    steps: list = []
    backend = bootstrap(session, state_of(session, name), steps.append, dry_run=dry_run)
    return backend, {step.what: step.outcome for step in steps}


@contextmanager
def answered(session, service, call, code, message):
    """Refuses one call."""

    def refuse(**_):
        raise ClientError({"Error": {"Code": code, "Message": message}}, call)

    events = session.client(service).meta.events
    events.register(f"before-call.{service}.{call}", refuse)
    yield
    events.unregister(f"before-call.{service}.{call}", refuse)


def test_the_bucket_is_versioned_encrypted_and_closed(session):
    backend, outcomes = run(session)
    s3, bucket = session.client("s3"), backend.backend.removeprefix("s3://").partition("?")[0]
    key = session.client("kms").describe_key(KeyId="alias/ai-platform-state")["KeyMetadata"]

    assert {MADE} == {outcomes[f"bucket {bucket}"], outcomes["key alias/ai-platform-state"]}
    assert bucket == f"ai-platform-state-123456789012-{REGION}"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    [rule] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == key["Arn"]
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    [statement] = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    [lifecycle] = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert lifecycle["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"] == [
        {"ObjectOwnership": "BucketOwnerEnforced"}
    ]
    assert {"Key": "managed-by", "Value": "ai-platform"} in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]


def test_the_key_rotates_and_only_iam_of_the_account_gives_it_away(session):
    run(session)
    kms = session.client("kms")
    key = kms.describe_key(KeyId="alias/ai-platform-state")["KeyMetadata"]["KeyId"]

    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    [statement] = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert not [action for action in statement["Action"] if "*" in action]


def test_the_policies_stand_in_iam_as_they_are_printed(session):
    backend, _ = run(session)
    iam = session.client("iam")
    for name, document in backend.rights.items():
        arn = f"arn:aws:iam::123456789012:policy/{name}"
        version = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
        assert version["Document"] == document
        assert not [row for row in document["Statement"] if row["Resource"] == "*" or "*" in row["Action"]]


def test_a_second_run_changes_nothing(session):
    first, _ = run(session)
    second, outcomes = run(session)
    assert set(outcomes.values()) == {KEPT}
    assert second == first


def test_a_dry_run_makes_nothing(session):
    backend, outcomes = run(session, dry_run=True)
    assert set(outcomes.values()) == {MADE}
    assert list(backend.rights) == ["ai-platform-preview", "ai-platform-apply"]
    assert not session.client("s3").list_buckets()["Buckets"]
    assert not session.client("kms").list_keys()["Keys"]
    assert not session.client("iam").list_policies(Scope="Local")["Policies"]


def test_a_dry_run_over_a_finished_one_sees_that_all_is_there(session):
    run(session)
    assert set(run(session, dry_run=True)[1].values()) == {KEPT}


@pytest.mark.parametrize(
    ("service", "call"),
    [
        ("kms", "CreateAlias"),
        ("kms", "EnableKeyRotation"),
        ("s3", "PutBucketTagging"),
        ("s3", "PutBucketEncryption"),
        ("s3", "PutBucketPolicy"),
        ("iam", "CreatePolicy"),
    ],
)
def test_an_interrupted_run_is_finished_by_the_next(session, service, call):
    with (
        answered(session, service, call, "AccessDenied", "not now"),
        pytest.raises(BootstrapError, match=f"{call}: AccessDenied: not now"),
    ):
        run(session)
    run(session)
    assert set(run(session)[1].values()) == {KEPT}
    assert len(session.client("kms").list_keys()["Keys"]) == 1


def test_protection_that_was_taken_off_is_put_back(session):
    run(session)
    s3, bucket = session.client("s3"), f"ai-platform-state-123456789012-{REGION}"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_public_access_block(Bucket=bucket)
    changed = {what: outcome for what, outcome in run(session)[1].items() if outcome is not KEPT}
    assert changed == {"versions of objects": CHANGED, "no public access": MADE}


def test_statements_and_rules_of_others_stay(session):
    run(session)
    s3, bucket = session.client("s3"), f"ai-platform-state-123456789012-{REGION}"
    audit = {
        "Sid": "Audit",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:role/audit"},
        "Action": "s3:GetBucketPolicy",
        "Resource": f"arn:aws:s3:::{bucket}",
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [audit]}))
    run(session)
    statements = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert [statement["Sid"] for statement in statements] == ["Audit", "RefuseRequestsWithoutTls"]


def test_a_bucket_with_something_else_in_it_is_refused(session):
    s3, bucket = session.client("s3"), f"ai-platform-state-123456789012-{REGION}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="weights/model", Body=b"")
    with pytest.raises(BootstrapError, match=r"holds something else \(weights/\); take another --name"):
        run(session)
    assert not session.client("kms").list_keys()["Keys"]


def test_a_bucket_of_another_account_is_refused(session):
    with (
        answered(session, "s3", "HeadBucket", "403", "Forbidden"),
        pytest.raises(BootstrapError, match="belongs to another account"),
    ):
        run(session)


def test_a_key_that_is_to_be_deleted_is_refused(session):
    run(session)
    kms = session.client("kms")
    key = kms.describe_key(KeyId="alias/ai-platform-state")["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key)
    with pytest.raises(BootstrapError, match="is PendingDeletion: without it the state can't be read"):
        run(session)


def test_policies_of_another_region_are_not_overwritten(session):
    run(session)
    other = Session("us-east-1")
    with pytest.raises(BootstrapError, match="policy ai-platform-preview is of another bucket"):
        run(other)
    run(other, name="ai-platform-us")
    assert set(run(session)[1].values()) == {KEPT}


def test_rights_that_were_widened_are_cut_back_also_at_the_fifth_version(session):
    backend, _ = run(session)
    iam, arn = session.client("iam"), "arn:aws:iam::123456789012:policy/ai-platform-preview"
    wide = json.loads(json.dumps(backend.rights["ai-platform-preview"]))
    wide["Statement"][1]["Action"] = ["s3:GetObject", "s3:PutObject"]
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(wide), SetAsDefault=True)
    assert run(session)[1]["policy ai-platform-preview"] is CHANGED
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    assert document == backend.rights["ai-platform-preview"]

"""Storage and identities on the real engine, with AWS in moto and Google Cloud in its stand-in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.clouds.moto_server import Moto, running_moto
from tests.clouds.project import ROOT, CloudProject, make_cloud_project

pytestmark = pytest.mark.engine
PROGRAMS = ROOT / "tests" / "clouds" / "programs"
BUCKET, LUSTRE = "prod-storage-data-bucket", "prod-storage-files-file-system"


@pytest.fixture(scope="module")
def moto() -> Iterator[Moto]:
    with running_moto() as server:
        yield server


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory, moto: Moto) -> CloudProject:
    program = (PROGRAMS / "aws_storage.py").read_text()
    project = make_cloud_project(tmp_path_factory.mktemp("aws"), program, moto)
    done = project.up()
    assert done.code == 0, done.output
    return project


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> CloudProject:
    program = (PROGRAMS / "google_storage.py").read_text()
    project = make_cloud_project(tmp_path_factory.mktemp("google"), program)
    done = project.up()
    assert done.code == 0, done.output
    return project


@pytest.fixture(scope="module")
def made(aws: CloudProject) -> dict[str, dict[str, Any]]:
    return aws.export()


def client(moto: Moto, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=moto.url,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def changed(project: CloudProject, change: str) -> dict[str, str]:
    project.environment["CHANGE"] = change
    steps = project.steps().items()
    project.environment["CHANGE"] = ""
    return {name: step["op"] for name, step in steps if step["op"] != "same"}


def test_a_bucket_in_aws_is_private_encrypted_and_versioned(moto, made):
    s3, name = client(moto, "s3"), made[BUCKET]["id"]
    block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    [rule] = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    default = rule["ApplyServerSideEncryptionByDefault"]
    assert default == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": made["prod-storage-data-key"]["outputs"]["arn"],
    }
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    rules = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert {rule["ID"] for rule in rules} == {
        "unfinished-uploads",
        "expired",
        "old-versions",
        "delete-markers",
    }


def test_a_bucket_in_aws_carries_the_cost_tags(moto, made):
    tags = client(moto, "s3").get_bucket_tagging(Bucket=made[BUCKET]["id"])["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"environment": "prod", "managed-by": "ai-platform"}


def test_the_policy_of_a_team_names_its_bucket_alone(moto, made):
    iam, bucket = client(moto, "iam"), f"arn:aws:s3:::{made[BUCKET]['id']}"
    role, policy = made["prod-storage-chat-role"]["id"], made["prod-storage-chat-access"]["outputs"]["name"]
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    key = made["prod-storage-data-key"]["outputs"]["arn"]
    resources = {item for statement in document["Statement"] for item in statement["Resource"]}
    assert resources == {bucket, f"{bucket}/*", key}
    trust = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Condition"]["StringEquals"]["aws:RequestTag/kubernetes-namespace"] == "chat"


def test_data_is_protected_in_the_state(made):
    held = [item for item in made.values() if item.get("protect") and item.get("retainOnDelete")]
    kinds = {item["type"] for item in held}
    assert kinds == {"aws:s3/bucket:Bucket", "aws:fsx/lustreFileSystem:LustreFileSystem", "aws:kms/key:Key"}


def test_a_second_up_changes_nothing(aws):
    assert changed(aws, "") == {}


def test_more_days_and_more_teams_never_replace_data(aws):
    assert changed(aws, "days") == {"prod-storage-data-lifecycle": "update"}
    assert "replace" not in str(changed(aws, "team"))


def test_a_file_system_grows_in_place(aws):
    assert changed(aws, "larger")[LUSTRE] == "update"


def test_destroy_leaves_protected_data_alone(aws, moto, made):
    done = aws.destroy()
    assert done.code != 0
    assert "protected" in done.output
    assert client(moto, "s3").head_bucket(Bucket=made[BUCKET]["id"])
    assert json.dumps(sorted(aws.export())).count(BUCKET) == 1


def test_google_storage_comes_up_once_and_grows_in_place(google):
    assert changed(google, "") == {}
    assert changed(google, "days") == {"prod-storage-runs-bucket": "update"}
    grown = changed(google, "larger")
    assert {name: grown[name] for name in ("prod-storage-files-lustre", "prod-storage-home-filestore")} == {
        "prod-storage-files-lustre": "update",
        "prod-storage-home-filestore": "update",
    }


def test_a_team_of_google_storage_is_one_account_of_its_namespace(google):
    members = [
        item["inputs"]
        for item in google.export().values()
        if item["type"] == "gcp:storage/bucketIAMMember:BucketIAMMember"
    ]
    rights = {(item["member"].partition("/subject/")[2], item["role"]) for item in members}
    assert {item["member"].partition("/locations/")[0] for item in members} == {
        "principal://iam.googleapis.com/projects/123456789012"
    }
    assert rights == {
        ("ns/chat/sa/workload", "roles/storage.objectViewer"),
        ("ns/research/sa/workload", "roles/storage.objectUser"),
    }


def test_everything_of_google_storage_carries_the_cost_labels(google):
    labelled = [item for item in google.export().values() if "labels" in item.get("inputs", {})]
    assert len(labelled) == 5
    wanted = {"environment": "prod", "managed-by": "ai-platform"}
    assert all(item["inputs"]["labels"].items() >= wanted.items() for item in labelled)

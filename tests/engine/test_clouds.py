"""Programs for AWS and Google Cloud on the real engine, with test providers in place of the clouds."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from cryptography import x509

from tests.clouds.moto_server import Moto, running_moto
from tests.clouds.project import CloudProject, make_cloud_project, official

pytestmark = pytest.mark.engine
PROGRAMS = Path(__file__).resolve().parents[1] / "clouds" / "programs"
WRONG = """
import pulumi
from ai_platform.components.cloud_objects import cloud_object

bucket = cloud_object("bucket", "aws:s3/bucket:Bucket", {"acl": "private"}, pulumi.ResourceOptions())
pool = cloud_object(
    "pool",
    "aws:eks/nodeGroup:NodeGroup",
    {
        "clusterName": bucket.id,
        "scalingConfig": {"minSize": 0, "maxSise": 4, "desiredSize": "two", "maxSize": 2},
        "subnetIds": ["subnet-1"],
    },
    pulumi.ResourceOptions(),
)
"""
UNKNOWN_TO_THE_TABLE = """
import pulumi
pulumi.CustomResource("aws:sns/topic:Topic", "topic", {}, pulumi.ResourceOptions(version="7.51.1"))
"""
OUTSIDE = """
import socket
from urllib.request import urlopen
import pulumi_aws
import pulumi_aws.sqs

socket.create_connection(("192.0.2.1", 443), timeout=0.1)
"""


@pytest.fixture(scope="module")
def moto() -> Iterator[Moto]:
    with running_moto() as server:
        yield server


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory, moto: Moto) -> Iterator[CloudProject]:
    program = (PROGRAMS / "aws_cluster.py").read_text()
    project = make_cloud_project(tmp_path_factory.mktemp("aws"), program, moto)
    preview = project.preview()
    assert preview.code == 0, preview.output
    project.environment["CALLS_OF_PREVIEW"] = " ".join(moto.calls())
    done = project.up()
    assert done.code == 0, done.output
    yield project
    moto.reset()


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> CloudProject:
    program = (PROGRAMS / "google_cluster.py").read_text()
    project = make_cloud_project(tmp_path_factory.mktemp("google"), program)
    done = project.up()
    assert done.code == 0, done.output
    return project


@pytest.fixture(scope="module")
def refusal(tmp_path_factory: pytest.TempPathFactory) -> str:
    project = make_cloud_project(tmp_path_factory.mktemp("wrong"), WRONG)
    done = project.preview()
    assert done.code != 0
    project.write(UNKNOWN_TO_THE_TABLE)
    return done.output + project.preview().output


def client(moto: Moto, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=moto.url,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def changed(project: CloudProject, change: str) -> dict[str, tuple[str, list[str] | None]]:
    project.environment["CHANGE"] = change
    steps = project.steps().items()
    project.environment["CHANGE"] = ""
    return {name: (step["op"], step.get("replaceReasons")) for name, step in steps if step["op"] != "same"}


@pytest.mark.parametrize(
    "said",
    [
        "scalingConfig.maxSise value {<nil>} has a problem: the SDK has no such property; did you mean",
        "maxSise value {<nil>} has a problem: the SDK has no such property; did you mean maxSize?",
        "scalingConfig.desiredSize value {<nil>} has a problem: a string 'two' where an integer belongs",
        "nodeRoleArn value {<nil>} has a problem: it is required and missing",
        "aws:sns/topic:Topic has no row: add what replaces it to tests/clouds/force_new.py",
        "deprecated property acl",
    ],
)
@pytest.mark.skipif(official("aws"), reason="the official provider has words of its own")
def test_a_preview_refuses_what_does_not_fit(refusal: str, said: str) -> None:
    assert said in refusal


def test_a_preview_calls_no_cloud(aws: CloudProject) -> None:
    assert aws.environment["CALLS_OF_PREVIEW"] == ""
    assert aws.attempts() == []


def test_a_program_of_cloud_objects_loads_no_sdk_of_a_cloud(aws: CloudProject) -> None:
    assert aws.programs() > 0
    assert not {name for name in aws.modules() if name.startswith(("pulumi_aws", "pulumi_gcp"))}


def test_a_second_up_changes_nothing(aws: CloudProject) -> None:
    assert {step["op"] for step in aws.steps().values()} == {"same"}


def test_a_tag_and_the_size_of_a_pool_change_in_place(aws: CloudProject) -> None:
    assert changed(aws, "named size") == {"network": ("update", None), "pool": ("update", None)}


def test_the_role_of_a_pool_replaces_it(aws: CloudProject) -> None:
    assert changed(aws, "role") == {"pool": ("replace", ["nodeRoleArn"])}


def test_a_network_is_in_moto_with_the_default_tags(aws: CloudProject, moto: Moto) -> None:
    identity = aws.export()["network"]["id"]
    found = client(moto, "ec2").describe_vpcs(VpcIds=[identity])["Vpcs"][0]
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == {"Name": "network", "team": "research"}


def test_a_launch_template_is_in_moto_with_an_interface_for_each_card(aws: CloudProject, moto: Moto) -> None:
    identity = aws.export()["template"]["id"]
    answer = client(moto, "ec2").describe_launch_template_versions(LaunchTemplateId=identity)
    data = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    cards = [(card["NetworkCardIndex"], card["InterfaceType"]) for card in data["NetworkInterfaces"]]
    assert cards == [(0, "efa"), (1, "efa"), (2, "efa"), (3, "efa")]
    assert data["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    assert data["MetadataOptions"]["HttpTokens"] == "required"


def test_a_pool_is_in_moto_with_its_machines_and_taint(aws: CloudProject, moto: Moto) -> None:
    cluster, _, name = aws.export()["pool"]["id"].partition(":")
    found = client(moto, "eks").describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"]
    assert found["instanceTypes"] == ["p4d.24xlarge"]
    assert found["taints"] == [{"key": "nvidia.com/gpu", "value": "true", "effect": "NO_SCHEDULE"}]
    assert found["tags"] == {"team": "research"}


def test_a_role_is_in_moto_with_its_policies(aws: CloudProject, moto: Moto) -> None:
    iam, name = client(moto, "iam"), aws.export()["role"]["id"]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AmazonEKSWorkerNodePolicy"]
    inline = iam.list_role_policies(RoleName=name)["PolicyNames"]
    document = iam.get_role_policy(RoleName=name, PolicyName=inline[0])["PolicyDocument"]
    assert document["Statement"][0]["Action"] == "ec2:DescribeInstances"


def test_a_bucket_is_in_moto_with_what_guards_it(aws: CloudProject, moto: Moto) -> None:
    s3, name = client(moto, "s3"), aws.export()["bucket"]["id"]
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    rule = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"]


def test_a_cluster_has_a_certificate_authority(aws: CloudProject) -> None:
    outputs = aws.export()["cluster"]["outputs"]
    authority = base64.b64decode(outputs["certificateAuthority"]["data"])
    assert x509.load_pem_x509_certificate(authority).subject.rfc4514_string() == "CN=kubernetes"
    assert outputs["endpoint"].startswith("https://")


def test_what_is_applied_reaches_moto_and_what_is_destroyed_leaves_it(aws: CloudProject, moto: Moto) -> None:
    ec2, eks = client(moto, "ec2"), client(moto, "eks")
    network = aws.export()["network"]["id"]
    aws.environment["CHANGE"] = "role"
    applied = aws.up()
    assert applied.code == 0, applied.output
    assert len(eks.list_nodegroups(clusterName="dev")["nodegroups"]) == 1
    done = aws.destroy()
    assert done.code == 0, done.output
    assert eks.list_clusters()["clusters"] == []
    assert network not in {vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"]}
    assert ec2.describe_launch_templates()["LaunchTemplates"] == []
    assert client(moto, "iam").list_roles()["Roles"] == []
    assert client(moto, "s3").list_buckets()["Buckets"] == []
    assert aws.cloud() == []
    assert aws.attempts() == []


def test_a_google_cluster_has_its_labels_and_what_the_cloud_works_out(google: CloudProject) -> None:
    outputs = google.export()["cluster"]["outputs"]
    assert outputs["effectiveLabels"] == {
        "cost-center": "42",
        "team": "research",
        "goog-pulumi-provisioned": "true",
    }
    assert base64.b64decode(outputs["masterAuth"]["clusterCaCertificate"]).startswith(
        b"-----BEGIN CERTIFICATE"
    )
    network = google.export()["network"]["outputs"]["selfLink"]
    assert network.startswith(
        "https://www.googleapis.com/compute/v1/projects/a-project/global/networks/network-"
    )


def test_more_gpus_on_a_node_replace_a_google_pool_and_more_nodes_do_not(google: CloudProject) -> None:
    assert changed(google, "size labels") == {"pool": ("update", None), "cluster": ("update", None)}
    assert changed(google, "gpus") == {"pool": ("replace", ["nodeConfig"])}


def test_a_smaller_subnet_replaces_the_cluster_in_it(google: CloudProject) -> None:
    found = changed(google, "smaller")
    assert {name: op for name, (op, _) in found.items() if op == "replace"}.keys() == {
        "subnet",
        "cluster",
        "pool",
    }


def test_the_guard_lets_nothing_out_and_lists_what_was_loaded(tmp_path: Path) -> None:
    project = make_cloud_project(tmp_path, OUTSIDE)
    done = project.preview()
    assert done.code != 0
    assert "a test allows connections to this machine only, not to 192.0.2.1" in done.output
    assert len(project.attempts()) == 1
    assert "pulumi_aws.sqs" in project.modules()
    assert "pulumi_gcp" not in project.modules()

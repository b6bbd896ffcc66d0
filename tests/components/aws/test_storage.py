import json

import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.components.aws.bucket import Bucket
from ai_platform.components.aws.storage import Storage
from ai_platform.components.aws.storage_drivers import StorageDrivers, addons
from ai_platform.components.storage_spec import StorageSpec
from ai_platform.testing import record
from ai_platform.testing.tagging import untagged
from tests.clusters import EKS, SIMULATED

WEIGHTS = {"name": "weights", "purpose": "weights", "kind": "object", "readers": ["chat"]}
FILES = WEIGHTS | {"kind": "shared_files", "capacity_gib": 4800, "zone": "us-east-1b"}
LINKED = Bucket("data-bucket", "arn:aws:s3:::data-bucket", "arn:aws:kms:us-east-1:111122223333:key/k")
S3 = "aws:s3"
FSX = "aws:fsx/lustreFileSystem:LustreFileSystem"


def outputs(resource):
    arn = f"arn:aws:x:::{resource.name}"
    return {"arn": arn, "dnsName": "fs.example", "mountName": "abcd"} if resource.custom else {}


def made(spec, **more):
    return record(lambda: Storage("weights", spec, cluster=EKS, **more), outputs=outputs)


@pytest.fixture(scope="module")
def bucket():
    return made(WEIGHTS)


@pytest.fixture(scope="module")
def files():
    return made(FILES | {"linked_storage": "data"}, linked_bucket=LINKED)


def test_nobody_reaches_a_bucket_without_rights_or_without_tls(bucket):
    block = bucket.only(f"{S3}/bucketPublicAccessBlock:BucketPublicAccessBlock").inputs
    assert all(
        block[key]
        for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    )
    policy = json.loads(bucket.only(f"{S3}/bucketPolicy:BucketPolicy").inputs["policy"])
    assert {statement["Effect"] for statement in policy["Statement"]} == {"Deny"}
    assert policy["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert policy["Statement"][0]["Resource"][1].endswith("-bucket/*")


def test_objects_are_encrypted_by_a_key_that_rotates(bucket):
    [rule] = bucket.only(
        f"{S3}/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    ).inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {
        "sseAlgorithm": "aws:kms",
        "kmsMasterKeyId": "arn:aws:x:::weights-key",
    }
    assert bucket.only("aws:kms/key:Key").inputs["enableKeyRotation"] is True


def test_a_key_that_is_given_is_the_only_one():
    recording = made(WEIGHTS, kms_key_arn="arn:given")
    assert not recording.of("aws:kms/key:Key")


@pytest.mark.parametrize("spec", [WEIGHTS, FILES])
def test_data_and_its_key_are_protected_and_stay(spec):
    holders = [
        item for item in made(spec).resources if item.type in {f"{S3}/bucket:Bucket", FSX, "aws:kms/key:Key"}
    ]
    assert len(holders) == 2
    assert all(item.options.protect and item.options.retain_on_delete for item in holders)


@pytest.mark.parametrize("spec", [WEIGHTS, FILES])
def test_data_that_need_not_be_kept_can_be_destroyed(spec):
    recording = made(spec | {"keep_on_destroy": False})
    assert not [item for item in recording.resources if item.options.protect or item.options.retain_on_delete]
    assert all(item.inputs["forceDestroy"] for item in recording.of(f"{S3}/bucket:Bucket"))


def rules_of(spec):
    rules = made(spec).only(f"{S3}/bucketLifecycleConfiguration:BucketLifecycleConfiguration").inputs["rules"]
    return {rule["id"]: rule for rule in rules}


def test_old_versions_and_unfinished_uploads_go_after_a_while():
    rules = rules_of(WEIGHTS)
    assert rules["unfinished-uploads"]["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    assert rules["old-versions"]["noncurrentVersionExpiration"] == {"noncurrentDays": 30}
    assert "expired" not in rules


def test_checkpoints_have_no_old_versions_and_go_when_they_are_told_to():
    spec = WEIGHTS | {"purpose": "checkpoints", "expire_after_days": 14}
    assert rules_of(spec)["expired"]["expiration"] == {"days": 14}
    assert "old-versions" not in rules_of(spec)
    assert not made(spec).of(f"{S3}/bucketVersioning:BucketVersioning")


def test_a_file_system_stands_in_its_zone_and_is_encrypted(files):
    fs = files.only(FSX).inputs
    assert (fs["subnetIds"], fs["storageCapacity"], fs["perUnitStorageThroughput"]) == ("subnet-b", 4800, 250)
    assert fs["kmsKeyId"] == "arn:aws:x:::weights-key"
    assert fs["deploymentType"] == "PERSISTENT_2"


def test_only_nodes_of_the_cluster_and_the_file_system_itself_speak_lustre(files):
    rules = [
        item.inputs
        for item in files.resources
        if item.type.startswith("aws:vpc/securityGroup") and item.custom
    ]
    assert len(rules) == 10
    assert {rule["referencedSecurityGroupId"] for rule in rules} == {"sg-nodes", "weights-security-group-id"}
    assert {(rule["fromPort"], rule["toPort"]) for rule in rules} == {(988, 988), (1018, 1023)}


def test_a_linked_file_system_loads_from_its_bucket_and_writes_back(files):
    link = files.only("aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation").inputs
    assert link["dataRepositoryPath"] == "s3://data-bucket/"
    assert link["s3"]["autoExportPolicy"]["events"] == ["NEW", "CHANGED", "DELETED"]
    assert files.only(FSX).inputs["automaticBackupRetentionDays"] == 0
    assert made(FILES).only(FSX).inputs["automaticBackupRetentionDays"] == 7


def test_everything_carries_the_cost_tags(bucket, files):
    assert untagged(bucket) == untagged(files) == []
    drivers = record(lambda: StorageDrivers("drivers", [StorageSpec(**WEIGHTS)], aws=EKS.aws))
    assert untagged(drivers) == []


def test_cost_tags_of_a_team_stand_beside_those_of_the_cluster():
    tags = made(WEIGHTS, tags={"team": "chat"}).only(f"{S3}/bucket:Bucket").inputs["tags"]
    assert (tags["team"], tags["environment"]) == ("chat", "prod")


def test_pods_mount_a_bucket_with_their_own_rights():
    found = []
    record(lambda: found.append(Storage("w", WEIGHTS, cluster=EKS)), outputs=outputs)
    assert found[0].volume.attributes["authenticationSource"] == "pod"
    assert found[0].volume.writer_options == ("region us-east-1", "allow-delete", "allow-overwrite")


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        (FILES | {"capacity_gib": 1300}, "capacity_gib"),
        (FILES | {"linked_storage": "data"}, "linked_storage"),
        (FILES | {"kind": "local", "zone": None}, "kind"),
    ],
)
def test_what_cannot_be_is_one_error(spec, path):
    with pytest.raises(InvalidArgs) as caught:
        made(spec)
    assert path in {problem.path for problem in caught.value.problems}


def test_a_cluster_without_aws_is_refused():
    with pytest.raises(InvalidArgs, match="an EKS cluster"):
        record(lambda: Storage("x", WEIGHTS, cluster=SIMULATED))


def test_drivers_are_those_that_the_storage_needs():
    local = StorageSpec(name="c", purpose="weights", kind="local", capacity_gib=1, readers=["a"])
    assert addons([local]) == []
    assert addons([StorageSpec(**FILES), StorageSpec(**WEIGHTS), local]) == [
        "aws-fsx-csi-driver",
        "aws-mountpoint-s3-csi-driver",
    ]

"""S3, FSx, CloudWatch logs and SQS in moto."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .aws_calls import Aws, Calls, Made, Values, changed_tags, pairs, shaped

_LIFECYCLE = {"expiredObjectDeleteMarker": "ExpiredObjectDeleteMarker", "id": "ID"}


def _bucket(aws: Aws, new: Values) -> Made:
    s3 = aws.client("s3")
    name = new["bucket"]
    place = (
        {} if aws.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": aws.region}}
    )
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=bool(new.get("objectLockEnabled")), **place)
    _bucket_tags(aws, name, {}, new)
    return Made(
        name,
        {
            "arn": f"arn:aws:s3:::{name}",
            "bucketDomainName": f"{name}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{name}.s3.{aws.region}.amazonaws.com",
            "bucketRegion": aws.region,
        },
    )


def _bucket_tags(aws: Aws, identity: str, _old: Values, new: Values) -> Values:
    tags = {"TagSet": pairs(new.get("tagsAll", {}))}
    aws.client("s3").put_bucket_tagging(Bucket=identity, Tagging=tags)
    return {}


def _look_at_bucket(aws: Aws, identity: str) -> Values | None:
    s3 = aws.client("s3")
    if identity not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        return None
    tags = s3.get_bucket_tagging(Bucket=identity)["TagSet"]
    return {"tagsAll": {tag["Key"]: tag["Value"] for tag in tags}}


def _no_bucket(aws: Aws, identity: str, old: Values) -> None:
    s3 = aws.client("s3")
    if old.get("forceDestroy"):
        for item in s3.list_object_versions(Bucket=identity).get("Versions", []):
            s3.delete_object(Bucket=identity, Key=item["Key"], VersionId=item["VersionId"])
    s3.delete_bucket(Bucket=identity)


def _companion(put: Callable[[Any, Values], Any], delete: str = "") -> Calls:
    """What is set on a bucket, by a call that takes the whole of it."""

    def create(aws: Aws, new: Values) -> Made:
        put(aws.client("s3"), new)
        return Made(new["bucket"], {})

    def update(aws: Aws, _: str, _old: Values, new: Values) -> Values:
        put(aws.client("s3"), new)
        return {}

    def remove(aws: Aws, _: str, old: Values) -> None:
        if delete:
            getattr(aws.client("s3"), delete)(Bucket=old["bucket"])

    return Calls(create, remove, update)


def _encryption(s3: Any, new: Values) -> None:
    rules = []
    for rule in new["rules"]:
        said = rule.get("applyServerSideEncryptionByDefault", {})
        default = {"SSEAlgorithm": said.get("sseAlgorithm")}
        default |= {"KMSMasterKeyID": said["kmsMasterKeyId"]} if said.get("kmsMasterKeyId") else {}
        made: dict[str, Any] = {"ApplyServerSideEncryptionByDefault": default}
        if "bucketKeyEnabled" in rule:
            made["BucketKeyEnabled"] = rule["bucketKeyEnabled"]
        rules.append(made)
    s3.put_bucket_encryption(Bucket=new["bucket"], ServerSideEncryptionConfiguration={"Rules": rules})


def _lifecycle(s3: Any, new: Values) -> None:
    asked = shaped(
        s3,
        "put_bucket_lifecycle_configuration",
        {"bucket": new["bucket"], "lifecycleConfiguration": {"rules": new["rules"]}},
        _LIFECYCLE,
    )
    s3.put_bucket_lifecycle_configuration(**asked)


def _block(s3: Any, new: Values) -> None:
    names = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    said = {name[0].upper() + name[1:]: new.get(name, False) for name in names}
    s3.put_public_access_block(Bucket=new["bucket"], PublicAccessBlockConfiguration=said)


def _ownership(s3: Any, new: Values) -> None:
    rules = [{"ObjectOwnership": new["rule"]["objectOwnership"]}]
    s3.put_bucket_ownership_controls(Bucket=new["bucket"], OwnershipControls={"Rules": rules})


def _versioning(s3: Any, new: Values) -> None:
    status = {"Status": new["versioningConfiguration"]["status"]}
    s3.put_bucket_versioning(Bucket=new["bucket"], VersioningConfiguration=status)


_LUSTRE_TOP = (
    "kmsKeyId",
    "storageCapacity",
    "storageType",
    "subnetIds",
    "securityGroupIds",
    "fileSystemTypeVersion",
)


def _lustre(aws: Aws, new: Values) -> Made:
    fsx = aws.client("fsx")
    top = {name: new[name] for name in _LUSTRE_TOP if name in new}
    other = {*_LUSTRE_TOP, "tags", "tagsAll", "region", "__defaults", "skipFinalBackup", "finalBackupTags"}
    rest = {n: v for n, v in new.items() if n not in other}
    asked = shaped(
        fsx, "create_file_system", {**top, "fileSystemType": "LUSTRE", "lustreConfiguration": rest}
    )
    said = fsx.create_file_system(**asked, Tags=pairs(new.get("tagsAll", {})))["FileSystem"]
    return Made(
        said["FileSystemId"],
        {
            "arn": said["ResourceARN"],
            "dnsName": said["DNSName"],
            "mountName": "fsx",
            "ownerId": "123456789012",
            "networkInterfaceIds": ["eni-0f5e0000000000000"],
        },
    )


def _log_group(aws: Aws, new: Values) -> Made:
    logs = aws.client("logs")
    names = {"name": "logGroupName"}
    rest = ("retentionInDays", "skipDestroy", "deletionProtectionEnabled")
    asked = shaped(logs, "create_log_group", new, names, rest)
    logs.create_log_group(**asked, **({"tags": new["tagsAll"]} if new.get("tagsAll") else {}))
    _retention(aws, new["name"], {}, new)
    return Made(new["name"], {"arn": aws.arn("logs", f"log-group:{new['name']}")})


def _retention(aws: Aws, identity: str, old: Values, new: Values) -> Values:
    logs = aws.client("logs")
    if new.get("retentionInDays"):
        logs.put_retention_policy(logGroupName=identity, retentionInDays=new["retentionInDays"])
    put, gone = changed_tags(old, new) if old else ({}, [])
    arn = aws.arn("logs", f"log-group:{identity}")
    if put:
        logs.tag_resource(resourceArn=arn, tags=put)
    if gone:
        logs.untag_resource(resourceArn=arn, tagKeys=gone)
    return {}


_QUEUE = {
    "delaySeconds": "DelaySeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}


def _attributes(new: Values) -> dict[str, str]:
    return {
        theirs: str(new[ours]).lower() if isinstance(new[ours], bool) else str(new[ours])
        for ours, theirs in _QUEUE.items()
        if ours in new
    }


def _queue(aws: Aws, new: Values) -> Made:
    tags = {"tags": new["tagsAll"]} if new.get("tagsAll") else {}
    said = aws.client("sqs").create_queue(QueueName=new["name"], Attributes=_attributes(new), **tags)
    return Made(said["QueueUrl"], {"arn": aws.arn("sqs", new["name"]), "url": said["QueueUrl"]})


def _queue_update(aws: Aws, identity: str, old: Values, new: Values) -> Values:
    sqs = aws.client("sqs")
    sqs.set_queue_attributes(QueueUrl=identity, Attributes=_attributes(new))
    put, gone = changed_tags(old, new)
    if put:
        sqs.tag_queue(QueueUrl=identity, Tags=put)
    if gone:
        sqs.untag_queue(QueueUrl=identity, TagKeys=gone)
    return {}


CALLS: dict[str, Calls] = {
    "aws:s3/bucket:Bucket": Calls(_bucket, _no_bucket, _bucket_tags, _look_at_bucket),
    "aws:s3/bucketVersioning:BucketVersioning": _companion(_versioning),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _companion(
        _encryption, "delete_bucket_encryption"
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _companion(
        _block, "delete_public_access_block"
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _companion(
        _ownership, "delete_bucket_ownership_controls"
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _companion(
        _lifecycle, "delete_bucket_lifecycle"
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _companion(
        lambda s3, new: s3.put_bucket_policy(Bucket=new["bucket"], Policy=new["policy"]),
        "delete_bucket_policy",
    ),
    "aws:fsx/lustreFileSystem:LustreFileSystem": Calls(
        _lustre, lambda aws, identity, _: aws.client("fsx").delete_file_system(FileSystemId=identity)
    ),
    "aws:cloudwatch/logGroup:LogGroup": Calls(
        _log_group,
        lambda aws, identity, _: aws.client("logs").delete_log_group(logGroupName=identity),
        _retention,
    ),
    "aws:sqs/queue:Queue": Calls(
        _queue, lambda aws, identity, _: aws.client("sqs").delete_queue(QueueUrl=identity), _queue_update
    ),
}

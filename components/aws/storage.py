"""Storage on AWS: an S3 bucket, or FSx for Lustre."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi

from ..args import InvalidArgs, parsed
from ..cloud_objects import cloud_object, output
from ..cluster import AwsCluster, Cluster
from ..cluster_clouds import aws_side
from ..cluster_spec import ClusterProvider
from ..errors import Problem
from ..storage_rules import contradictions
from ..storage_spec import StorageKind, StorageSpec
from ..team_volume import Volume
from .bucket import Bucket, encryption, keeps_versions, lifecycle_rules, tls_only_policy
from .lustre import PORTS, association_properties, file_system_properties, rule_properties

S3_DRIVER = "s3.csi.aws.com"
LUSTRE_DRIVER = "fsx.csi.aws.com"

_BUCKET_GIB = 1024


class Storage(pulumi.ComponentResource):
    """One storage of an environment on AWS, encrypted by ``kms_key_arn`` or by a key of its own.

    Data is protected and stays when it is taken out of the description, unless ``keep_on_destroy`` says no.
    ``tags`` are cost tags beside those of the cluster. ``linked_bucket`` is the one of ``linked_storage``.
    Raises ``InvalidArgs`` for what AWS doesn't have, and for ``local``, which needs no resource.
    """

    volume: Volume
    """How pods mount it: give it to ``TeamVolume``."""
    bucket: Bucket | None
    """Its bucket, to give teams rights on with ``TeamIdentity``; ``None`` for a file system."""

    def __init__(
        self,
        name: str,
        args: StorageSpec | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        *,
        cluster: Cluster,
        tags: Mapping[str, str] | None = None,
        kms_key_arn: pulumi.Input[str] | None = None,
        linked_bucket: Bucket | None = None,
    ) -> None:
        super().__init__("ai-platform:index:Storage", name, {}, opts)
        spec = parsed("Storage", name, StorageSpec, args)
        aws = _checked(name, spec, cluster, linked_bucket)
        self._name, self._spec, self._aws = name, spec, aws
        self._tags = {**aws.tags, **(tags or {})}
        self._own = pulumi.ResourceOptions(parent=self)
        kept = spec.keep_on_destroy
        self._data = pulumi.ResourceOptions(parent=self, protect=kept, retain_on_delete=kept)

        key = kms_key_arn if kms_key_arn is not None else self._key()
        if spec.kind is StorageKind.OBJECT:
            self.bucket = self._bucket(key)
            self.volume = _bucket_volume(spec, aws, self.bucket.name)
            self.register_outputs({"bucket": self.bucket.name})
        else:
            self.bucket = None
            file_system = self._file_system(key, linked_bucket)
            self.volume = Volume(
                storage=spec.name,
                driver=LUSTRE_DRIVER,
                handle=file_system.id,
                attributes={
                    "dnsname": output(file_system, "dnsName"),
                    "mountname": output(file_system, "mountName"),
                },
                capacity_gib=spec.capacity_gib or 0,
                writer_options=("flock",),
                reader_options=("flock",),
            )
            self.register_outputs({"fileSystem": file_system.id})

    def _key(self) -> pulumi.Output[str]:
        key = cloud_object(
            f"{self._name}-key",
            "aws:kms/key:Key",
            {
                "description": f"Data of storage {self._spec.name}",
                "enableKeyRotation": True,
                "deletionWindowInDays": 30,
                "tags": self._tags,
            },
            self._data,
            outputs=("arn",),
        )
        return output(key, "arn")

    def _bucket(self, key: pulumi.Input[str]) -> Bucket:
        spec, name, own = self._spec, self._name, self._own
        bucket = cloud_object(
            f"{name}-bucket",
            "aws:s3/bucket:Bucket",
            {"forceDestroy": not spec.keep_on_destroy, "tags": self._tags},
            self._data,
            outputs=("arn",),
        )
        arn = output(bucket, "arn")
        cloud_object(
            f"{name}-ownership",
            "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
            {"bucket": bucket.id, "rule": {"objectOwnership": "BucketOwnerEnforced"}},
            own,
        )
        private = cloud_object(
            f"{name}-public-access",
            "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
            {"bucket": bucket.id, **dict.fromkeys(_BLOCKED, True)},
            own,
        )
        cloud_object(
            f"{name}-encryption",
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            {"bucket": bucket.id, "rules": encryption(key)},
            own,
        )
        before: list[pulumi.Resource] = []
        if keeps_versions(spec):
            before = [
                cloud_object(
                    f"{name}-versioning",
                    "aws:s3/bucketVersioning:BucketVersioning",
                    {"bucket": bucket.id, "versioningConfiguration": {"status": "Enabled"}},
                    own,
                )
            ]
        cloud_object(
            f"{name}-lifecycle",
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            {"bucket": bucket.id, "rules": lifecycle_rules(spec)},
            pulumi.ResourceOptions(parent=self, depends_on=before),
        )
        # S3 refuses two changes of one bucket's access at the same time.
        cloud_object(
            f"{name}-policy",
            "aws:s3/bucketPolicy:BucketPolicy",
            {"bucket": bucket.id, "policy": arn.apply(lambda known: json.dumps(tls_only_policy(known)))},
            pulumi.ResourceOptions(parent=self, depends_on=[private]),
        )
        return Bucket(bucket.id, arn, key)

    def _file_system(self, key: pulumi.Input[str], linked: Bucket | None) -> pulumi.CustomResource:
        spec, name, aws = self._spec, self._name, self._aws
        tags = {**self._tags, "Name": name}
        group = cloud_object(
            f"{name}-security-group",
            "aws:ec2/securityGroup:SecurityGroup",
            {"description": f"Lustre of storage {spec.name}", "vpcId": aws.vpc_id, "tags": tags},
            self._own,
        )
        nodes = aws.security_group_id
        directions = {
            "from-nodes": (_INGRESS, group.id, nodes),
            "from-itself": (_INGRESS, group.id, group.id),
            "to-nodes": (_EGRESS, group.id, nodes),
            "to-itself": (_EGRESS, group.id, group.id),
            "nodes-from": (_INGRESS, nodes, group.id),
        }
        rules = [
            cloud_object(f"{name}-{port}-{role}", token, rule_properties(range_, one, other, tags), self._own)
            for role, (token, one, other) in directions.items()
            for port, range_ in PORTS.items()
        ]
        zone = spec.zone or next(iter(aws.subnet_ids))
        file_system = cloud_object(
            f"{name}-file-system",
            "aws:fsx/lustreFileSystem:LustreFileSystem",
            file_system_properties(spec, aws.subnet_ids[zone], group.id, key, tags),
            pulumi.ResourceOptions.merge(self._data, pulumi.ResourceOptions(depends_on=rules)),
            outputs=("dnsName", "mountName"),
        )
        if linked is not None:
            cloud_object(
                f"{name}-link",
                "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation",
                association_properties(file_system.id, linked.name, tags),
                self._own,
            )
        return file_system


_BLOCKED = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


def _bucket_volume(spec: StorageSpec, aws: AwsCluster, bucket: pulumi.Input[str]) -> Volume:
    region = f"region {aws.region}"
    return Volume(
        storage=spec.name,
        driver=S3_DRIVER,
        handle=None,
        # The team's own rights, not those of the driver, which has none: needs the driver from 2.0 on.
        attributes={"bucketName": bucket, "authenticationSource": "pod"},
        capacity_gib=_BUCKET_GIB,
        writer_options=(region, "allow-delete", "allow-overwrite"),
        reader_options=(region, "read-only"),
    )


def _checked(name: str, spec: StorageSpec, cluster: Cluster, linked_bucket: Bucket | None) -> AwsCluster:
    subject = f"Storage {name!r}"
    aws = aws_side(cluster, subject)
    zones = tuple(aws.subnet_ids)
    problems = [Problem(*found) for found in contradictions(spec, ClusterProvider.EKS, zones)]
    if spec.kind is StorageKind.LOCAL:
        problems.append(Problem("kind", "local", "object or shared_files", "make no Storage for it"))
    if (spec.linked_storage is None) != (linked_bucket is None):
        got = "one of the two" if linked_bucket is None else "linked_bucket alone"
        problems.append(Problem("linked_storage", got, "linked_bucket too, or neither", "give both"))
    if problems:
        raise InvalidArgs(subject, problems)
    return aws

"""Every storage of an environment on AWS, beside a VPC and a cluster. ``CHANGE`` names what differs."""

import json
import os

import pulumi

from ai_platform.components.aws.provider import aws_provider
from ai_platform.components.cloud_objects import cloud_object, output
from ai_platform.components.cluster import AwsCluster, Cluster
from ai_platform.components.cluster_spec import ClusterProvider
from ai_platform.components.environment_storage import environment_storage
from ai_platform.components.storage_spec import StorageSpec
from ai_platform.components.tenant import Tenant
from ai_platform.finops.cost_tags import CostTags

CHANGE = os.environ.get("CHANGE", "")
ZONES = ("eu-central-1a", "eu-central-1b")
TAGS = CostTags(environment="prod").aws()
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}

provider = aws_provider("aws", "eu-central-1", TAGS)
# Objects are written to files: what counts here is the cloud.
rendered = pulumi.ProviderResource(
    "kubernetes", "files", {"renderYamlToDirectory": "rendered"}, pulumi.ResourceOptions(version="4.25.0")
)
own = pulumi.ResourceOptions(provider=provider)
network = cloud_object("network", "aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"}, own)
subnets = {
    zone: cloud_object(
        f"subnet-{zone}",
        "aws:ec2/subnet:Subnet",
        {"vpcId": network.id, "cidrBlock": f"10.0.{number}.0/24", "availabilityZone": zone},
        own,
    ).id
    for number, zone in enumerate(ZONES)
}
nodes = cloud_object(
    "nodes", "aws:ec2/securityGroup:SecurityGroup", {"vpcId": network.id, "description": "Nodes"}, own
)
role = cloud_object(
    "role", "aws:iam/role:Role", {"assumeRolePolicy": json.dumps(TRUST)}, own, outputs=("arn",)
)
eks = cloud_object(
    "cluster",
    "aws:eks/cluster:Cluster",
    {
        "name": "prod",
        "roleArn": output(role, "arn"),
        "version": "1.34",
        "vpcConfig": {"subnetIds": list(subnets.values())},
    },
    own,
)
cluster = Cluster(
    ClusterProvider.EKS,
    "prod",
    "{}",
    aws=AwsCluster(
        region="eu-central-1",
        cluster_name=eks.id,
        kubernetes_version="1.34",
        vpc_id=network.id,
        subnet_ids=subnets,
        security_group_id=nodes.id,
        node_role_arn=output(role, "arn"),
        tags=TAGS,
    ),
)

opts = pulumi.ResourceOptions(providers=[provider, rendered])
tenants = {team: Tenant(team, {"team": team, "group": team}, opts) for team in ("chat", "research")}
data = StorageSpec.model_validate(
    {
        "name": "data",
        "purpose": "datasets",
        "kind": "object",
        "writers": ["research"],
        "readers": ["chat"],
        "expire_after_days": 60 if CHANGE == "days" else 30,
    }
)
files = StorageSpec.model_validate(
    {
        "name": "files",
        "purpose": "checkpoints",
        "kind": "shared_files",
        "capacity_gib": 4800 if CHANGE == "larger" else 2400,
        "linked_storage": "data",
        "writers": ["research", "chat"] if CHANGE == "team" else ["research"],
    }
)
environment_storage("prod-storage", [data, files], opts, cluster=cluster, tenants=tenants)

"""A cluster with a GPU pool and a bucket on AWS, as small as it can be. ``CHANGE`` names what differs."""

import json
import os

import pulumi

from ai_platform.components.cloud_objects import cloud_object, output

CHANGE = os.environ.get("CHANGE", "").split()
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
RIGHTS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "*"}],
}

aws = pulumi.ProviderResource(
    "aws",
    "aws",
    {"region": "eu-central-1", "defaultTags": pulumi.Output.json_dumps({"tags": {"team": "research"}})},
    pulumi.ResourceOptions(version="7.51.1"),
)
own = pulumi.ResourceOptions(provider=aws)

network = cloud_object(
    "network",
    "aws:ec2/vpc:Vpc",
    {
        "cidrBlock": "10.0.0.0/16",
        "enableDnsHostnames": True,
        "tags": {"Name": "renamed" if "named" in CHANGE else "network"},
    },
    own,
    outputs=("arn", "defaultSecurityGroupId"),
)
door = cloud_object("door", "aws:ec2/internetGateway:InternetGateway", {"vpcId": network.id}, own)
table = cloud_object("table", "aws:ec2/routeTable:RouteTable", {"vpcId": network.id}, own)
cloud_object(
    "out",
    "aws:ec2/route:Route",
    {"routeTableId": table.id, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": door.id},
    own,
)
subnets = []
for number, zone in enumerate("ab"):
    subnet = cloud_object(
        f"subnet-{zone}",
        "aws:ec2/subnet:Subnet",
        {
            "vpcId": network.id,
            "cidrBlock": f"10.0.{number}.0/24",
            "availabilityZone": f"eu-central-1{zone}",
            "mapPublicIpOnLaunch": False,
        },
        own,
    )
    subnets.append(subnet)
    cloud_object(
        f"route-{zone}",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        {"subnetId": subnet.id, "routeTableId": table.id},
        own,
    )
address = cloud_object("address", "aws:ec2/eip:Eip", {"domain": "vpc"}, own)
cloud_object(
    "nat", "aws:ec2/natGateway:NatGateway", {"allocationId": address.id, "subnetId": subnets[0].id}, own
)
cloud_object(
    "s3",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    {"vpcId": network.id, "serviceName": "com.amazonaws.eu-central-1.s3", "routeTableIds": [table.id]},
    own,
)
cloud_object("closed", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", {"vpcId": network.id}, own)
fabric = cloud_object(
    "fabric", "aws:ec2/securityGroup:SecurityGroup", {"vpcId": network.id, "description": "EFA"}, own
)
for direction in ("Ingress", "Egress"):
    cloud_object(
        f"fabric-{direction.lower()}",
        f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
        {"securityGroupId": fabric.id, "referencedSecurityGroupId": fabric.id, "ipProtocol": "-1"},
        own,
    )
role = cloud_object(
    "role",
    "aws:iam/role:Role",
    {"assumeRolePolicy": json.dumps(TRUST), "description": "Of the nodes"},
    own,
    outputs=("arn", "name"),
)
other = cloud_object(
    "other", "aws:iam/role:Role", {"assumeRolePolicy": json.dumps(TRUST)}, own, outputs=("arn",)
)
cloud_object(
    "nodes-may",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    {"role": output(role, "name"), "policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"},
    own,
)
cloud_object(
    "nodes-also-may",
    "aws:iam/rolePolicy:RolePolicy",
    {"role": output(role, "name"), "policy": json.dumps(RIGHTS)},
    own,
)
key = cloud_object(
    "key",
    "aws:kms/key:Key",
    {"description": "Secrets", "enableKeyRotation": True, "deletionWindowInDays": 7},
    own,
    outputs=("arn",),
)
cloud_object("alias", "aws:kms/alias:Alias", {"name": "alias/secrets", "targetKeyId": key.id}, own)
logs = cloud_object(
    "logs", "aws:cloudwatch/logGroup:LogGroup", {"name": "/aws/eks/dev/cluster", "retentionInDays": 30}, own
)
cluster = cloud_object(
    "cluster",
    "aws:eks/cluster:Cluster",
    {
        "name": "dev",
        "roleArn": output(role, "arn"),
        "version": "1.34",
        "vpcConfig": {"subnetIds": [subnet.id for subnet in subnets], "endpointPrivateAccess": True},
        "encryptionConfig": {"provider": {"keyArn": output(key, "arn")}, "resources": ["secrets"]},
        "enabledClusterLogTypes": ["api", "audit"],
        "accessConfig": {"authenticationMode": "API"},
    },
    pulumi.ResourceOptions.merge(own, pulumi.ResourceOptions(depends_on=[logs])),
    outputs=("endpoint", "certificateAuthority", "identities"),
)
template = cloud_object(
    "template",
    "aws:ec2/launchTemplate:LaunchTemplate",
    {
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "blockDeviceMappings": [
            {
                "deviceName": "/dev/xvda",
                "ebs": {
                    "volumeSize": 200,
                    "volumeType": "gp3",
                    "encrypted": "true",
                    "deleteOnTermination": "true",
                },
            }
        ],
        "networkInterfaces": [
            {
                "networkCardIndex": card,
                "deviceIndex": min(card, 1),
                "interfaceType": "efa",
                "deleteOnTermination": "true",
                "securityGroups": [fabric.id],
            }
            for card in range(4)
        ],
        "tagSpecifications": [{"resourceType": "volume", "tags": {"team": "research"}}],
        "updateDefaultVersion": True,
    },
    own,
    outputs=("latestVersion",),
)
pool = cloud_object(
    "pool",
    "aws:eks/nodeGroup:NodeGroup",
    {
        "clusterName": cluster.id,
        "nodeRoleArn": output(other if "role" in CHANGE else role, "arn"),
        "subnetIds": [subnets[0].id],
        "scalingConfig": {"minSize": 0, "maxSize": 8 if "size" in CHANGE else 4, "desiredSize": 2},
        "instanceTypes": ["p4d.24xlarge"],
        "capacityType": "ON_DEMAND",
        "labels": {"pool": "a100"},
        "taints": [{"key": "nvidia.com/gpu", "value": "true", "effect": "NO_SCHEDULE"}],
        "launchTemplate": {
            "id": template.id,
            "version": output(template, "latestVersion").apply(str),
        },
    },
    own,
)
cloud_object(
    "pods", "aws:eks/addon:Addon", {"clusterName": cluster.id, "addonName": "eks-pod-identity-agent"}, own
)
cloud_object(
    "admin",
    "aws:eks/accessEntry:AccessEntry",
    {"clusterName": cluster.id, "principalArn": output(other, "arn")},
    own,
)
bucket = cloud_object(
    "bucket", "aws:s3/bucket:Bucket", {"forceDestroy": True}, own, outputs=("arn", "bucket")
)
named = output(bucket, "bucket")
cloud_object(
    "versions",
    "aws:s3/bucketVersioning:BucketVersioning",
    {"bucket": named, "versioningConfiguration": {"status": "Enabled"}},
    own,
)
cloud_object(
    "locked",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    {"bucket": named, "blockPublicAcls": True, "blockPublicPolicy": True},
    own,
)
cloud_object(
    "ages",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    {
        "bucket": named,
        "rules": [{"id": "old", "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": 30}}],
    },
    own,
)
cloud_object(
    "encrypted",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    {
        "bucket": named,
        "rules": [
            {
                "applyServerSideEncryptionByDefault": {
                    "sseAlgorithm": "aws:kms",
                    "kmsMasterKeyId": output(key, "arn"),
                },
                "bucketKeyEnabled": True,
            }
        ],
    },
    own,
)
cloud_object(
    "events", "aws:sqs/queue:Queue", {"messageRetentionSeconds": 300, "sqsManagedSseEnabled": True}, own
)
cloud_object(
    "scratch",
    "aws:fsx/lustreFileSystem:LustreFileSystem",
    {"storageCapacity": 1200, "subnetIds": subnets[0].id, "deploymentType": "SCRATCH_2"},
    own,
    outputs=("dnsName", "mountName"),
)
cloud_object("near", "aws:ec2/placementGroup:PlacementGroup", {"strategy": "cluster"}, own)
pulumi.export("endpoint", output(cluster, "endpoint"))

"""Which inputs a cloud can't change in place: a change of one replaces the resource.

From the schemas (``ForceNew``, ``RequiresReplace``) of the Terraform providers that Pulumi's are built on:
hashicorp/terraform-provider-aws, each file in a version of 2021 to 2026, and terraform-provider-google and
-google-beta of 2026-08-21; all read 2026-11-21. ``bucketNamespace`` of a bucket: pull request 46917 of the
first. Inputs of the SDK 7.51.1 that the versions read lack count as changeable: ``odbNetworkArn`` of a route,
``secondaryInterfaces`` of a launch template, ``delayAfterPolicyCreationInMs`` of a policy and
``appsyncTarget`` of an event target. A name covers all that lies below it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

Values = Mapping[str, Any]


class NoRowError(Exception):
    """The table does not know that type."""


@dataclass(frozen=True)
class Row:
    """What replaces a resource of one type."""

    source: str
    """File in the Terraform provider."""
    inputs: tuple[str, ...]
    """Inputs that replace, with the way to nested ones (``launchTemplate.id``); list positions left out."""


def replaced_by(token: str) -> Row:
    """The row of a type. Raises NoRowError for one that the table lacks."""
    if token in ROWS:
        return ROWS[token]
    raise NoRowError(
        f"{token} has no row: add what replaces it to tests/clouds/force_new.py, with its source"
    )


def replaces_now(token: str, old: Values, new: Values) -> set[str]:
    """Inputs that replace because of how they changed, beside those of the row."""
    return CONDITIONS[token](old, new) if token in CONDITIONS else set()


def _row(source: str, inputs: str) -> Row:
    return Row(source, tuple(inputs.split()))


def _aws(source: str, inputs: str) -> Row:
    # Since version 6 each resource takes a region, and a new region means a new resource.
    return _row(f"internal/service/{source}", f"{inputs} region")


def _google(source: str, inputs: str) -> Row:
    return _row(f"google/services/{source}", inputs)


_BUCKET = "bucket expectedBucketOwner"
_MEMBER = "google/tpgiamresource/resource_iam_member.go"
_BINDING = "google/tpgiamresource/resource_iam_binding.go"
_POOL_NODES = """
    nodeConfig.guestAccelerators nodeConfig.localSsdCount nodeConfig.ephemeralStorageLocalSsdConfig
    nodeConfig.localNvmeSsdBlockConfig nodeConfig.secondaryBootDisks nodeConfig.metadata
    nodeConfig.minCpuPlatform nodeConfig.oauthScopes nodeConfig.preemptible nodeConfig.reservationAffinity
    nodeConfig.spot nodeConfig.serviceAccount nodeConfig.shieldedInstanceConfig nodeConfig.sandboxConfig
    nodeConfig.bootDiskKmsKey nodeConfig.nodeGroup nodeConfig.advancedMachineFeatures
    nodeConfig.soleTenantConfig nodeConfig.hostMaintenancePolicy
    nodeConfig.confidentialNodes.confidentialInstanceType nodeConfig.enableConfidentialStorage
    nodeConfig.localSsdEncryptionMode nodeConfig.maxRunDuration nodeConfig.flexStart
"""
"""google/services/container/node_config.go, which clusters and node pools share."""

ROWS: dict[str, Row] = {
    "aws:ec2/vpc:Vpc": _aws("ec2/vpc_.go", "cidrBlock ipv4IpamPoolId ipv4NetmaskLength"),
    "aws:ec2/subnet:Subnet": _aws(
        "ec2/vpc_subnet.go",
        "availabilityZone availabilityZoneId cidrBlock ipv4IpamPoolId ipv4NetmaskLength ipv6IpamPoolId"
        " ipv6Native ipv6NetmaskLength outpostArn vpcId",
    ),
    "aws:ec2/routeTable:RouteTable": _aws("ec2/vpc_route_table.go", "vpcId"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _aws(
        "ec2/vpc_route_table_association.go", "gatewayId subnetId"
    ),
    "aws:ec2/route:Route": _aws(
        "ec2/vpc_route.go",
        "destinationCidrBlock destinationIpv6CidrBlock destinationPrefixListId routeTableId",
    ),
    "aws:ec2/internetGateway:InternetGateway": _aws("ec2/vpc_internet_gateway.go", ""),
    "aws:ec2/natGateway:NatGateway": _aws(
        "ec2/vpc_nat_gateway.go",
        "allocationId connectivityType privateIp secondaryPrivateIpAddressCount subnetId",
    ),
    "aws:ec2/eip:Eip": _aws("ec2/ec2_eip.go", "address domain ipamPoolId networkBorderGroup publicIpv4Pool"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _aws(
        "ec2/vpc_endpoint.go",
        "dnsOptions.privateDnsPreference dnsOptions.privateDnsSpecifiedDomains resourceConfigurationArn"
        " serviceName serviceNetworkArn serviceRegion vpcEndpointType vpcId",
    ),
    "aws:ec2/securityGroup:SecurityGroup": _aws(
        "ec2/vpc_security_group.go", "description name namePrefix vpcId"
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _aws("ec2/vpc_default_security_group.go", "vpcId"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _aws(
        "ec2/vpc_security_group_ingress_rule.go", "securityGroupId"
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _aws(
        "ec2/vpc_security_group_ingress_rule.go", "securityGroupId"
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": _aws("ec2/ec2_launch_template.go", "name namePrefix"),
    "aws:ec2/placementGroup:PlacementGroup": _aws(
        "ec2/ec2_placement_group.go", "name partitionCount spreadLevel strategy"
    ),
    "aws:ec2/flowLog:FlowLog": _aws(
        "ec2/vpc_flow_log.go",
        "deliverCrossAccountRole destinationOptions eniId iamRoleArn logDestination logDestinationType"
        " logFormat maxAggregationInterval regionalNatGatewayId subnetId trafficType"
        " transitGatewayAttachmentId"
        " transitGatewayId vpcId",
    ),
    "aws:iam/role:Role": _row("internal/service/iam/role.go", "name namePrefix path"),
    "aws:iam/rolePolicy:RolePolicy": _row("internal/service/iam/role_policy.go", "name namePrefix role"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _row(
        "internal/service/iam/role_policy_attachment.go", "policyArn role"
    ),
    "aws:iam/policy:Policy": _row("internal/service/iam/policy.go", "description name namePrefix path"),
    "aws:iam/instanceProfile:InstanceProfile": _row(
        "internal/service/iam/instance_profile.go", "name namePrefix path"
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _row(
        "internal/service/iam/openid_connect_provider.go", "url"
    ),
    "aws:eks/cluster:Cluster": _aws(
        "eks/cluster.go",
        "accessConfig.bootstrapClusterCreatorAdminPermissions bootstrapSelfManagedAddons"
        " kubernetesNetworkConfig.ipFamily kubernetesNetworkConfig.serviceIpv4Cidr name"
        " outpostConfig.controlPlaneInstanceType outpostConfig.controlPlanePlacement remoteNetworkConfig"
        " roleArn",
    ),
    "aws:eks/nodeGroup:NodeGroup": _aws(
        "eks/node_group.go",
        "amiType capacityType clusterName diskSize instanceTypes launchTemplate.id launchTemplate.name"
        " nodeGroupName nodeGroupNamePrefix nodeRoleArn remoteAccess subnetIds",
    ),
    "aws:eks/addon:Addon": _aws("eks/addon.go", "addonName clusterName"),
    "aws:eks/accessEntry:AccessEntry": _aws("eks/access_entry.go", "clusterName principalArn type"),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _aws(
        "eks/access_policy_association.go", "accessScope clusterName policyArn principalArn"
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": _aws(
        "eks/pod_identity_association.go", "clusterName namespace serviceAccount"
    ),
    "aws:kms/key:Key": _aws(
        "kms/key.go", "customKeyStoreId customerMasterKeySpec keyUsage multiRegion xksKeyId"
    ),
    "aws:kms/alias:Alias": _aws("kms/alias.go", "name namePrefix"),
    "aws:s3/bucket:Bucket": _aws(
        "s3/bucket.go",
        "bucket bucketNamespace bucketPrefix objectLockConfiguration.objectLockEnabled objectLockEnabled",
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _aws("s3/bucket_versioning.go", _BUCKET),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _aws(
        "s3/bucket_server_side_encryption_configuration.go", _BUCKET
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _aws(
        "s3/bucket_public_access_block.go", "bucket"
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _aws(
        "s3/bucket_ownership_controls.go", "bucket"
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _aws(
        "s3/bucket_lifecycle_configuration.go", _BUCKET
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _aws("s3/bucket_policy.go", "bucket"),
    "aws:fsx/lustreFileSystem:LustreFileSystem": _aws(
        "fsx/lustre_file_system.go",
        "backupId copyTagsToBackups deploymentType driveCacheType exportPath fileSystemTypeVersion importPath"
        " importedFileChunkSize kmsKeyId perUnitStorageThroughput securityGroupIds storageType subnetIds",
    ),
    "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation": _aws(
        "fsx/data_repository_association.go",
        "dataRepositoryPath fileSystemId fileSystemPath",
    ),
    "aws:cloudwatch/logGroup:LogGroup": _aws("logs/group.go", "logGroupClass name namePrefix"),
    "aws:cloudwatch/eventRule:EventRule": _aws("events/rule.go", "eventBusName name namePrefix"),
    "aws:cloudwatch/eventTarget:EventTarget": _aws("events/target.go", "eventBusName rule targetId"),
    "aws:sqs/queue:Queue": _aws("sqs/queue.go", "fifoQueue name namePrefix"),
    "aws:sqs/queuePolicy:QueuePolicy": _aws("sqs/queue_policy.go", "queueUrl"),
    "gcp:compute/network:Network": _google(
        "compute/resource_compute_network.go",
        "name autoCreateSubnetworks description internalIpv6Range networkProfile params project",
    ),
    "gcp:compute/subnetwork:Subnetwork": _google(
        "compute/resource_compute_subnetwork.go",
        "name network description externalIpv6Prefix internalIpv6Prefix params region reservedInternalRange"
        " resolveSubnetMask project",
    ),
    "gcp:compute/router:Router": _google(
        "compute/resource_compute_router.go",
        "name encryptedInterconnectRouter nccGateway network params region project",
    ),
    "gcp:compute/routerNat:RouterNat": _google(
        "compute/resource_compute_router_nat.go",
        "name router endpointTypes initialNatIps region type project",
    ),
    "gcp:compute/firewall:Firewall": _google(
        "compute/resource_compute_firewall.go", "name direction params project"
    ),
    "gcp:compute/resourcePolicy:ResourcePolicy": _google(
        "compute/resource_compute_resource_policy.go",
        "diskConsistencyGroupPolicy.enabled groupPlacementPolicy.gpuTopology region workloadPolicy.type"
        " workloadPolicy.acceleratorTopology workloadPolicy.maxTopologyDistance project",
    ),
    "gcp:compute/globalAddress:GlobalAddress": _google(
        "compute/resource_compute_global_address.go",
        "name address addressType description ipVersion network prefixLength purpose project",
    ),
    "gcp:compute/address:Address": _google(
        "compute/resource_compute_address.go",
        "name address addressType description ipCollection ipVersion ipv6EndpointType network networkTier"
        " prefixLength purpose region subnetwork project",
    ),
    "gcp:compute/networkPeering:NetworkPeering": _google(
        "compute/resource_compute_network_peering.go",
        "name network peerNetwork exportSubnetRoutesWithPublicIp importSubnetRoutesWithPublicIp",
    ),
    "gcp:compute/reservation:Reservation": _google(
        "compute/resource_compute_reservation.go",
        "name specificReservation.instanceProperties zone deleteAfterDuration deleteAtTime description params"
        " reservationSharingPolicy.serviceShareType shareSettings.shareType specificReservationRequired"
        " project",
    ),
    "gcp:container/cluster:Cluster": _google(
        "container/resource_container_cluster.go",
        "name location clusterAutoscaling.autoProvisioningDefaults.bootDiskKmsKey clusterIpv4Cidr description"
        " enableKubernetesAlpha enableTpu enableAutopilot initialNodeCount confidentialNodes"
        " masterAuth.clientCertificateConfig network nodePools project subnetwork ipAllocationPolicy"
        " networkingMode privateClusterConfig.masterIpv4CidrBlock"
        " privateClusterConfig.privateEndpointSubnetwork"
        " defaultMaxPodsPerNode datapathProvider dataplaneOptimizationMode userManagedKeysConfig.clusterCa"
        " userManagedKeysConfig.etcdApiCa userManagedKeysConfig.etcdPeerCa"
        " userManagedKeysConfig.aggregationCa"
        f" {_POOL_NODES}",
    ),
    "gcp:container/nodePool:NodePool": _google(
        "container/resource_container_node_pool.go",
        "project cluster location placementPolicy queuedProvisioning maxPodsPerNode initialNodeCount name"
        " namePrefix networkConfig.acceleratorNetworkProfile networkConfig.createPodRange"
        " networkConfig.podRange"
        " networkConfig.podIpv4CidrBlock networkConfig.additionalNodeNetworkConfigs"
        " networkConfig.additionalPodNetworkConfigs networkConfig.podCidrOverprovisionConfig"
        f" networkConfig.subnetwork {_POOL_NODES}",
    ),
    "gcp:serviceaccount/account:Account": _google(
        "resourcemanager/resource_google_service_account.go", "accountId project"
    ),
    "gcp:serviceaccount/iAMMember:IAMMember": _row(_MEMBER, "serviceAccountId role member condition"),
    "gcp:serviceaccount/iAMBinding:IAMBinding": _row(_BINDING, "serviceAccountId role condition"),
    "gcp:projects/iAMMember:IAMMember": _row(_MEMBER, "project role member condition"),
    "gcp:projects/iAMBinding:IAMBinding": _row(_BINDING, "project role condition"),
    "gcp:projects/iAMCustomRole:IAMCustomRole": _google(
        "resourcemanager/resource_google_project_iam_custom_role.go", "roleId project"
    ),
    "gcp:projects/service:Service": _google(
        "resourcemanager/resource_google_project_service.go", "service project"
    ),
    "gcp:projects/serviceIdentity:ServiceIdentity": _row(
        "google-beta/services/resourcemanager/resource_project_service_identity.go", "service project"
    ),
    "gcp:storage/bucket:Bucket": _google(
        "storage/resource_storage_bucket.go",
        "name location project enableObjectRetention customPlacementConfig.dataLocations"
        " hierarchicalNamespace",
    ),
    "gcp:storage/bucketIAMMember:BucketIAMMember": _row(_MEMBER, "bucket role member condition"),
    "gcp:storage/bucketIAMBinding:BucketIAMBinding": _row(_BINDING, "bucket role condition"),
    "gcp:kms/keyRing:KeyRing": _google("kms/resource_kms_key_ring.go", "location name project"),
    "gcp:kms/cryptoKey:CryptoKey": _google(
        "kms/resource_kms_crypto_key.go",
        "keyRing name cryptoKeyBackend destroyScheduledDuration importOnly purpose"
        " versionTemplate.protectionLevel",
    ),
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": _row(_MEMBER, "cryptoKeyId role member condition"),
    "gcp:kms/cryptoKeyIAMBinding:CryptoKeyIAMBinding": _row(_BINDING, "cryptoKeyId role condition"),
    "gcp:filestore/instance:Instance": _google(
        "filestore/resource_filestore_instance.go",
        "fileShares.name fileShares.sourceBackup fileShares.sourceBackupdrBackup networks tier"
        " initialReplication kmsKeyName location protocol tags zone project name",
    ),
    "gcp:parallelstore/instance:Instance": _google(
        "parallelstore/resource_parallelstore_instance.go",
        "capacityGib instanceId location network reservedIpRange project",
    ),
    "gcp:lustre/instance:Instance": _google(
        "lustre/resource_lustre_instance.go",
        "filesystem instanceId location network dynamicTierOptions kmsKey perUnitStorageThroughput project",
    ),
    "gcp:servicenetworking/connection:Connection": _google(
        "servicenetworking/resource_service_networking_connection.go", "network service"
    ),
    "aws:budgets/budget:Budget": _row("internal/service/budgets/budget.go", "accountId name namePrefix"),
    "gcp:billing/budget:Budget": _google("billing/resource_billing_budget.go", "billingAccount"),
    "gcp:monitoring/notificationChannel:NotificationChannel": _google(
        "monitoring/resource_monitoring_notification_channel.go", "project"
    ),
    "gcp:artifactregistry/repository:Repository": _google(
        "artifactregistry/resource_artifact_registry_repository.go",
        "format repositoryId kmsKeyName location mavenConfig mode remoteRepositoryConfig project",
    ),
}

_SOURCES = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")


def _cluster(old: Values, new: Values) -> set[str]:
    """Encryption can't be switched off, and an auto mode role can't be changed."""
    gone = {"encryptionConfig"} if old.get("encryptionConfig") and not new.get("encryptionConfig") else set()
    before, after = (values.get("computeConfig", {}).get("nodeRoleArn") for values in (old, new))
    return gone | ({"computeConfig.nodeRoleArn"} if before and after and before != after else set())


def _lustre(old: Values, new: Values) -> set[str]:
    """Storage only grows, and that of SCRATCH_1 not at all."""
    before, after = old.get("storageCapacity"), new.get("storageCapacity")
    if not isinstance(before, int) or not isinstance(after, int) or before == after:
        return set()
    scratch = new.get("deploymentType", "SCRATCH_1") == "SCRATCH_1"
    return {"storageCapacity"} if after < before or scratch else set()


def _endpoint(_: Values, new: Values) -> set[str]:
    return set() if new.get("vpcEndpointType") == "Interface" else {"privateDnsEnabled"}


def _rule(old: Values, new: Values) -> set[str]:
    """The kind of a rule's source can't change."""
    kinds = [next((name for name in _SOURCES if values.get(name)), "") for values in (old, new)]
    return set(kinds) if kinds[0] != kinds[1] else set()


def _range(old: Values, new: Values) -> set[str]:
    """A subnet only grows."""
    before, after = old.get("ipCidrRange"), new.get("ipCidrRange")
    if not isinstance(before, str) or not isinstance(after, str):
        return set()
    inside = ip_network(before).subnet_of(ip_network(after))
    return set() if inside else {"ipCidrRange"}


def _gke(old: Values, _: Values) -> set[str]:
    """What was switched on stays on."""
    return {name for name in ("enableL4IlbSubsetting", "enableFqdnNetworkPolicy") if old.get(name) is True}


CONDITIONS: dict[str, Callable[[Values, Values], set[str]]] = {
    "aws:eks/cluster:Cluster": _cluster,
    "aws:fsx/lustreFileSystem:LustreFileSystem": _lustre,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rule,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rule,
    "gcp:compute/subnetwork:Subnetwork": _range,
    "gcp:container/cluster:Cluster": _gke,
}
"""``CustomizeDiff`` and ``ModifyPlan`` of the same files."""

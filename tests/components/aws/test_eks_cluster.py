"""An EKS cluster and what stands around it."""

from __future__ import annotations

import json
from functools import cache

import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.components.aws.eks_cluster import EksCluster
from ai_platform.components.aws.force_new import FORCE_NEW
from ai_platform.components.cluster_spec import ClusterProvider
from ai_platform.testing import record

CLUSTER = "aws:eks/cluster:Cluster"
GROUP = "aws:eks/nodeGroup:NodeGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
ADDON = "aws:eks/addon:Addon"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
TAGS = {"cost-center": "4711"}
SPEC = {"provider": "eks", "kubernetes_version": "1.35", "zones": ["us-east-1a", "us-east-1b"]}
ADMIN = "arn:aws:iam::123456789012:role/ops/platform-admin"
UNTAGGABLE = {
    ATTACHMENT,
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    "aws:ec2/route:Route",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:iam/rolePolicy:RolePolicy",
}


def outputs(resource):
    if resource.type == CLUSTER:
        return {
            "name": "prod-cluster-1a2b3c4",
            "endpoint": "https://ABC.gr7.us-east-1.eks.amazonaws.com",
            "certificateAuthority": {"data": "Q0E="},
            "vpcConfig": {**resource.inputs["vpcConfig"], "clusterSecurityGroupId": "sg-0c"},
        }
    kind = "iam::123456789012:role" if resource.type == "aws:iam/role:Role" else "any:us-east-1:123456789012"
    return {"arn": f"arn:aws:{kind}/{resource.name}", "name": resource.name, "latestVersion": 3}


def cluster(*, preview=False, **changes):
    return recorded(preview, json.dumps(changes, sort_keys=True))


@cache
def recorded(preview, changes):
    found: list = []
    seen: dict = {}

    def program():
        component = EksCluster("prod", {**SPEC, **json.loads(changes)}, region="us-east-1", tags=TAGS)
        found.append(component.cluster)
        component.cluster.kubeconfig.apply(lambda text: seen.update(kubeconfig=text))
        component.cluster.aws.security_group_id.apply(lambda group: seen.update(security_group=group))

    recording = record(program, preview=preview, outputs=None if preview else outputs)
    return recording, found[0], seen


@pytest.fixture(scope="module")
def made():
    return cluster()


def test_the_api_server_is_private_unless_networks_may_reach_it(made):
    config = made[0].only(CLUSTER).inputs["vpcConfig"]
    assert config["endpointPrivateAccess"] is True
    assert config["endpointPublicAccess"] is False
    assert "publicAccessCidrs" not in config
    public, *_ = cluster(public_endpoint_cidrs=["203.0.113.0/24"])
    assert public.only(CLUSTER).inputs["vpcConfig"]["publicAccessCidrs"] == ["203.0.113.0/24"]


def test_every_log_is_kept_and_secrets_are_encrypted_with_a_key_that_rotates(made):
    inputs = made[0].only(CLUSTER).inputs
    assert sorted(inputs["enabledClusterLogTypes"]) == [
        "api",
        "audit",
        "authenticator",
        "controllerManager",
        "scheduler",
    ]
    key = made[0].only("aws:kms/key:Key")
    assert key.inputs["enableKeyRotation"] is True
    assert inputs["encryptionConfig"]["resources"] == ["secrets"]
    assert inputs["encryptionConfig"]["provider"]["keyArn"].endswith("prod-key")


def test_a_given_key_is_used_and_none_is_made():
    given = "arn:aws:kms:us-east-1:123456789012:key/1"
    recording, found, _ = cluster(kms_key_arn=given)
    assert not recording.of("aws:kms/key:Key")
    assert recording.only(CLUSTER).inputs["encryptionConfig"]["provider"]["keyArn"] == given
    assert found.aws.kms_key_arn == given


def test_cluster_key_and_vpc_are_protected(made):
    protected = {resource.type for resource in made[0].resources if resource.options.protect}
    assert protected == {CLUSTER, "aws:kms/key:Key", "aws:ec2/vpc:Vpc"}


def test_nothing_has_a_physical_name_that_would_stand_in_the_way_of_its_successor(made):
    for resource in made[0].resources:
        assert not {"name", "namePrefix", "nodeGroupName"} & set(resource.inputs), resource.urn


def test_administrators_get_an_access_entry_of_their_own():
    recording, *_ = cluster(admin_role_arns=[ADMIN])
    entry = recording.only("aws:eks/accessEntry:AccessEntry")
    assert entry.inputs["principalArn"] == ADMIN
    association = recording.only("aws:eks/accessPolicyAssociation:AccessPolicyAssociation").inputs
    assert association["policyArn"] == "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    assert association["accessScope"] == {"type": "cluster"}


def test_whoever_makes_the_cluster_reaches_it(made):
    config = made[0].only(CLUSTER).inputs["accessConfig"]
    assert config == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True}


def test_nodes_wait_for_network_plugin_and_pod_identity(made):
    waits = " ".join(made[0].only(GROUP).options.depends_on)
    for addon in ("vpc-cni", "eks-pod-identity-agent", "kube-proxy", "AmazonEKSWorkerNodePolicy"):
        assert f"prod-{addon}" in waits or f"prod-node-{addon}" in waits
    dns = next(addon for addon in made[0].of(ADDON) if addon.name == "prod-coredns")
    assert any(urn.endswith("prod-system-nodes") for urn in dns.options.depends_on)


def test_network_plugin_and_volumes_get_rights_that_nodes_do_not_have(made):
    addons = {addon.inputs["addonName"]: addon.inputs for addon in made[0].of(ADDON)}
    assert set(addons) == {
        "vpc-cni",
        "coredns",
        "kube-proxy",
        "eks-pod-identity-agent",
        "aws-ebs-csi-driver",
    }
    for name in ("vpc-cni", "aws-ebs-csi-driver"):
        (association,) = addons[name]["podIdentityAssociations"]
        assert association["roleArn"].endswith(f"prod-{name}-role")
    nodes = [item.inputs["policyArn"] for item in made[0].of(ATTACHMENT) if "-node-" in item.name]
    assert sorted(arn.rpartition("/")[2] for arn in nodes) == [
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonEKSWorkerNodePolicy",
    ]


def test_system_nodes_roll_in_place_and_keep_the_autoscalers_count(made):
    group = made[0].only(GROUP)
    assert group.inputs["launchTemplate"] == {"id": "prod-system-template-id", "version": "3"}
    assert not {"instanceTypes", "diskSize"} & set(group.inputs)
    assert group.options.ignore_changes == ("scalingConfig.desiredSize",)
    assert group.inputs["version"] == "1.35"


def test_graviton_machines_boot_an_image_for_arm():
    recording, *_ = cluster(system_nodes={"machine": "m8g.xlarge"})
    assert recording.only(GROUP).inputs["amiType"] == "AL2023_ARM_64_STANDARD"


def test_system_nodes_take_only_imdsv2_and_encrypted_disks(made):
    template = made[0].only(TEMPLATE).inputs
    assert template["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    (disk,) = template["blockDeviceMappings"]
    assert disk["ebs"]["encrypted"] == "true"
    assert disk["ebs"]["kmsKeyId"].endswith("prod-key")


def test_everything_carries_the_cost_tags(made):
    for resource in made[0].resources:
        if resource.custom and resource.type not in UNTAGGABLE:
            assert resource.inputs["tags"]["cost-center"] == "4711", resource.urn
    launched = made[0].only(TEMPLATE).inputs["tagSpecifications"]
    assert {item["resourceType"] for item in launched} == {"instance", "volume", "network-interface"}
    assert all(item["tags"]["cost-center"] == "4711" for item in launched)


def test_the_kubeconfig_holds_no_credential(made):
    config = json.loads(made[2]["kubeconfig"])
    (user,) = config["users"]
    assert list(user["user"]) == ["exec"]
    assert user["user"]["exec"]["args"][:4] == ["eks", "get-token", "--cluster-name", "prod-cluster-1a2b3c4"]
    assert config["clusters"][0]["cluster"]["certificate-authority-data"] == "Q0E="


def test_the_contract_names_region_zones_and_security_group(made):
    _, found, seen = made
    assert found.provider is ClusterProvider.EKS
    assert found.cluster_identifier == "eks-us-east-1-prod"
    assert found.aws.kubernetes_version == "1.35"
    assert list(found.aws.subnet_ids) == SPEC["zones"]
    assert seen["security_group"] == "sg-0c"


def test_a_preview_makes_the_same_resources(made):
    assert cluster(preview=True)[0].urns() == made[0].urns()


def test_the_table_of_replacements_knows_every_type():
    recording, *_ = cluster(admin_role_arns=[ADMIN])
    assert {resource.type for resource in recording.resources if resource.custom} <= set(FORCE_NEW)


@pytest.mark.parametrize(
    "change",
    [
        {"kubernetes_version": "1.36"},
        {"admin_role_arns": [ADMIN]},
        {"public_endpoint_cidrs": ["203.0.113.0/24"]},
        {"system_nodes": {"machine": "m7i.2xlarge", "max_nodes": 9}},
        {"zones": ["us-east-1b", "us-east-1a", "us-east-1c"]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_may_change_replaces_neither_cluster_nor_key_nor_subnet(made, change):
    recording, *_ = cluster(**change)
    later = {resource.urn: resource.inputs for resource in recording.resources}
    for resource in made[0].resources:
        if resource.type == GROUP and "zones" in change:
            continue  # more subnets of a node group are another one
        for path in FORCE_NEW.get(resource.type, ()):
            head, *rest = path.split(".")
            before, after = resource.inputs.get(head), later[resource.urn].get(head)
            for key in rest:
                before, after = (before or {}).get(key), (after or {}).get(key)
            assert before == after, (resource.name, path)


def test_long_names_stay_within_what_iam_takes():
    recording = record(lambda: EksCluster("a" * 50, SPEC, region="us-east-1", tags=TAGS), outputs=outputs)
    assert max(len(role.name) for role in recording.of("aws:iam/role:Role")) <= 56


def test_a_network_without_room_is_refused_with_its_path():
    with pytest.raises(InvalidArgs) as caught:
        cluster(network={"cidr": "10.0.0.0/26"})
    assert [problem.path for problem in caught.value.problems] == ["network.cidr"]

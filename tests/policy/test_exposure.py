import pytest

from tests.policy.gates import NOT_YET, lines, made

RULE = "no-public-endpoint"
INTERNAL = {"annotations": {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"}}
SERVICE = "kubernetes:core/v1:Service"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
GATEWAY = "kubernetes:gateway.networking.k8s.io/v1:Gateway"
SERVED = "kubernetes:serving.kserve.io/v1beta1:InferenceService"
EKS, GKE = "aws:eks/cluster:Cluster", "gcp:container/cluster:Cluster"
GROUP, FIREWALL = "aws:ec2/securityGroup:SecurityGroup", "gcp:compute/firewall:Firewall"
IN_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BLOCKED = dict.fromkeys(
    ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
)
OFFICE = "198.51.100.0/24"

OPEN = [
    (EKS, {"vpcConfig": {}}),
    (EKS, {"vpcConfig": {"endpointPublicAccess": True, "publicAccessCidrs": ["0.0.0.0/1", "128.0.0.0/1"]}}),
    (EKS, {"vpcConfig": {"endpointPublicAccess": True, "publicAccessCidrs": []}}),
    ("gcp:compute/forwardingRule:ForwardingRule", {}),
    ("gcp:compute/globalForwardingRule:GlobalForwardingRule", {"loadBalancingScheme": "EXTERNAL_MANAGED"}),
    (GKE, {}),
    (GKE, {"masterAuthorizedNetworksConfig": {"cidrBlocks": [{"cidrBlock": "0.0.0.0/0"}]}}),
    ("gcp:container/nodePool:NodePool", {"networkConfig": {"enablePrivateNodes": False}}),
    (SERVICE, {"spec": {"type": "LoadBalancer"}}),
    (SERVICE, {"spec": {"type": "ClusterIP", "externalIPs": ["203.0.113.7"]}}),
    (INGRESS, {"spec": {"ingressClassName": "nginx"}}),
    (GATEWAY, {"spec": {"gatewayClassName": "gke-l7-global-external-managed"}}),
    (SERVED, {"metadata": {"labels": {}}}),
    (BLOCK, {**BLOCKED, "blockPublicPolicy": False}),
    ("aws:s3/bucketAcl:BucketAcl", {"acl": "public-read"}),
    ("gcp:storage/bucket:Bucket", {"publicAccessPrevention": "inherited"}),
    ("gcp:storage/bucketIAMMember:BucketIAMMember", {"member": "allUsers"}),
    ("aws:lb/loadBalancer:LoadBalancer", {}),
    ("aws:ec2/subnet:Subnet", {"mapPublicIpOnLaunch": True}),
    (GROUP, {"ingress": [{"cidrBlocks": ["0.0.0.0/0"], "fromPort": 22}]}),
    (IN_RULE, {"cidrIpv6": "::/0"}),
    (FIREWALL, {"allows": [{"protocol": "tcp"}]}),
    (FIREWALL, {"allows": [{"protocol": "tcp"}], "sourceRanges": ["0.0.0.0/0"]}),
]
CLOSED = [
    (EKS, {"vpcConfig": {"endpointPublicAccess": False}}),
    (EKS, {"vpcConfig": {"endpointPublicAccess": True, "publicAccessCidrs": [OFFICE]}}),
    (GKE, {"privateClusterConfig": {"enablePrivateEndpoint": True}}),
    (GKE, {"masterAuthorizedNetworksConfig": {"cidrBlocks": [{"cidrBlock": OFFICE}]}}),
    (SERVICE, {"spec": {"type": "ClusterIP"}}),
    ("gcp:compute/forwardingRule:ForwardingRule", {"loadBalancingScheme": "INTERNAL_MANAGED"}),
    ("gcp:compute/forwardingRule:ForwardingRule", {"loadBalancingScheme": ""}),
    (SERVICE, {"spec": {"type": "LoadBalancer"}, "metadata": INTERNAL}),
    (SERVICE, {"spec": {"type": "LoadBalancer", "loadBalancerSourceRanges": [OFFICE]}}),
    (INGRESS, {"spec": {"ingressClassName": "gce-internal"}}),
    (GATEWAY, {"spec": {"gatewayClassName": "gke-l7-rilb"}}),
    (SERVED, {"metadata": {"labels": {"networking.kserve.io/visibility": "cluster-local"}}}),
    (BLOCK, BLOCKED),
    ("gcp:storage/bucket:Bucket", {"publicAccessPrevention": "enforced"}),
    ("aws:lb/loadBalancer:LoadBalancer", {"internal": True}),
    (GROUP, {"ingress": [{"cidrBlocks": ["10.0.0.0/8"]}], "egress": [{"cidrBlocks": ["0.0.0.0/0"]}]}),
    ("aws:ec2/securityGroupRule:SecurityGroupRule", {"type": "egress", "cidrBlocks": ["0.0.0.0/0"]}),
    (FIREWALL, {"allows": [{"protocol": "tcp"}], "sourceTags": ["nodes"]}),
    (FIREWALL, {"denies": [{"protocol": "all"}], "sourceRanges": ["0.0.0.0/0"]}),
]
HIDDEN = [
    (EKS, {"vpcConfig": NOT_YET}, "vpcConfig"),
    (
        GKE,
        {"privateClusterConfig": {"enablePrivateEndpoint": NOT_YET}},
        "privateClusterConfig.enablePrivateEndpoint",
    ),
    (
        SERVICE,
        {"spec": {"type": "LoadBalancer"}, "metadata": {"annotations": NOT_YET}},
        "metadata.annotations",
    ),
    (BLOCK, {**BLOCKED, "blockPublicAcls": NOT_YET}, "blockPublicAcls"),
    (GROUP, {"ingress": [NOT_YET]}, "ingress[0]"),
    (GROUP, {"ingress": [{"cidrBlocks": [OFFICE, NOT_YET]}]}, "ingress[0].cidrBlocks[1]"),
    ("gcp:compute/forwardingRule:ForwardingRule", {"loadBalancingScheme": NOT_YET}, "loadBalancingScheme"),
]


@pytest.mark.parametrize(("type_", "properties"), OPEN)
def test_what_everybody_reaches_is_found(type_, properties):
    assert lines(RULE, made(type_, **properties))


@pytest.mark.parametrize(("type_", "properties"), CLOSED)
def test_what_known_networks_reach_passes(type_, properties):
    assert lines(RULE, made(type_, **properties)) == []


@pytest.mark.parametrize(("type_", "properties", "path"), HIDDEN)
def test_what_is_not_known_yet_is_noted_and_not_judged(type_, properties, path):
    resource = made(type_, **properties)
    assert lines(RULE, resource) == []
    assert resource.unseen == [path]

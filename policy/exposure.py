"""What can be reached from everywhere."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from ..components.gates_spec import GateLevel
from .look import UNKNOWN, Resource, document, strings
from .rule import Rule, Settings

WIDEST_PREFIX = 8
"""Fewer bits than these are no list of known networks: the whole Internet is two of ``/1``."""
_INTERNAL = MappingProxyType(
    {
        "service.beta.kubernetes.io/aws-load-balancer-internal": "true",
        "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
        "networking.gke.io/load-balancer-type": "internal",
        "cloud.google.com/load-balancer-type": "internal",
        "service.beta.kubernetes.io/azure-load-balancer-internal": "true",
        "alb.ingress.kubernetes.io/scheme": "internal",
    }
)
"""Annotations by which a load balancer stays inside. Source: the controllers' own docs (2026-11)."""
_INTERNAL_CLASSES = ("gce-internal", "internal", "-rilb", "cluster-local")
_VISIBILITY = "networking.kserve.io/visibility"


def everywhere(cidr: Any) -> bool:
    """Whether a range of addresses is that of everybody."""
    try:
        return ipaddress.ip_network(str(cidr), strict=False).prefixlen < WIDEST_PREFIX
    except ValueError:
        return False


def no_public_endpoint(resource: Resource, _: Settings) -> Iterator[str]:
    """What of this resource everybody can reach."""
    look = _LOOKS.get(resource.type) or _KINDS.get(resource.kind)
    if look:
        yield from look(resource)


def _eks(resource: Resource) -> Iterator[str]:
    public = resource.at("vpcConfig", "endpointPublicAccess")
    if public in (False, UNKNOWN):
        return
    cidrs = resource.at("vpcConfig", "publicAccessCidrs")
    if cidrs is UNKNOWN and public is None:
        return
    ranges = resource.items("vpcConfig", "publicAccessCidrs")
    # Of no range EKS makes 0.0.0.0/0.
    none = cidrs is not UNKNOWN and not cidrs
    if none or any(map(everywhere, ranges)):
        yield "vpcConfig.endpointPublicAccess is not false: everybody reaches the API server"


def _gke(resource: Resource) -> Iterator[str]:
    private = resource.at("privateClusterConfig", "enablePrivateEndpoint")
    if private is not UNKNOWN and not private:
        blocks = resource.at("masterAuthorizedNetworksConfig", "cidrBlocks")
        listed = resource.items("masterAuthorizedNetworksConfig", "cidrBlocks")
        ranges = [
            resource.of(block, "cidrBlock", "masterAuthorizedNetworksConfig.cidrBlocks")
            for block in listed
            if isinstance(block, Mapping)
        ]
        if blocks is None or any(map(everywhere, ranges)):
            yield "privateClusterConfig.enablePrivateEndpoint is not true: everybody reaches the API server"
    if resource.at("controlPlaneEndpointsConfig", "dnsEndpointConfig", "allowExternalTraffic"):
        yield "controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic is true"


def _service(resource: Resource) -> Iterator[str]:
    for address in strings(resource.items("spec", "externalIPs")):
        yield f"spec.externalIPs has {address}"
    if resource.at("spec", "type") != "LoadBalancer" or _stays_inside(resource):
        return
    ranges = resource.items("spec", "loadBalancerSourceRanges")
    if not ranges and resource.at("spec", "loadBalancerSourceRanges") is UNKNOWN:
        return
    if not ranges or any(map(everywhere, ranges)):
        yield "a LoadBalancer that no annotation keeps inside"


def _ingress(resource: Resource) -> Iterator[str]:
    names = [resource.at("spec", "ingressClassName")]
    names.append(resource.mapping("metadata", "annotations").get("kubernetes.io/ingress.class"))
    if not _stays_inside(resource) and not _internal_class(names):
        yield "an Ingress that neither its class nor an annotation keeps inside"


def _gateway(resource: Resource) -> Iterator[str]:
    if resource.group not in {"gateway.networking.k8s.io", "networking.istio.io"}:
        return
    own = resource.mapping("spec", "infrastructure", "annotations")
    inside = any(_says_internal(key, value) for key, value in own.items())
    if (
        not inside
        and not _stays_inside(resource)
        and not _internal_class([resource.at("spec", "gatewayClassName")])
    ):
        yield "a Gateway that neither its class nor an annotation keeps inside"


def _inference_service(resource: Resource) -> Iterator[str]:
    labels = resource.at("metadata", "labels")
    if labels is not UNKNOWN and resource.mapping("metadata", "labels").get(_VISIBILITY) != "cluster-local":
        yield f"{_VISIBILITY} is not cluster-local: KServe gives it an address outside"


def _stays_inside(resource: Resource) -> bool:
    found = resource.at("metadata", "annotations")
    if found is UNKNOWN:
        return True
    return any(
        _says_internal(key, value) for key, value in resource.mapping("metadata", "annotations").items()
    )


def _says_internal(key: str, value: Any) -> bool:
    return key in _INTERNAL and str(value).lower() == _INTERNAL[key]


def _internal_class(names: list[Any]) -> bool:
    return any(
        name is UNKNOWN or (isinstance(name, str) and name.endswith(_INTERNAL_CLASSES)) for name in names
    )


def _bucket_block(resource: Resource) -> Iterator[str]:
    for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"):
        value = resource.at(key)
        if value is not UNKNOWN and not value:
            yield f"{key} is not true"


def _acl(resource: Resource) -> Iterator[str]:
    if str(resource.at("acl") or "").startswith("public-"):
        yield f"acl is {resource.at('acl')}"


def _google_bucket(resource: Resource) -> Iterator[str]:
    value = resource.at("publicAccessPrevention")
    if value is not UNKNOWN and value != "enforced":
        yield "publicAccessPrevention is not enforced"


def _google_acl(resource: Resource) -> Iterator[str]:
    for entity in strings([resource.at("entity"), resource.at("member"), *resource.items("members")]):
        if entity in {"allUsers", "allAuthenticatedUsers"}:
            yield f"{entity} may reach it"


def _load_balancer(resource: Resource) -> Iterator[str]:
    internal = resource.at("internal")
    if internal is not UNKNOWN and not internal:
        yield "internal is not true"


def _forwarding_rule(resource: Resource) -> Iterator[str]:
    # Google's default is EXTERNAL; a rule of Private Service Connect has an empty one.
    scheme = resource.at("loadBalancingScheme")
    if scheme is not UNKNOWN and (scheme is None or str(scheme).startswith("EXTERNAL")):
        yield f"loadBalancingScheme is {scheme or 'not set, so EXTERNAL'}"


def _security_group(resource: Resource) -> Iterator[str]:
    for index, rule in enumerate(resource.items("ingress")):
        if isinstance(rule, Mapping):
            ranges = [
                found
                for key in ("cidrBlocks", "ipv6CidrBlocks")
                for found in resource.list_of(rule, key, f"ingress[{index}]")
            ]
            yield from (f"ingress[{index}] lets {cidr} in" for cidr in ranges if everywhere(cidr))


def _security_rule(resource: Resource) -> Iterator[str]:
    if resource.type.endswith(":SecurityGroupRule") and resource.at("type") == "egress":
        return
    ranges = [*resource.items("cidrBlocks"), *resource.items("ipv6CidrBlocks")]
    ranges += [resource.at("cidrIpv4"), resource.at("cidrIpv6")]
    yield from (f"lets {cidr} in" for cidr in ranges if cidr and everywhere(cidr))


def _firewall(resource: Resource) -> Iterator[str]:
    if resource.at("direction") == "EGRESS" or resource.at("disabled") or not resource.items("allows"):
        return
    ranges = resource.at("sourceRanges")
    narrowed = [resource.at(key) for key in ("sourceTags", "sourceServiceAccounts")]
    if ranges is None and not any(value or value is UNKNOWN for value in narrowed):
        yield "sourceRanges is not set: everybody gets in"
    for cidr in filter(everywhere, resource.items("sourceRanges")):
        yield f"lets {cidr} in"


def _subnet(resource: Resource) -> Iterator[str]:
    if resource.at("mapPublicIpOnLaunch"):
        yield "mapPublicIpOnLaunch is true: what starts here is on the Internet"


def _google_nodes(resource: Resource) -> Iterator[str]:
    private = resource.at("networkConfig", "enablePrivateNodes")
    if private is False:
        yield "networkConfig.enablePrivateNodes is false: its nodes are on the Internet"


def _bucket_policy(resource: Resource) -> Iterator[str]:
    listed = document(resource, "policy", resource.at("policy")).get("Statement")
    for statement in listed if isinstance(listed, list) else [listed]:
        if not isinstance(statement, Mapping) or statement.get("Condition"):
            continue
        anybody = statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        if statement.get("Effect") == "Allow" and anybody:
            yield "its policy lets anybody in"


_Look = Callable[[Resource], Iterator[str]]
_LOOKS: Mapping[str, _Look] = MappingProxyType(
    {
        "aws:eks/cluster:Cluster": _eks,
        "gcp:container/cluster:Cluster": _gke,
        "gcp:container/nodePool:NodePool": _google_nodes,
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _bucket_block,
        "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock": _bucket_block,
        "aws:s3/bucket:Bucket": _acl,
        "aws:s3/bucketV2:BucketV2": _acl,
        "aws:s3/bucketAcl:BucketAcl": _acl,
        "aws:s3/bucketAclV2:BucketAclV2": _acl,
        "aws:s3/bucketPolicy:BucketPolicy": _bucket_policy,
        "gcp:storage/bucket:Bucket": _google_bucket,
        "gcp:storage/bucketAccessControl:BucketAccessControl": _google_acl,
        "gcp:storage/bucketIAMMember:BucketIAMMember": _google_acl,
        "gcp:storage/bucketIAMBinding:BucketIAMBinding": _google_acl,
        "aws:lb/loadBalancer:LoadBalancer": _load_balancer,
        "aws:alb/loadBalancer:LoadBalancer": _load_balancer,
        "aws:elb/loadBalancer:LoadBalancer": _load_balancer,
        "aws:ec2/subnet:Subnet": _subnet,
        "aws:ec2/securityGroup:SecurityGroup": _security_group,
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _security_group,
        "aws:ec2/securityGroupRule:SecurityGroupRule": _security_rule,
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _security_rule,
        "gcp:compute/firewall:Firewall": _firewall,
        "gcp:compute/forwardingRule:ForwardingRule": _forwarding_rule,
        "gcp:compute/globalForwardingRule:GlobalForwardingRule": _forwarding_rule,
    }
)
_KINDS: Mapping[str, _Look] = MappingProxyType(
    {
        "Service": _service,
        "Ingress": _ingress,
        "Gateway": _gateway,
        "InferenceService": _inference_service,
    }
)

RULE = Rule(
    "no-public-endpoint",
    "API servers, load balancers, Ingresses, Gateways, endpoints, buckets and ports are reached from "
    "known networks "
    f"only; a range wider than /{WIDEST_PREFIX} is everybody",
    "What everybody reaches, everybody tries",
    "Keep it inside with the annotation or property that the message names, or list the networks that "
    "need it",
    GateLevel.MANDATORY,
    on_resource=no_public_endpoint,
)

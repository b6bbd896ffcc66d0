"""What a preview shows of things that others reach from now on: APIs, services, buckets, firewalls."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_network

from .danger_finding import Finding
from .danger_scene import Scene, at, described_at, entries, finding_on, texts
from .model import Grade
from .preview import Op, ResourceChange
from .stateful_types import without_version

Inputs = Mapping[str, object]
_Exposure = tuple[Grade, str]
"""How bad, and the properties that say so."""

_ANYWHERE = 8
"""A network with a shorter prefix is the internet by any measure."""
_INTERNAL = {
    "service.beta.kubernetes.io/aws-load-balancer-scheme": {"internal"},
    "service.beta.kubernetes.io/aws-load-balancer-internal": {"true", "0.0.0.0/0"},
    "networking.gke.io/load-balancer-type": {"Internal"},
    "cloud.google.com/load-balancer-type": {"Internal"},
    "service.beta.kubernetes.io/azure-load-balancer-internal": {"true"},
}
"""Annotations that keep a load balancer inside, with their values."""
_EVERYBODY = {"allUsers", "allAuthenticatedUsers"}
_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def exposures(scene: Scene) -> Iterator[Finding]:
    """Whatever is more open after the change than before."""
    for change in scene.preview.resources:
        rule, find = _RULES.get(without_version(change.type), (None, None))
        if rule is None and change.type.startswith("gcp:") and "IAM" in change.type:
            rule, find = "public-bucket", _everybody
        if rule is None or find is None or change.op not in {Op.CREATE, Op.UPDATE, Op.REPLACE}:
            continue
        new = find(change.after)
        old = find(change.before) if change.before else None
        if new and (old is None or list(Grade).index(new[0]) < list(Grade).index(old[0])):
            yield _told(scene, change, rule, *new)
    yield from _unblocked(scene)


def anywhere(network: str) -> bool:
    """Whether a network holds a good part of all addresses."""
    try:
        return ip_network(network, strict=False).prefixlen < _ANYWHERE
    except ValueError:
        return False


def _told(
    scene: Scene, change: ResourceChange, rule: str, grade: Grade, why: str, *, what: str | None = None
) -> Finding:
    whose = scene.owner(change)
    who = "everybody" if grade in {Grade.HIGH, Grade.CRITICAL} else "more than before"
    texts_of = {
        "public-endpoint": f"the API of {whose.name} is reachable by {who}",
        "public-service": f"{whose.name} is reachable from outside the cluster by {who}",
        "public-bucket": f"{whose.name} is open to everybody",
        "open-firewall": f"{whose.name} lets every address in",
    }
    return finding_on(
        scene,
        change,
        rule,
        f"{whose.name} {what}" if what else texts_of[rule],
        why,
        grade=grade,
        place=described_at(scene, whose),
    )


def _eks(inputs: Inputs) -> _Exposure | None:
    # EKS's own defaults: a public endpoint, open to every address.
    if at(inputs, "vpcConfig.endpointPublicAccess") is False:
        return None
    cidrs = texts(at(inputs, "vpcConfig.publicAccessCidrs")) or ["0.0.0.0/0"]
    return _networks(cidrs, "vpcConfig.endpointPublicAccess: true; publicAccessCidrs")


def _gke(inputs: Inputs) -> _Exposure | None:
    if at(inputs, "privateClusterConfig.enablePrivateEndpoint") is True:
        return None
    listed = at(inputs, "masterAuthorizedNetworksConfig.cidrBlocks")
    cidrs = [str(block.get("cidrBlock")) for block in entries(listed)]
    if at(inputs, "masterAuthorizedNetworksConfig") is None:
        cidrs = ["0.0.0.0/0"]
    if not cidrs:
        return None
    return _networks(
        cidrs, "privateClusterConfig.enablePrivateEndpoint: false; masterAuthorizedNetworksConfig"
    )


def _networks(cidrs: list[str], property_path: str) -> _Exposure:
    grade = Grade.HIGH if any(map(anywhere, cidrs)) else Grade.MEDIUM
    return grade, f"{property_path}: {', '.join(cidrs[:4])}"


def _service(inputs: Inputs) -> _Exposure | None:
    if at(inputs, "spec.type") != "LoadBalancer" or _internal(inputs):
        return None
    ranges = texts(at(inputs, "spec.loadBalancerSourceRanges"))
    if ranges and not any(map(anywhere, ranges)):
        return Grade.MEDIUM, f"spec.type: LoadBalancer for {', '.join(ranges[:4])}"
    return Grade.HIGH, "spec.type: LoadBalancer, and no annotation that keeps it inside"


def _internal(inputs: Inputs) -> bool:
    annotations = at(inputs, "metadata.annotations")
    if not isinstance(annotations, Mapping):
        return False
    return any(str(annotations.get(name)) in values for name, values in _INTERNAL.items())


def _ingress(inputs: Inputs) -> _Exposure | None:
    annotations = at(inputs, "metadata.annotations")
    notes = annotations if isinstance(annotations, Mapping) else {}
    name = str(at(inputs, "spec.ingressClassName") or notes.get("kubernetes.io/ingress.class") or "")
    scheme = notes.get("alb.ingress.kubernetes.io/scheme")
    if scheme == "internet-facing" or name == "gce":
        return Grade.HIGH, f"ingress class {name or 'alb'}, scheme {scheme or 'external'}"
    if scheme == "internal" or name in {"alb", "gce-internal"} or "internal" in name:
        return None
    return Grade.MEDIUM, f"ingress class {name or 'of the cluster'}: its controller decides who reaches it"


def _gateway(inputs: Inputs) -> _Exposure | None:
    name = str(at(inputs, "spec.gatewayClassName") or "")
    if "internal" in name or "rilb" in name or _internal(inputs) or name in {"istio-waypoint"}:
        return None
    if "external" in name or name in {"gke-l7-gxlb", "gke-l7-global-external-managed"}:
        return Grade.HIGH, f"spec.gatewayClassName: {name}"
    return Grade.MEDIUM, f"spec.gatewayClassName: {name}: its controller decides who reaches it"


def _inference_service(inputs: Inputs) -> _Exposure | None:
    labels = at(inputs, "metadata.labels")
    inside = isinstance(labels, Mapping) and labels.get("networking.kserve.io/visibility") == "cluster-local"
    return None if inside else (Grade.MEDIUM, "no label networking.kserve.io/visibility: cluster-local")


def _everybody(inputs: Inputs) -> _Exposure | None:
    members = {*texts(inputs.get("member")), *texts(inputs.get("members"))} & _EVERYBODY
    return (Grade.CRITICAL, f"{inputs.get('role')} for {', '.join(sorted(members))}") if members else None


def _acl(inputs: Inputs) -> _Exposure | None:
    acl = str(inputs.get("acl") or "")
    return (Grade.CRITICAL, f"acl: {acl}") if acl.startswith("public-") else None


def _bucket_policy(inputs: Inputs) -> _Exposure | None:
    for statement in statements(inputs.get("policy")):
        principal = statement.get("Principal")
        listed = principal.get("AWS") if isinstance(principal, Mapping) else principal
        if statement.get("Effect") == "Allow" and "*" in texts(listed) and not statement.get("Condition"):
            return Grade.CRITICAL, f"policy: Allow {', '.join(texts(statement.get('Action'))[:3])} to *"
    return None


def statements(policy: object) -> list[Mapping[str, object]]:
    """The statements of an IAM policy, which is a text or a mapping; none of what is no policy."""
    if isinstance(policy, str):
        try:
            policy = json.loads(policy)
        except ValueError:
            return []
    found = policy.get("Statement") if isinstance(policy, Mapping) else None
    return [found] if isinstance(found, Mapping) else entries(found)


def _security_group(inputs: Inputs) -> _Exposure | None:
    return next(filter(None, map(_rule_in, entries(inputs.get("ingress")))), None)


def _rule_in(inputs: Inputs) -> _Exposure | None:
    if inputs.get("type") == "egress":
        return None
    networks = [
        *texts(inputs.get("cidrBlocks")),
        *texts(inputs.get("ipv6CidrBlocks")),
        *texts(inputs.get("cidrIpv4")),
        *texts(inputs.get("cidrIpv6")),
    ]
    wide = [network for network in networks if anywhere(network)]
    ports = (
        f"ports {inputs.get('fromPort')}-{inputs.get('toPort')}" if inputs.get("fromPort") else "all ports"
    )
    return (Grade.HIGH, f"{', '.join(wide)} on {ports}") if wide else None


def _firewall(inputs: Inputs) -> _Exposure | None:
    if inputs.get("direction") == "EGRESS" or inputs.get("disabled") is True or not inputs.get("allows"):
        return None
    wide = [network for network in texts(inputs.get("sourceRanges")) if anywhere(network)]
    return (Grade.HIGH, f"sourceRanges: {', '.join(wide)}") if wide else None


def _load_balancer(inputs: Inputs) -> _Exposure | None:
    return None if inputs.get("internal") is True else (Grade.HIGH, "internal: false")


def _unblocked(scene: Scene) -> Iterator[Finding]:
    """Buckets that stay while what kept the public out goes."""
    for change in scene.preview.resources:
        why = None
        if change.type == "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":
            if change.op is Op.DELETE and not _bucket_goes(scene, change):
                why = "the block of public access is deleted"
            gone = [
                name
                for name in _BLOCKS
                if change.before.get(name) is True and change.after.get(name) is not True
            ]
            if change.op in {Op.UPDATE, Op.REPLACE} and gone:
                why = f"{', '.join(gone)}: true → false"
        elif change.type == "gcp:storage/bucket:Bucket" and change.op is Op.UPDATE:
            old, new = (side.get("publicAccessPrevention") for side in (change.before, change.after))
            if old == "enforced" and new != "enforced":
                why = f"publicAccessPrevention: enforced → {new or 'inherited'}"
        if why:
            yield _told(scene, change, "public-bucket", Grade.HIGH, why, what="keeps the public out no more")


def _bucket_goes(scene: Scene, change: ResourceChange) -> bool:
    buckets = [
        other
        for other in scene.preview.resources
        if other.type in {"aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"}
        if other.urn in change.dependencies or other.parent == change.parent
    ]
    return any(bucket.op is Op.DELETE for bucket in buckets)


_RULES: Mapping[str, tuple[str, Callable[[Inputs], _Exposure | None]]] = {
    "aws:eks/cluster:Cluster": ("public-endpoint", _eks),
    "gcp:container/cluster:Cluster": ("public-endpoint", _gke),
    "kubernetes:core:Service": ("public-service", _service),
    "kubernetes:networking.k8s.io:Ingress": ("public-service", _ingress),
    "kubernetes:gateway.networking.k8s.io:Gateway": ("public-service", _gateway),
    "kubernetes:serving.kserve.io:InferenceService": ("public-service", _inference_service),
    "aws:lb/loadBalancer:LoadBalancer": ("public-service", _load_balancer),
    "aws:s3/bucketAcl:BucketAcl": ("public-bucket", _acl),
    "aws:s3/bucketAclV2:BucketAclV2": ("public-bucket", _acl),
    "aws:s3/bucketPolicy:BucketPolicy": ("public-bucket", _bucket_policy),
    "aws:ec2/securityGroup:SecurityGroup": ("open-firewall", _security_group),
    "aws:ec2/securityGroupRule:SecurityGroupRule": ("open-firewall", _rule_in),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ("open-firewall", _rule_in),
    "gcp:compute/firewall:Firewall": ("open-firewall", _firewall),
}

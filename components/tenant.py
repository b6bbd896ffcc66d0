"""A team's namespace, safe by default."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pydantic import BaseModel, ConfigDict, Field

from .args import parsed
from .kserve_names import SERVED_LABEL
from .names import Name
from .objects import kubernetes_object
from .pod_security import PodSecurity
from .tag_values import kubernetes_value

TEAM_LABEL = "ai-platform/team"
COST_CENTER_LABEL = "ai-platform/cost-center"
_VERBS = ["get", "list", "watch", "create", "update", "patch", "delete"]


class TenantSpec(BaseModel):
    """A team's namespace and who may work in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    team: Name
    """Name of the team; also of its namespace."""
    group: str
    """Group of the identity provider whose members may work in the namespace."""
    cost_center: str | None = None
    """Label for the bill. Default: none."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Further cost labels of its objects. Default: none."""
    pod_security: PodSecurity = PodSecurity.RESTRICTED
    """Pod Security level that the namespace enforces; warnings stay at restricted. Default: restricted."""


class Tenant(pulumi.ComponentResource):
    """Namespace with Pod Security ``restricted``, default limits, a default-deny network and team rights.

    Another level only where it is asked for. It makes no queue: see ``TeamQueue``. Rights reach the namespace
    only and name no wildcard.
    """

    namespace: pulumi.Output[str]
    """Name of the namespace."""

    def __init__(
        self, name: str, args: TenantSpec | Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ai-platform:index:Tenant", name, {}, opts)
        spec = parsed("Tenant", name, TenantSpec, args)

        namespace = kubernetes_object(
            f"{name}-namespace", namespace_manifest(spec), pulumi.ResourceOptions(parent=self)
        )
        inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        for role, manifest in namespaced_manifests(spec).items():
            kubernetes_object(f"{name}-{role}", manifest, inside)

        self.namespace = pulumi.Output.from_input(spec.team)
        self.register_outputs({"namespace": self.namespace})


def namespace_manifest(spec: TenantSpec) -> dict[str, Any]:
    """The namespace itself."""
    levels = {"enforce": spec.pod_security, "warn": PodSecurity.RESTRICTED, "audit": PodSecurity.RESTRICTED}
    security = {f"pod-security.kubernetes.io/{mode}": level.value for mode, level in levels.items()}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": spec.team, "labels": {**_labels(spec), **security}},
    }


def namespaced_manifests(spec: TenantSpec) -> dict[str, dict[str, Any]]:
    """What lies in the namespace, by role."""
    return {
        "limits": _object(spec, "v1", "LimitRange", "defaults", {"limits": [_CONTAINER_DEFAULTS]}),
        "object-quota": _object(spec, "v1", "ResourceQuota", "objects", {"hard": _OBJECTS}),
        "deny-all": _policy(spec, "deny-all", {"policyTypes": ["Ingress", "Egress"]}),
        "allow-dns": _policy(
            spec, "allow-dns", {"policyTypes": ["Egress"], "egress": [{"to": [_DNS], "ports": _ports(53)}]}
        ),
        "allow-team": _policy(
            spec,
            "allow-team",
            {
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [{"from": [{"podSelector": {}}]}],
                "egress": [{"to": [{"podSelector": {}}]}],
            },
        ),
        "allow-weights": _policy(
            spec,
            "allow-weights",
            {
                "podSelector": {"matchExpressions": [{"key": SERVED_LABEL, "operator": "Exists"}]},
                "policyTypes": ["Egress"],
                "egress": [{"ports": [{"port": 443, "protocol": "TCP"}]}],
            },
        ),
        "role": {
            **_object(spec, "rbac.authorization.k8s.io/v1", "Role", "team", None),
            "rules": [
                {"apiGroups": groups, "resources": resources, "verbs": verbs}
                for groups, resources, verbs in _RULES
            ],
        },
        "role-binding": {
            **_object(spec, "rbac.authorization.k8s.io/v1", "RoleBinding", "team", None),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "team"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": spec.group}],
        },
    }


_CONTAINER_DEFAULTS = {
    "type": "Container",
    "default": {"cpu": "1", "memory": "2Gi"},
    "defaultRequest": {"cpu": "100m", "memory": "256Mi"},
}
# No load balancers and node ports: what leaves the cluster goes through the gateway.
_OBJECTS = {
    "pods": "2000",
    "count/jobs.batch": "1000",
    "services.loadbalancers": "0",
    "services.nodeports": "0",
}
_DNS = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
}
_RULES = [
    ([""], ["pods", "services", "configmaps", "persistentvolumeclaims"], _VERBS),
    ([""], ["pods/log", "events", "resourcequotas", "limitranges"], ["get", "list", "watch"]),
    (["batch"], ["jobs"], _VERBS),
    (["serving.kserve.io"], ["inferenceservices"], _VERBS),
    (["kueue.x-k8s.io"], ["localqueues", "workloads"], ["get", "list", "watch"]),
]


def _labels(spec: TenantSpec) -> dict[str, str]:
    return (
        spec.labels
        | {TEAM_LABEL: spec.team}
        | ({COST_CENTER_LABEL: kubernetes_value(spec.cost_center)} if spec.cost_center else {})
    )


def _ports(port: int) -> list[dict[str, Any]]:
    return [{"port": port, "protocol": protocol} for protocol in ("UDP", "TCP")]


def _policy(spec: TenantSpec, name: str, body: dict[str, Any]) -> dict[str, Any]:
    return _object(spec, "networking.k8s.io/v1", "NetworkPolicy", name, {"podSelector": {}, **body})


def _object(
    spec: TenantSpec, version: str, kind: str, name: str, body: dict[str, Any] | None
) -> dict[str, Any]:
    metadata = {"name": name, "namespace": spec.team, "labels": _labels(spec)}
    manifest = {"apiVersion": version, "kind": kind, "metadata": metadata}
    return manifest if body is None else {**manifest, "spec": body}

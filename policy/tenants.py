"""Every team's namespace starts closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..components.gates_spec import GateLevel
from ..components.tenant import TEAM_LABEL
from .look import UNKNOWN, Resource, of_type, strings
from .rule import Finding, Rule, Setting, Settings

_NAMESPACE = "kubernetes:core/v1:Namespace"
_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"


def network_policy(resources: Sequence[Resource], settings: Settings) -> Iterator[Finding]:
    """Namespaces of teams without a policy that denies everything that no other one allows."""
    label = str(settings.get("label", TEAM_LABEL))
    closed: dict[str, set[str]] = {}
    for policy in of_type(resources, _POLICY):
        closed.setdefault(str(policy.at("metadata", "namespace")), set()).update(_denied(policy))
    for namespace in of_type(resources, _NAMESPACE):
        if label not in namespace.mapping("metadata", "labels"):
            continue
        name = namespace.at("metadata", "name")
        if name is UNKNOWN:
            continue
        if missing := sorted({"Ingress", "Egress"} - closed.get(str(name), set())):
            yield Finding(
                f"no NetworkPolicy denies all {' and '.join(missing).lower()} by default",
                namespace.urn,
                namespace.name,
            )


def _denied(policy: Resource) -> set[str]:
    selector = policy.at("spec", "podSelector")
    if selector is UNKNOWN or any(policy.mapping("spec", "podSelector").values()):
        return set()
    if isinstance(selector, Mapping) and UNKNOWN in selector.values():
        return set()
    types = strings(policy.items("spec", "policyTypes")) or ["Ingress"]
    return {kind for kind in types if not policy.items("spec", kind.lower())}


RULE = Rule(
    "network-policy",
    "Each team's namespace has a NetworkPolicy for all its pods that denies ingress and egress by default",
    "Without one every pod reaches every other, and every metadata service",
    "Make the namespace with `Tenant`, or add a policy with an empty podSelector, both policyTypes and "
    "no rules",
    GateLevel.MANDATORY,
    on_stack=network_policy,
    settings={
        "label": Setting(
            {"type": "string"}, f"Label that makes a namespace a team's. Default: `{TEAM_LABEL}`"
        )
    },
)

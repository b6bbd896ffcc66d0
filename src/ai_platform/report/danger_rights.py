"""What a preview shows of rights that become wider: IAM, RBAC, network policies, Pod Security."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .danger_exposure import statements
from .danger_finding import Finding, finding
from .danger_scene import Scene, at, entries, finding_on, texts
from .model import Grade
from .preview import Op, ResourceChange
from .stateful_types import without_version

Inputs = Mapping[str, object]

_ANYBODY = {"system:anonymous", "system:unauthenticated", "system:authenticated"}
_EVERY_POD = "system:serviceaccounts"
_ADMIN_POLICIES = ("/AdministratorAccess", "/PowerUserAccess", "/IAMFullAccess")
_ADMIN_ROLES = {"roles/owner", "roles/editor"}
_POLICIES = {
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
}
_LEVELS = ("restricted", "baseline", "privileged")
_ENFORCE = "pod-security.kubernetes.io/enforce"


def rights(scene: Scene) -> Iterator[Finding]:
    """Identities with more rights than before. A stack that is new has none to compare with."""
    if scene.fresh:
        return
    for change in scene.preview.resources:
        if change.op not in {Op.CREATE, Op.UPDATE, Op.REPLACE}:
            continue
        old, new = _wide(change, change.before), _wide(change, change.after)
        more = sorted(new.keys() - old.keys())
        if not more:
            continue
        anybody = Grade.CRITICAL in (new[text] for text in more)
        whose = scene.owner(change)
        yield finding_on(
            scene,
            change,
            "anonymous-access" if anybody else "rights-widened",
            f"{whose.name} gives rights to people who were not signed in, or to all who are"
            if anybody
            else f"{whose.name} gives more rights than a task needs",
            "; ".join(more[:3]),
            grade=None if anybody else min((new[text] for text in more), key=list(Grade).index),
        )


def network_policies(scene: Scene) -> Iterator[Finding]:
    """Network policies that go or let everything pass, in namespaces that stay."""
    gone = {
        str(at(change.before, "metadata.name"))
        for change in scene.preview.resources
        if change.type == "kubernetes:core/v1:Namespace" and change.op is Op.DELETE
    }
    for change in scene.preview.resources:
        if without_version(change.type) != "kubernetes:networking.k8s.io:NetworkPolicy":
            continue
        whose = scene.owner(change)
        if change.op is Op.DELETE and str(at(change.before, "metadata.namespace")) not in gone:
            rule, why = "network-policy-removed", "the program no longer makes it"
        elif change.op in {Op.UPDATE, Op.REPLACE} and (wider := _open(change.after) - _open(change.before)):
            rule, why = "network-policy-widened", ", ".join(sorted(wider))
        else:
            continue
        namespace = at(change.before, "metadata.namespace")
        yield finding(
            rule,
            change.urn,
            f"network policy {at(change.before, 'metadata.name')} of namespace {namespace} "
            + ("goes, and what it held back passes" if change.op is Op.DELETE else "lets everybody pass"),
            why,
            within=(whose.root, *whose.within),
            stack=scene.stack,
            change=change,
        )


def pod_security(scene: Scene) -> Iterator[Finding]:
    """Namespaces whose Pod Security level is lowered."""
    for change in scene.preview.resources:
        if change.type != "kubernetes:core/v1:Namespace" or change.op not in {Op.UPDATE, Op.REPLACE}:
            continue
        old, new = (_level(inputs) for inputs in (change.before, change.after))
        if new <= old:
            continue
        yield finding_on(
            scene,
            change,
            "pod-security-lowered",
            f"pods of namespace {at(change.after, 'metadata.name')} may do more to their node than before",
            f"{_ENFORCE}: {_LEVELS[old]} → {_LEVELS[new]}",
        )


def _wide(change: ResourceChange, inputs: Inputs) -> dict[str, Grade]:
    """Rights that are wider than any task needs, each as a reader sees it."""
    token = without_version(change.type)
    if change.type == "aws:iam/role:Role":
        return dict.fromkeys(_trusted(inputs.get("assumeRolePolicy")), Grade.CRITICAL)
    if change.type in _POLICIES:
        return dict.fromkeys(_statements(inputs.get("policy")), Grade.HIGH)
    if token.startswith("kubernetes:rbac.authorization.k8s.io:"):
        return _rbac(token.rpartition(":")[2], inputs)
    if change.type.endswith("PolicyAttachment"):
        arn = str(inputs.get("policyArn") or "")
        return {f"policyArn: {arn}": Grade.HIGH} if arn.endswith(_ADMIN_POLICIES) else {}
    if change.type == "aws:eks/accessPolicyAssociation:AccessPolicyAssociation":
        arn = str(inputs.get("policyArn") or "")
        if "ClusterAdminPolicy" not in arn:
            return {}
        return {f"{arn.rpartition('/')[2]} for {inputs.get('principalArn')}": Grade.MEDIUM}
    if change.type.startswith("gcp:") and "IAM" in change.type and str(inputs.get("role")) in _ADMIN_ROLES:
        members = [*texts(inputs.get("member")), *texts(inputs.get("members"))]
        return {f"{inputs['role']} for {member}": Grade.HIGH for member in members}
    return {}


def _statements(policy: object) -> Iterator[str]:
    for statement in statements(policy):
        if statement.get("Effect") != "Allow" or "*" not in texts(statement.get("Resource")):
            continue
        for action in texts(statement.get("Action")):
            if action == "*" or action.endswith(":*"):
                yield f"Allow {action} on *"


def _trusted(policy: object) -> Iterator[str]:
    """Who may take a role, where that is everybody."""
    for statement in statements(policy):
        principal = statement.get("Principal")
        listed = principal.get("AWS") if isinstance(principal, Mapping) else principal
        if statement.get("Effect") == "Allow" and "*" in texts(listed) and not statement.get("Condition"):
            yield "every account of AWS may take the role"


def _rbac(kind: str, inputs: Inputs) -> dict[str, Grade]:
    found: dict[str, Grade] = {}
    if kind in {"ClusterRole", "Role"}:
        for rule in entries(inputs.get("rules")):
            verbs, resources = texts(rule.get("verbs")), texts(rule.get("resources"))
            if "*" in verbs and "*" in resources and "*" in texts(rule.get("apiGroups")):
                found[f"{kind}: every verb on every resource"] = Grade.HIGH
    else:
        role = str(at(inputs, "roleRef.name") or "")
        for subject in entries(inputs.get("subjects")):
            name = str(subject.get("name") or "")
            if name in _ANYBODY:
                found[f"{role} for {name}"] = Grade.CRITICAL
            elif name == _EVERY_POD:
                found[f"{role} for {name}, which is every pod"] = Grade.HIGH
            elif role == "cluster-admin":
                found[f"cluster-admin for {name}"] = Grade.MEDIUM
    return found


def _open(inputs: Inputs) -> set[str]:
    """Directions in which a policy lets everything pass, or of which it no longer speaks."""
    spec = at(inputs, "spec")
    if not isinstance(spec, Mapping):
        return set()
    found = set()
    kinds = texts(spec.get("policyTypes")) or ["Ingress"]
    for kind, peers in (("ingress", "from"), ("egress", "to")):
        rules = spec.get(kind)
        open_rules = [rule for rule in entries(rules) if not rule.get(peers) and not rule.get("ports")]
        world = [
            entries(rule.get("ports"))
            for rule in entries(rules)
            for peer in entries(rule.get(peers))
            if str(at(peer, "ipBlock.cidr")) in {"0.0.0.0/0", "::/0"}
        ]
        if kind.capitalize() not in kinds:
            found.add(f"policyTypes without {kind.capitalize()}")
        if open_rules or any(not ports for ports in world):
            found.add(f"{kind} {'from' if kind == 'ingress' else 'to'} everywhere")
        elif world:
            ports = ", ".join(sorted({str(port.get("port")) for listed in world for port in listed}))
            found.add(f"{kind} {'from' if kind == 'ingress' else 'to'} everywhere on {ports}")
    return found


def _level(inputs: Inputs) -> int:
    """The enforced level as a number; a namespace without one allows everything."""
    labels = at(inputs, "metadata.labels")
    level = labels.get(_ENFORCE) if isinstance(labels, Mapping) else None
    return _LEVELS.index(level) if level in _LEVELS else len(_LEVELS) - 1

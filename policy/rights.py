"""Rights: nobody may do everything, and nothing is given to everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from ..components.gates_spec import GateLevel
from .look import UNKNOWN, Resource, document, strings
from .rule import Rule, Settings

_POLICIES = {
    "aws:iam/policy:Policy": "policy",
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
    "aws:iam/groupPolicy:GroupPolicy": "policy",
    "aws:iam/role:Role": "assumeRolePolicy",
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
    "aws:kms/key:Key": "policy",
    "aws:kms/keyPolicy:KeyPolicy": "policy",
    "aws:sqs/queuePolicy:QueuePolicy": "policy",
    "aws:sns/topicPolicy:TopicPolicy": "policy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy": "policy",
    "aws:ecr/registryPolicy:RegistryPolicy": "policy",
    "aws:s3/bucket:Bucket": "policy",
    "aws:s3/bucketV2:BucketV2": "policy",
    "aws:sqs/queue:Queue": "policy",
    "aws:sns/topic:Topic": "policy",
    "aws:secretsmanager/secret:Secret": "policy",
    "aws:secretsmanager/secretPolicy:SecretPolicy": "policy",
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy": "policy",
    "aws:efs/fileSystemPolicy:FileSystemPolicy": "policy",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "policy",
}
"""Type to the property that holds a policy document."""
_OF_IDENTITIES = {
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
    "aws:iam/role:Role",
}
"""Whose documents say on what; those of a resource mean that resource with ``*``."""
_NARROWING = {"aws:ec2/vpcEndpoint:VpcEndpoint", "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"}
_ANYTHING = re.compile(r"\*[*?]*|(\*+:)+\*+|arn:\*")
"""A pattern of an action or a resource that leaves nothing out."""
_ADMINISTRATORS = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")
_ATTACHED = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "policyArn",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "policyArn",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": "policyArn",
    "aws:iam/policyAttachment:PolicyAttachment": "policyArn",
    "aws:iam/role:Role": "managedPolicyArns",
}
_BASIC_ROLES = {"roles/owner", "roles/editor"}
_EVERYBODY = {"allUsers", "allAuthenticatedUsers"}
_CROWDS = ("system:authenticated", "system:unauthenticated", "system:serviceaccounts")


def no_wildcard_rights(resource: Resource, _: Settings) -> Iterator[str]:
    """Rights on everything, or for everybody, on AWS, Google Cloud and Kubernetes."""
    if resource.type in _POLICIES:
        key = _POLICIES[resource.type]
        yield from _of_document(resource, key, resource.at(key))
        for index, inline in enumerate(resource.items("inlinePolicies")):
            if isinstance(inline, Mapping):
                path = f"inlinePolicies[{index}]"
                own = resource.of(inline, "policy", path)
                yield from _of_document(resource, f"{path}.policy", own)
    if resource.type in _ATTACHED:
        for arn in strings(resource.items(_ATTACHED[resource.type])):
            if arn.rpartition("/")[2] in _ADMINISTRATORS:
                yield f"{arn} gives the rights of an administrator"
    if resource.type.startswith("gcp:"):
        yield from _of_google(resource)
    if resource.group == "rbac.authorization.k8s.io":
        yield from _of_kubernetes(resource)


def _of_document(resource: Resource, path: str, value: Any) -> Iterator[str]:
    for index, statement in enumerate(statements(resource, path, value)):
        if statement.get("Effect") != "Allow":
            continue
        where = f"{path}, statement {statement.get('Sid') or index + 1}"
        actions = strings(statement.get("Action"))
        if any(map(_ANYTHING.fullmatch, actions)) or "NotAction" in statement:
            yield f"{where}: allows every action"
            continue
        everywhere = "NotResource" in statement or any(
            map(_ANYTHING.fullmatch, strings(statement.get("Resource")))
        )
        of_identity = resource.type in _OF_IDENTITIES
        for action in actions if everywhere and of_identity else ():
            if action.partition(":")[2][:1] in {"*", "?"} or fnmatchcase("iam:passrole", action.lower()):
                yield f"{where}: allows {action} on every resource"
        # An endpoint's policy only narrows what identities may do.
        narrows = resource.type in _NARROWING or statement.get("Condition")
        if _anybody(statement.get("Principal")) and not narrows:
            yield f"{where}: lets anybody in"


def statements(resource: Resource, path: str, value: Any) -> list[Mapping[str, Any]]:
    """The statements of a policy document, as a text or as an object."""
    listed = document(resource, path, value).get("Statement")
    listed = listed if isinstance(listed, list) else [listed]
    return [item for item in listed if isinstance(item, Mapping)]


def _anybody(principal: Any) -> bool:
    named = principal.values() if isinstance(principal, Mapping) else [principal]
    return any("*" in strings(item) for item in named)


def _of_google(resource: Resource) -> Iterator[str]:
    if "iAM" in resource.type:
        roles = {str(role) for role in [resource.at("role")] if role}
        members = strings([resource.at("member"), *resource.items("members")])
        data = resource.at("policyData")
        bindings = document(resource, "policyData", data).get("bindings") or []
        for item in bindings if isinstance(bindings, list) else ():
            if isinstance(item, Mapping):
                roles.add(str(item.get("role")))
                members += strings(item.get("members"))
        for role in sorted(roles & _BASIC_ROLES):
            yield f"{role} gives nearly every right in the project"
        for member in sorted(_EVERYBODY & set(members)):
            yield f"{member} is everybody"
    for permission in resource.items("permissions") if "CustomRole" in resource.type else ():
        if "*" in str(permission):
            yield f"permission {permission} has a wildcard"


def _of_kubernetes(resource: Resource) -> Iterator[str]:
    if resource.kind in {"Role", "ClusterRole"}:
        for index, rule in enumerate(resource.items("rules")):
            if not isinstance(rule, Mapping):
                continue
            for key in ("verbs", "resources", "nonResourceURLs"):
                if "*" in resource.list_of(rule, key, f"rules[{index}]"):
                    yield f"rules[{index}].{key} is *"
    elif resource.kind in {"RoleBinding", "ClusterRoleBinding"}:
        role = resource.at("roleRef", "name")
        for subject in resource.items("subjects"):
            kind, name = (
                (subject.get("kind"), subject.get("name")) if isinstance(subject, Mapping) else (None, None)
            )
            if name is UNKNOWN:
                resource.note("subjects")
            elif isinstance(name, str) and name.startswith(_CROWDS):
                yield f"gives {role or 'its rights'} to {name}, which is a crowd"
            elif role == "cluster-admin" and kind == "ServiceAccount":
                # People who administer the cluster are somebody's decision; programs need less.
                yield f"makes the service account {name} an administrator of the cluster"


RULE = Rule(
    "no-wildcard-rights",
    "No AWS policy allows `*`, all of a service everywhere, or lets anybody in; no RBAC rule has `*` as "
    "verb, resource or URL and no program "
    "is cluster-admin; no project has owners, editors, or members who are everybody",
    "Who holds one such right holds all others",
    "Name the actions and the resources; ask for what the program was seen to use",
    GateLevel.MANDATORY,
    on_resource=no_wildcard_rights,
)

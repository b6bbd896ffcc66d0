"""IAM policies of a recording, and what two linters say of them."""

from __future__ import annotations

import json
import sys
import types
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ai_platform.testing import Recording

# What each type keeps its documents under, and whether a document says who may, or what an identity may.
_TRUST, _IDENTITY, _RESOURCE = "trust", "identity", "resource"
_PLACES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "aws:iam/role:Role": (("assumeRolePolicy", _TRUST),),
    "aws:iam/rolePolicy:RolePolicy": (("policy", _IDENTITY),),
    "aws:iam/policy:Policy": (("policy", _IDENTITY),),
    "aws:iam/userPolicy:UserPolicy": (("policy", _IDENTITY),),
    "aws:iam/groupPolicy:GroupPolicy": (("policy", _IDENTITY),),
    "aws:s3/bucketPolicy:BucketPolicy": (("policy", _RESOURCE),),
    "aws:kms/key:Key": (("policy", _RESOURCE),),
    "aws:kms/keyPolicy:KeyPolicy": (("policy", _RESOURCE),),
    "aws:sqs/queue:Queue": (("policy", _RESOURCE),),
    "aws:sqs/queuePolicy:QueuePolicy": (("policy", _RESOURCE),),
    "aws:ec2/vpcEndpoint:VpcEndpoint": (("policy", _RESOURCE),),
}
"""Types that hold a policy document."""

_GRANTS_NEARLY_ALL = ("/AdministratorAccess", "/PowerUserAccess", "FullAccess")
"""Ends of the names of AWS's own policies that no component may attach."""

_GOOGLE_BASIC = {"roles/owner", "roles/editor", "roles/viewer"}


def policies(recording: Recording) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Name of the resource and kind of the document, with the document, for all that a recording holds."""
    for resource in recording.resources:
        for key, kind in _PLACES.get(resource.type, ()):
            document = resource.inputs.get(key)
            if isinstance(document, str):
                yield f"{resource.name}.{key}", kind, json.loads(document)
        for inline in resource.inputs.get("inlinePolicies") or ():
            yield f"{resource.name}.inlinePolicies", _IDENTITY, json.loads(inline["policy"])


def findings(recording: Recording) -> list[str]:
    """One line for each thing that is wrong with a policy or a binding. An empty list is a pass."""
    lines = []
    for name, kind, document in policies(recording):
        lines += [f"{name}: {text}" for text in too_wide(document, kind)]
        if kind == _IDENTITY:
            lines += [f"{name}: parliament: {text}" for text in parliament_says(document)]
    for resource in recording.resources:
        lines += [*_binding(resource), *_attached(resource), *_overlooked(resource)]
    return lines


def too_wide(document: Mapping[str, Any], kind: str) -> Iterator[str]:
    """Wildcards that a policy of ours may not have.

    A statement that denies may say ``*``, and in the policy of a key or a queue it is that one. An identity
    may have actions for which AWS knows no resource, and those that a condition holds to what is ours.
    """
    for statement in _listed(document["Statement"]):
        if statement["Effect"] != "Allow":
            continue
        actions = _listed(statement.get("Action", []))
        resources = _listed(statement.get("Resource", []))
        if "NotAction" in statement or "NotResource" in statement or "NotPrincipal" in statement:
            yield f"allows all but some: {sorted(statement)}"
        if any(action in {"*", "*:*"} for action in actions):
            yield "allows every action"
        open_to_all = statement.get("Principal") in ("*", {"AWS": "*"})
        if open_to_all and "Condition" not in statement:
            yield "lets everybody in"
        if kind == _RESOURCE or "*" not in resources:
            continue
        for action in actions:
            if "*" in action:
                yield f"{action} on every resource"
            elif not _has_no_resource(action) and not _bounded(statement):
                yield f"{action} on every resource, though it can name one"


def parliament_says(document: Mapping[str, Any]) -> list[str]:
    """What parliament finds in a policy of an identity."""
    analysed = _parliament().analyze_policy_string(json.dumps(document))
    return [f"{found.issue} {found.detail}" for found in analysed.findings]


def _binding(resource: Any) -> Iterator[str]:
    if not resource.type.startswith("gcp:") or "role" not in resource.inputs:
        return
    inputs = resource.inputs
    members = [inputs["member"]] if "member" in inputs else inputs.get("members", [])
    if inputs["role"] in _GOOGLE_BASIC:
        yield f"{resource.name}: {inputs['role']} is a basic role, on nearly everything"
    if {"allUsers", "allAuthenticatedUsers"} & set(members):
        yield f"{resource.name}: lets everybody in"


def _attached(resource: Any) -> Iterator[str]:
    inputs = resource.inputs if resource.type.startswith("aws:iam/") else {}
    for arn in [inputs.get("policyArn", ""), *inputs.get("managedPolicyArns", ())]:
        if str(arn).endswith(_GRANTS_NEARLY_ALL):
            yield f"{resource.name}: {arn} allows nearly everything"


def _overlooked(resource: Any) -> Iterator[str]:
    known = {key for key, _ in _PLACES.get(resource.type, ())} | {"inlinePolicies"}
    for key, value in resource.inputs.items():
        if key not in known and '"Statement"' in str(value).replace("\\", ""):
            yield f"{resource.name}: {key} of {resource.type} is a policy that _PLACES lacks"


def _bounded(statement: Mapping[str, Any]) -> bool:
    """Whether conditions on tags, the account or the service hold a statement to what is ours."""
    keys = [key for operator in statement.get("Condition", {}).values() for key in operator]
    bounds = ("aws:ResourceTag/", "aws:RequestTag/", "aws:ResourceAccount", "ec2:ResourceTag/")
    return any(key.startswith(bounds) for key in keys)


def _has_no_resource(action: str) -> bool:
    """Whether AWS knows no resource that the action could be bounded to, by parliament's tables."""
    service, _, name = action.lower().partition(":")
    known = _actions().get((service, name))
    return known is not None and not any(known)


@cache
def _actions() -> dict[tuple[str, str], list[str]]:
    found = {}
    for service in _parliament().iam_definition:
        for privilege in service["privileges"]:
            kinds = [entry["resource_type"] for entry in privilege["resource_types"]]
            found[(service["prefix"], privilege["privilege"].lower())] = kinds
    return found


@cache
def _parliament() -> Any:
    if "pkg_resources" not in sys.modules and find_spec("pkg_resources") is None:
        # It asks for two files by a module that setuptools no longer has.
        stand_in: Any = types.ModuleType("pkg_resources")
        stand_in.resource_filename = _beside
        sys.modules["pkg_resources"] = stand_in
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it leaves these files open
        import parliament
    return parliament


def _beside(package: str, name: str) -> str:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise LookupError(f"{package} is not installed")
    return str(Path(spec.origin).parent / name)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

"""Writes the program that somebody would write by hand with ``pulumi_aws`` for recorded resources."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zlib import crc32

from ai_platform.testing import Recording, Resource, record
from tests.clouds.sdk_types import Fields, Kind, object_fields, resource_type

_MARK = re.compile(r"@@([^@]+)@@([^@]+)@@")
_ARN = re.compile(r"arn:aws:iam::@@([^@]+)@@arn.apply\(account\)@@:(@@\1@@arn@@)")
_HELPERS = """
def account(arn):
    return arn.split(":")[4]


def security_group(config):
    return config.cluster_security_group_id
"""


def by_hand(program: Callable[[], object]) -> tuple[str, str, int]:
    """Imports and body of a program with the resources of ``program``, and how many there are."""
    recording = record(program, outputs=_marks, timeout_s=60)
    resources = _in_order([found for found in recording.resources if found.type.startswith("aws:")])
    # The SDK loads a module when something of it is asked for.
    classes = dict(_place(found.type) for found in resources)
    names = {found.name: f"resource_{number}" for number, found in enumerate(resources)}
    writer = _Writer(names, {found.urn: names[found.name] for found in resources})
    lines = [_provider(recording), *(writer.resource(found) for found in resources)]
    loaded = ", ".join(f"aws.{module}.{cls}" for module, cls in sorted(classes.items()))
    return f"import pulumi_aws as aws\n({loaded})\n{_HELPERS}", "\n".join(lines) + "\n", len(resources)


def _marks(resource: Resource) -> dict[str, Any]:
    """Outputs that say where they come from."""

    def mark(path: str) -> str:
        return f"@@{resource.name}@@{path}@@"

    arn = f"arn:aws:iam::{mark('arn.apply(account)')}:{mark('arn')}"
    found: dict[str, Any] = {"arn": arn, "latestVersion": _version(resource.name)}
    if "name" not in resource.inputs:
        found["name"] = mark("name")
    if resource.type == "aws:eks/cluster:Cluster":
        group = mark("vpc_config.apply(security_group)")
        found |= {
            "endpoint": mark("endpoint"),
            "certificateAuthority": {"data": mark("certificate_authority.data")},
            "vpcConfig": {**resource.inputs["vpcConfig"], "clusterSecurityGroupId": group},
        }
    return found


def _version(name: str) -> int:
    """A version that no other template has, since it must be a number."""
    return 10**9 + crc32(name.encode())


def _in_order(resources: Sequence[Resource]) -> list[Resource]:
    known = {found.urn for found in resources}
    done: dict[str, Resource] = {}
    while len(done) < len(resources):
        ready = [
            found
            for found in resources
            if found.urn not in done and known & set(found.options.depends_on) <= done.keys()
        ]
        assert ready
        done |= {found.urn: found for found in ready}
    return list(done.values())


def _place(token: str) -> tuple[str, str]:
    _, module, cls = token.split(":")
    return module.partition("/")[0], cls


def _provider(recording: Recording) -> str:
    said = recording.only("pulumi:providers:aws").inputs
    return (
        f"provider = aws.Provider('aws', region={said['region']!r}, "
        f"default_tags=aws.ProviderDefaultTagsArgs(tags={dict(_tags(said))!r}), "
        "skip_credentials_validation=True, skip_metadata_api_check=True, skip_requesting_account_id=True)"
    )


def _tags(said: Mapping[str, Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads(said["defaultTags"])["tags"]
    return found


class _Writer:
    """Expressions of a program."""

    def __init__(self, names: Mapping[str, str], urns: Mapping[str, str]) -> None:
        self.names, self.urns = names, urns
        self.versions = {str(_version(name)): name for name in names}
        self.used: set[str] = set()

    def resource(self, found: Resource) -> str:
        """The statement that makes it."""
        self.used = set()
        module, cls = _place(found.type)
        given = self.arguments(found.inputs, resource_type(found.type).inputs)
        before = {self.urns[urn] for urn in found.options.depends_on if urn in self.urns} - self.used
        options = ["provider=provider"]
        if before:
            options.append(f"depends_on=[{', '.join(sorted(before))}]")
        if found.options.protect:
            options.append("protect=True")
        if found.options.ignore_changes:
            options.append(f"ignore_changes={list(found.options.ignore_changes)!r}")
        own = f"opts=pulumi.ResourceOptions({', '.join(options)})"
        arguments = ", ".join([repr(found.name), *given, own])
        return f"{self.names[found.name]} = aws.{module}.{cls}({arguments})"

    def arguments(self, values: Mapping[str, Any], fields: Fields) -> list[str]:
        """Keyword arguments of a class of the SDK."""
        return [
            f"{fields[key].python}={self.value(value, fields[key].kind)}" for key, value in values.items()
        ]

    def value(self, value: Any, kind: Kind) -> str:
        """One value."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            assert kind.of
            of = kind.of
            return f"[{', '.join(self.value(part, of) for part in value)}]"
        if isinstance(value, dict) and kind.name == "object":
            where = kind.folder.replace("/", ".").rstrip(".")
            given = self.arguments(value, object_fields(kind.folder, kind.cls))
            return f"{where}.{kind.cls}({', '.join(given)})"
        if isinstance(value, dict):
            of = kind.of or Kind("any")
            return "{" + ", ".join(f"{key!r}: {self.value(part, of)}" for key, part in value.items()) + "}"
        return repr(int(value) if isinstance(value, float) and value.is_integer() else value)

    def text(self, value: str) -> str:
        """A text, with outputs of other resources in it."""
        if value.endswith("-id") and value[:-3] in self.names:
            return self.named(value[:-3]) + ".id"
        if value in self.versions:
            return self.named(self.versions[value]) + ".latest_version.apply(str)"
        value = _ARN.sub(r"\2", value)
        parts, at = [], 0
        for found in _MARK.finditer(value):
            if found.start() > at:
                parts.append(repr(value[at : found.start()]))
            parts.append(f"{self.named(found[1])}.{found[2]}")
            at = found.end()
        if not parts:
            return repr(value)
        if at < len(value):
            parts.append(repr(value[at:]))
        return parts[0] if len(parts) == 1 else f"pulumi.Output.concat({', '.join(parts)})"

    def named(self, name: str) -> str:
        """The variable of a resource."""
        self.used.add(self.names[name])
        return self.names[name]

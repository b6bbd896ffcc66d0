"""How a resource of the AWS provider becomes calls of boto3: what the tables of each service are made of."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlparse

Values = Mapping[str, Any]
ENDPOINT = "AWS_ENDPOINT_URL"
"""Environment variable with moto's address; the official provider and boto3 follow it too."""


@dataclass
class Aws:
    """Clients of one region, which call nothing but loopback."""

    region: str
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A boto3 client."""
        if service not in self._clients:
            import boto3
            from botocore.config import Config

            address = os.environ.get(ENDPOINT, "")
            assert urlparse(address).hostname == "127.0.0.1", (
                f"{ENDPOINT} must be moto on loopback, not {address}"
            )
            self._clients[service] = boto3.client(
                service,
                endpoint_url=address,
                region_name=self.region,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
            )
        return self._clients[service]

    def arn(self, service: str, resource: str) -> str:
        """An ARN in moto's account."""
        return f"arn:aws:{service}:{self.region}:123456789012:{resource}"


@dataclass(frozen=True)
class Made:
    """What a creation gave."""

    identity: str
    outputs: Values
    """By the names of Pulumi's schema."""


def _no_update(_aws: Aws, _identity: str, _old: Values, _new: Values) -> Values:
    return {}


@dataclass(frozen=True)
class Calls:
    """The calls of one type."""

    create: Callable[[Aws, Values], Made]
    delete: Callable[[Aws, str, Values], None]
    update: Callable[[Aws, str, Values, Values], Values] = _no_update
    """Gives the outputs that it changed."""
    read: Callable[[Aws, str], Values | None] | None = None
    """The tags that are there, as ``tagsAll``; ``None`` for what has gone. Default: it is not looked at."""


class NotMappedError(Exception):
    """A property that no call takes."""


def shaped(
    client: Any,
    operation: str,
    properties: Values,
    renamed: Mapping[str, str] | None = None,
    left_out: Collection[str] = (),
) -> dict[str, Any]:
    """The parameters of an operation from properties in camel case, by botocore's own model of it.

    ``renamed`` gives another name for a property, at any depth. Raises NotMappedError for one that the
    operation lacks, unless ``left_out`` names it: nothing that a component says gets lost on the way.
    """
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
    ignored = {*left_out, "tags", "tagsAll", "region", "__defaults"}
    kept = {name: value for name, value in properties.items() if name not in ignored}
    shape: dict[str, Any] = _shaped(kept, model.input_shape, renamed or {}, operation)
    return shape


def _shaped(value: Any, shape: Any, renamed: Mapping[str, str], path: str) -> Any:
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {name.lower(): name for name in shape.members}
        made = {}
        for name, part in value.items():
            wanted = renamed.get(name, name).lower()
            found = members.get(wanted) or members.get(wanted + "s") or members.get(wanted.removesuffix("s"))
            if not found:
                raise NotMappedError(f"{path}.{name}: the call takes {', '.join(sorted(shape.members))}")
            made[found] = _shaped(part, shape.members[found], renamed, f"{path}.{name}")
        return made
    if shape.type_name == "list":
        parts = value if isinstance(value, list) else [value]
        return [_shaped(part, shape.member, renamed, path) for part in parts]
    if shape.type_name == "boolean" and isinstance(value, str):
        return value == "true"
    return value


def outputs_of(answer: Values, names: Collection[str]) -> dict[str, Any]:
    """What an answer says of the outputs with these names."""
    found = {name.lower(): value for name, value in answer.items()}
    plain = (str, int, bool)
    return {name: found[name.lower()] for name in names if isinstance(found.get(name.lower()), plain)}


def pairs(tags: Values, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Tags as most services take them."""
    return [{key: name, value: said} for name, said in sorted(tags.items())]


def changed_tags(old: Values, new: Values) -> tuple[dict[str, str], list[str]]:
    """Tags to set, and the keys of those to take away."""
    before, after = old.get("tagsAll", {}), new.get("tagsAll", {})
    return {k: v for k, v in after.items() if before.get(k) != v}, [k for k in before if k not in after]

"""Values between Python and the engine's protocol, with marks for what plain Python can't say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

_SIGNATURE = rpc._special_sig_key
_ASSETS = {rpc._special_asset_sig, rpc._special_archive_sig}


class Unknown(Enum):
    """The type of `UNKNOWN`."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN
"""A value that only exists after the deployment."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that the state keeps encrypted. Never shown by ``repr``."""

    value: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, a text or an archive that is uploaded with a resource."""

    kind: str
    """``path``, ``text``, ``uri`` or ``assets``."""
    value: Any


@dataclass(frozen=True, slots=True)
class Reference:
    """Another resource, given whole as an input."""

    urn: str


def plain_fields(struct: struct_pb2.Struct) -> dict[str, Any]:
    return {key: _plain(value) for key, value in struct.fields.items()}


def _plain(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            return _marked(plain_fields(value.struct_value))
        case "list_value":
            return [_plain(item) for item in value.list_value.values]
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value == rpc.UNKNOWN else value.string_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


def _marked(fields: dict[str, Any]) -> Any:
    signature = fields.get(_SIGNATURE)
    if signature == rpc._special_secret_sig:
        return Secret(fields["value"])
    if signature == rpc._special_resource_sig:
        return Reference(fields["urn"])
    if signature in _ASSETS:
        kind, content = next((key, content) for key, content in fields.items() if key != _SIGNATURE)
        return Asset(kind, content)
    return fields


def wire(fields: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update({key: _unmarked(value) for key, value in fields.items()})
    return struct


def _unmarked(value: Any) -> Any:
    if value is UNKNOWN:
        return rpc.UNKNOWN
    if isinstance(value, Secret):
        return {_SIGNATURE: rpc._special_secret_sig, "value": _unmarked(value.value)}
    if isinstance(value, Mapping):
        return {key: _unmarked(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_unmarked(item) for item in value]
    return value

"""Property values between the engine's wire format and plain Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from google.protobuf import struct_pb2

UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
# sdk/python/lib/pulumi/runtime/rpc.py of pulumi 3.246.0 has these five.


class _Unknown:
    def __repr__(self) -> str:
        return "(unknown)"


UNKNOWN: Final = _Unknown()
"""What another resource gives and nobody knows yet."""

Path = tuple[str | int, ...]


def read(struct: struct_pb2.Struct) -> dict[str, Any]:
    """The properties of a request: secrets unwrapped, null left out."""
    return {name: _read(value) for name, value in struct.fields.items() if not _null(value)}


def written(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """The properties of an answer."""
    struct = struct_pb2.Struct()
    struct.update(_written(properties))
    return struct


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every plain value with the way to it. What is empty counts as one."""
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from leaves(part, (*path, name))
    elif isinstance(value, list) and value:
        for number, part in enumerate(value):
            yield from leaves(part, (*path, number))
    else:
        yield path, value


def shown(path: Path) -> str:
    """A path as Pulumi writes it: ``a.b[0]["with/sign"]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.isidentifier():
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text


def has_unknown(value: Any) -> bool:
    """Whether something in it is unknown."""
    return any(leaf is UNKNOWN for _, leaf in leaves(value))


def _null(value: struct_pb2.Value) -> bool:
    return value.WhichOneof("kind") == "null_value"


def _read(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value == UNKNOWN_TEXT else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "list_value":
        return [_read(part) for part in value.list_value.values]
    if kind == "struct_value":
        return _read_struct(value.struct_value)
    return value.bool_value if kind == "bool_value" else None


def _read_struct(struct: struct_pb2.Struct) -> Any:
    fields = struct.fields
    signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
    if signature in (_SECRET, _OUTPUT):
        return _read(fields["value"]) if "value" in fields else UNKNOWN
    if signature == _RESOURCE:
        return _read(fields["id"])
    return read(struct)


def _written(value: Any) -> Any:
    if value is UNKNOWN:
        return UNKNOWN_TEXT
    if isinstance(value, Mapping):
        return {name: _written(part) for name, part in value.items()}
    return [_written(part) for part in value] if isinstance(value, (list, tuple)) else value

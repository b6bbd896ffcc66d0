"""What a resource takes and gives, read from the SDK's source: to load it takes seconds."""

from __future__ import annotations

import ast
import importlib.util
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

SCALARS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}


@dataclass(frozen=True)
class Kind:
    """What a value must be."""

    name: str
    """``string``, ``integer``, ``number``, ``boolean``, ``list``, ``map``, ``object`` or ``any``."""
    of: Kind | None = None
    """What a list or a map holds."""
    folder: str = ""
    """Of an object: the SDK's folder that has its class."""
    cls: str = ""
    """Of an object: its class."""


@dataclass(frozen=True)
class Field:
    """One property."""

    kind: Kind
    required: bool
    """Of an input: must be given. Of an output: the provider always has it."""
    deprecated: str = ""
    """What the SDK says to use in its place."""
    python: str = ""
    """How the SDK's classes spell it."""


Fields = dict[str, Field]


@dataclass(frozen=True)
class ResourceType:
    """A resource as its SDK describes it."""

    inputs: Fields
    outputs: Fields


class UnknownTypeError(Exception):
    """The SDK has no resource of that type."""


@cache
def resource_type(token: str) -> ResourceType:
    """The type with a token such as ``aws:ec2/vpc:Vpc``. Raises UnknownTypeError."""
    if token.startswith("pulumi:providers:"):
        package = token.rpartition(":")[2]
        return ResourceType(_inputs(f"{package}/", "ProviderArgs", "provider.py"), {})
    package, module, cls = token.split(":")
    folder, _, stem = module.partition("/")
    place = _root(package) / folder
    plain = stem.lower() + ".py"
    found = [path for path in place.glob("*.py") if path.name.replace("_", "") in (plain, "_" + plain)]
    for path in found:
        text = path.read_text()
        if f"'{token}'" in text:
            where = f"{package}/{folder}"
            # Where a nested type has the plain name already, the SDK calls the resource's arguments so.
            args = f"{cls}Args" if f"class {cls}Args:" in text else f"{cls}InitArgs"
            return ResourceType(_inputs(where, args, path.name), _getters(text, cls, where, of_outputs=True))
    raise UnknownTypeError(token)


@cache
def object_fields(folder: str, cls: str) -> Fields:
    """What a nested object takes."""
    return _inputs(folder, cls, "_inputs.py")


@cache
def _root(package: str) -> Path:
    found = importlib.util.find_spec(f"pulumi_{package}")
    assert found
    assert found.origin
    return Path(found.origin).parent


@cache
def _text(package: str, folder: str, file: str) -> str:
    return (_root(package) / folder / file).read_text()


def _inputs(where: str, cls: str, file: str) -> Fields:
    package, _, folder = where.partition("/")
    text = _text(package, folder, file)
    required = set(re.findall(r"^                 (\w+): (?!.* = None[,)])", _signature(text, cls), re.M))
    return {
        name: replace(field, required=field.python in required)
        for name, field in _getters(text, cls, where).items()
    }


_GETTER = re.compile(
    r'    @_builtins\.property\n    @pulumi\.getter(?:\(name="(\w+)"\))?\n'
    r'((?:    @_utilities\.deprecated\("""(?:.|\n)*?"""\)\n)?)    def (\w+)\(self\) -> (.+):\n'
)


def _body(text: str, cls: str) -> str:
    # The files have megabytes: to find is quicker than to match.
    found = [at for end in ("(", ":") if (at := text.find(f"\nclass {cls}{end}")) >= 0]
    if not found:
        raise UnknownTypeError(cls)
    start = min(found) + 1
    head = text.index("\n", start)
    ends = [at for mark in ("\n@", "\nclass ") if (at := text.find(mark, head)) >= 0]
    return text[start : min(ends) + 1 if ends else len(text)]


def _signature(text: str, cls: str) -> str:
    body = _body(text, cls)
    start = body.index("def __init__(")
    return body[start : body.index("):\n", start) + 1]


def _getters(text: str, cls: str, where: str, *, of_outputs: bool = False) -> Fields:
    fields: Fields = {}
    for name, deprecated, python, annotation in _GETTER.findall(_body(text, cls)):
        kind, optional = _kind(ast.parse(annotation, mode="eval").body, where)
        said = re.search(r'"""((?:.|\n)*?)"""', deprecated)
        fields[name or python] = Field(kind, of_outputs and not optional, said[1] if said else "", python)
    return fields


def _kind(node: ast.expr, where: str) -> tuple[Kind, bool]:
    if isinstance(node, ast.Subscript):
        head = ast.unparse(node.value).rpartition(".")[2]
        if head in {"Input", "Output"}:
            return _kind(node.slice, where)
        if head == "Optional":
            return _kind(node.slice, where)[0], True
        if head == "Sequence":
            return Kind("list", _kind(node.slice, where)[0]), False
        if head == "Mapping" and isinstance(node.slice, ast.Tuple):
            return Kind("map", _kind(node.slice.elts[1], where)[0]), False
        if head == "Union" and isinstance(node.slice, ast.Tuple):
            kinds = [_kind(part, where)[0] for part in node.slice.elts]
            # A closed set is written as Union[str, 'Region'], and the service takes any string.
            return (Kind("string") if Kind("string") in kinds else Kind("any")), False
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _named(node.value, where), False
    return Kind(SCALARS.get(ast.unparse(node).rpartition(".")[2], "any")), False


def _named(name: str, where: str) -> Kind:
    module, _, cls = name.rpartition(".")
    if module == "outputs" or (not module and cls.endswith("Args")):
        return Kind("object", None, where, cls)
    if cls.endswith("Args"):
        folder = module.removeprefix("_").removesuffix("_").replace("root_inputs", "")
        return Kind("object", None, f"{where.partition('/')[0]}/{folder}", cls)
    return Kind("any")

"""YAML that remembers its lines and refuses what YAML parsers silently drop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from .components.errors import InvalidInput, Problem

# libyaml, which PyYAML's wheels contain, is ten times as fast; its marks are the same.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_STRING = f"{_TAG}str"
_PLAIN = {f"{_TAG}{kind}" for kind in ("int", "float", "bool", "null")}
# libyaml builds nodes by recursion and ends the whole program where the stack ends.
_DEEPEST = 100
_RESOLVER: Any = Resolver()
_UNUSUAL = object()


@dataclass(frozen=True, slots=True)
class Marks:
    """Plain data of a file, and the text that it was read from."""

    data: object
    text: str

    def line(self, location: Sequence[str | int]) -> int | None:
        """Line of a part, or of the nearest part around it that is there; counted from 1."""
        root = _nodes(self.text)
        if root is None:
            return None
        node, line = root, root.start_mark.line
        for part in location:
            found = _child(node, part)
            if found is None:
                break
            node, line = found
        return int(line) + 1


def read_yaml(path: Path) -> Marks:
    """Reads one YAML document. Raises ``InvalidInput`` when it can't be read or says a key twice."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        got = f"a file that can't be read: {error.strerror or error}"
        raise InvalidInput(str(path), [Problem("", got, "a YAML file", "check the path")]) from None
    except UnicodeDecodeError as error:
        got = f"a file that is not UTF-8: {error.reason} at byte {error.start}"
        raise InvalidInput(str(path), [Problem("", got, "a YAML file", "save it as UTF-8")]) from None
    twice: list[Problem] = []
    try:
        data = _data(text, twice)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error).split("\n")[0] or "nesting without end"
        problem = Problem(
            "",
            f"a text that is not YAML: {said}",
            "YAML",
            "correct the syntax",
            mark.line + 1 if mark else None,
        )
        raise InvalidInput(str(path), [problem]) from None
    if twice:
        raise InvalidInput(str(path), twice)
    return Marks(data, text)


def _data(text: str, twice: list[Problem]) -> Any:
    data, unusual = _usual(text)
    if not unusual:
        return data
    _walk(_nodes(text), (), twice, set())
    # It writes what is merged into the nodes, in which a key may then stand twice: others than the kept ones.
    return SafeConstructor().construct_document(yaml.compose(text, Loader=_LOADER))


def _usual(text: str) -> tuple[Any, bool]:
    """Data straight from the parser's events, which spares the nodes, and whether it is unusual.

    Tags, merges, keys that aren't strings, keys written twice and several documents are unusual; the data is
    then of no use. Raises ``YAMLError`` where the text nests too deep.
    """
    unusual, documents = False, 0
    key: str | None = None
    holder: Any = []
    top, above = holder, list[tuple[Any, str | None]]()
    scalars: dict[str, Any] = {}
    anchors: dict[str, Any] = {}
    events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
    for event in events:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            value = event.value
            if event.implicit[0]:
                if value not in scalars:
                    scalars[value] = _scalar(value)
                value = scalars[value]
            unusual |= event.tag is not None or value is _UNUSUAL
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            holder, key = above.pop()
            continue
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            unusual |= event.tag is not None
            value = {} if kind is yaml.MappingStartEvent else []
            if len(above) == _DEEPEST:
                said = f"more than {_DEEPEST} levels within each other"
                raise yaml.MarkedYAMLError(problem=said, problem_mark=event.start_mark)
        elif kind is yaml.AliasEvent:
            unusual |= event.anchor not in anchors
            value = anchors.get(event.anchor, "")
        else:
            documents += kind is yaml.DocumentStartEvent
            continue
        if event.anchor is not None and kind is not yaml.AliasEvent:
            unusual |= event.anchor in anchors
            anchors[event.anchor] = value
        if type(holder) is list:
            holder.append(value)
        elif key is not None:
            holder[key], key = value, None
        elif type(value) is str and value not in holder:
            key = value
        else:
            unusual, key = True, ""
        if kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            above.append((holder, key))
            holder, key = value, None
    return top[0] if top else None, unusual or documents > 1


def _scalar(text: str) -> Any:
    """What a plain word stands for."""
    tag = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))
    if tag == _STRING:
        return text
    return SafeConstructor().construct_object(yaml.ScalarNode(tag, text)) if tag in _PLAIN else _UNUSUAL


@lru_cache(maxsize=1)
def _nodes(text: str) -> yaml.Node | None:
    """The nodes of a text that is known not to nest too deep."""
    node: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
    return node


def _child(
    node: yaml.Node, part: str | int, above: frozenset[int] = frozenset()
) -> tuple[yaml.Node, int] | None:
    """A part of a node, and the line of its key or of itself. What it merges may hold itself."""
    above |= {id(node)}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.tag != _MERGE and str(key.value) == str(part):
                return value, key.start_mark.line
        for merged in (value for key, value in node.value if key.tag == _MERGE):
            for holder in merged.value if isinstance(merged, yaml.SequenceNode) else [merged]:
                if isinstance(holder, yaml.MappingNode) and id(holder) not in above:
                    found = _child(holder, part, above)
                    if found:
                        return found
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and 0 <= part < len(node.value):
        item = node.value[part]
        return item, item.start_mark.line
    return None


def _walk(
    node: yaml.Node | None, location: tuple[str | int, ...], twice: list[Problem], seen: set[int]
) -> None:
    # An alias is the same node again: walking each node once keeps aliases of aliases from never ending.
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys = set[str]()
        for key, value in node.value:
            inner = (*location, str(key.value))
            if inner[-1] in keys and key.tag != _MERGE:
                line = key.start_mark.line + 1
                got = f"a key written twice, {key.value!r}"
                twice.append(Problem(_path(inner), got, "each key once", "remove one of the two", line))
            keys.add(str(key.value))
            _walk(value, inner, twice, seen)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*location, index), twice, seen)


def _path(location: tuple[str | int, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")

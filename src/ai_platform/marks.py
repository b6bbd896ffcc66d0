"""YAML that remembers its lines and refuses what YAML parsers silently drop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from .components.errors import InvalidInput, Problem

_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True)
class Marks:
    """Plain data of a file, and the line on which each part of it starts."""

    data: object
    lines: Mapping[tuple[str | int, ...], int]

    def line(self, location: Sequence[str | int]) -> int | None:
        """Line of a part, or of the nearest part around it that is there; counted from 1."""
        for end in range(len(location), -1, -1):
            if (line := self.lines.get(tuple(location[:end]))) is not None:
                return line
        return None


def read_yaml(path: Path) -> Marks:
    """Reads one YAML document. Raises ``InvalidInput`` when it can't be read or says a key twice."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInput(
            str(path), [Problem("", f"a file that can't be read: {reason}", "a YAML file", "check the path")]
        ) from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
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
    lines: dict[tuple[str | int, ...], int] = {}
    twice: list[Problem] = []
    if root is not None:
        _walk(root, (), lines, twice, set())
    if twice:
        raise InvalidInput(str(path), twice)
    return Marks(data, lines)


def _walk(
    node: yaml.Node,
    location: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], int],
    twice: list[Problem],
    seen: set[int],
) -> None:
    lines[location] = node.start_mark.line + 1
    # An alias is the same node again: walking each node once keeps aliases of aliases from never ending.
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*location, str(key.value))
            if inner in lines and key.tag != _MERGE:
                line = key.start_mark.line + 1
                got = f"a key written twice, {key.value!r}"
                twice.append(Problem(_path(inner), got, "each key once", "remove one of the two", line))
            _walk(value, inner, lines, twice, seen)
            lines[inner] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*location, index), lines, twice, seen)


def _path(location: tuple[str | int, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")

"""Readings as files: to keep what a machine said, and to judge it again elsewhere."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from ...components.errors import InvalidInput, Problem
from .reading import NodeReading

READ_HERE = "read from the machine by ai-platform doctor"


class Recording(BaseModel):
    """A reading and where it comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    source: str
    """What was read from a real machine, and what was not."""
    reading: NodeReading


def dump_recording(reading: NodeReading, path: Path, source: str = READ_HERE) -> None:
    """Writes the file; it holds no host name, but the ids of the GPUs. Raises ``InvalidInput``."""
    try:
        path.write_text(Recording(source=source, reading=reading).model_dump_json(indent=1) + "\n")
    except OSError as error:
        raise _unusable(path, error.strerror or str(error), "a file that can be written") from None


def load_recording(path: Path) -> Recording:
    """Reads such a file. Raises ``InvalidInput`` with every problem."""
    try:
        return Recording.model_validate_json(path.read_bytes())
    except OSError as error:
        raise _unusable(path, error.strerror or str(error), "a recording") from None
    except ValidationError as error:
        raise InvalidInput(str(path), json_problems(error, "record the machine again")) from None


def json_problems(error: ValidationError, fix: str) -> list[Problem]:
    """What is wrong with a JSON document, in its own paths."""
    problems = []
    for detail in error.errors():
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in detail["loc"])
        got = "a missing key" if detail["type"] == "missing" else detail["input"]
        problems.append(Problem(path.lstrip("."), got, detail["msg"], fix))
    return problems


def _unusable(path: Path, got: str, expected: str) -> InvalidInput:
    return InvalidInput(
        str(path), [Problem("", f"a file that can't be used: {got}", expected, "name another")]
    )

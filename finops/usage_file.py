"""Usage as a file: written down once, it can be reckoned again without asking anybody."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from ..components.errors import InvalidInput, Problem
from .usage import Usage


def read_usage(path: Path, environment: str) -> Usage:
    """Usage from JSON. Raises ``InvalidInput`` with every problem."""
    try:
        usage = Usage.model_validate_json(path.read_bytes())
    except OSError as error:
        fix = "name a file that `ai-platform costs --save-usage FILE` wrote"
        raise InvalidInput(str(path), [Problem("", error.strerror or "no file", "usage", fix)]) from error
    except ValidationError as error:
        raise InvalidInput(
            str(path),
            [
                Problem(
                    ".".join(str(part) for part in detail["loc"]),
                    detail["input"] if detail["type"] != "missing" else "a missing key",
                    detail["msg"],
                    "correct it, or read it anew with `--prometheus`",
                )
                for detail in error.errors(include_url=False)
            ],
        ) from None
    if usage.environment != environment:
        fix = f"name the usage of {environment}, or the description of {usage.environment}"
        raise InvalidInput(str(path), [Problem("environment", usage.environment, environment, fix)])
    return usage


def usage_text(usage: Usage) -> str:
    """Usage as JSON that ``read_usage`` takes."""
    return usage.model_dump_json(indent=1, exclude_defaults=True) + "\n"

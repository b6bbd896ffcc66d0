"""Arguments of a component: a spec, or a mapping that says the same."""

from collections.abc import Mapping
from typing import Any, TypeVar

import pulumi
from pydantic import BaseModel, ValidationError

from .errors import InvalidInput, Problem

Spec = TypeVar("Spec", bound=BaseModel)


class InvalidArgs(InvalidInput, pulumi.RunError):
    """Arguments of a component that can't be used. Pulumi shows the message and no traceback."""


def parsed(component: str, name: str, spec: type[Spec], args: Spec | Mapping[str, Any]) -> Spec:
    """``args`` as a checked ``spec``. Raises ``InvalidArgs`` with every problem, before any child is made."""
    if isinstance(args, spec):
        return args
    try:
        return spec.model_validate(args)
    except ValidationError as error:
        raise InvalidArgs(f"{component} {name!r}", [_problem(detail) for detail in error.errors()]) from None


def _problem(detail: Any) -> Problem:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in detail["loc"])
    got = "a missing key" if detail["type"] == "missing" else detail["input"]
    return Problem(path.lstrip("."), got, detail["msg"].removeprefix("Input should be "), "change the value")

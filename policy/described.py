"""The description that a stack was made from, and its plan, where the pack was told of them."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from ..components.errors import InvalidInput
from ..description import read
from ..environment import Environment
from ..plan import Plan
from .rule import Setting, Settings

ENVIRONMENT = "environment"
SETTING = Setting(
    {"type": "string"},
    "Path of the description: absolute, or relative to where pulumi was started or to the folder above "
    "the pack. "
    "Default: none",
)


class NoDescriptionError(Exception):
    """The description that the configuration names can't be used; says why."""


def described(settings: Settings) -> tuple[Environment, Plan] | None:
    """The environment and its plan; ``None`` where no path was given. Raises ``NoDescriptionError``."""
    path = settings.get(ENVIRONMENT)
    if not path:
        return None
    found = next((place / str(path) for place in _places() if (place / str(path)).is_file()), None)
    if found is None:
        raise NoDescriptionError(f"there is no description {path}")
    return _read(found.resolve())


@cache
def _read(path: Path) -> tuple[Environment, Plan]:
    try:
        return read(path)
    except InvalidInput as error:
        raise NoDescriptionError(str(error)) from None


def _places() -> list[Path]:
    # Pulumi starts a pack in its own folder; where itself was started only the shell's variable says.
    return [Path(os.environ.get("PWD", ".")), Path.cwd().parent, Path.cwd()]

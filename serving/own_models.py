"""Models that a user describes beside those of the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..components.errors import InvalidInput, Problem
from .config_json import model_from_config, read_config
from .model import Model
from .spec import ModelSpec


def own_models(specs: Sequence[ModelSpec]) -> tuple[dict[str, Model], list[Problem]]:
    """The models by name, and what is wrong with the others; paths of the problems start at ``models``."""
    found: dict[str, Model] = {}
    problems: list[Problem] = []
    for index, spec in enumerate(specs):
        at = f"models[{index}]"
        if spec.name in found:
            problems.append(Problem(f"{at}.name", spec.name, "a name used once", "rename one of the two"))
            continue
        if isinstance(spec.config, str):
            fix = "read the description from its file, or write the content of config.json here"
            problems.append(Problem(f"{at}.config", spec.config, "a file that has been read", fix))
            continue
        try:
            found[spec.name] = replace(
                model_from_config(spec.name, spec.config, source=spec.source, subject=spec.name),
                licence=spec.licence,
            )
        except InvalidInput as error:
            problems += [problem.under(f"{at}.config") for problem in error.problems]
    return found, problems


def with_configs(specs: Sequence[ModelSpec], folder: Path) -> tuple[list[ModelSpec], list[Problem]]:
    """The models with the content of their ``config.json`` in place of its path, relative to ``folder``."""
    read: list[ModelSpec] = []
    problems: list[Problem] = []
    for index, spec in enumerate(specs):
        if not isinstance(spec.config, str):
            read.append(spec)
            continue
        try:
            content = dict(read_config(folder / spec.config))
        except InvalidInput as error:
            at = f"models[{index}].config"
            problems += [replace(problem, path=at) for problem in error.problems]
        else:
            read.append(spec.model_copy(update={"config": content}))
    return read, problems

"""The description as a cluster keeps it, for the check that runs there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import yaml

from ..components.config_maps import CONFIG_MAP_BYTES
from ..components.errors import Problem
from ..environment import Environment

MOST_BYTES = CONFIG_MAP_BYTES
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def kept_description(environment: Environment) -> str:
    """The description as YAML, with the files that it names read in: the same plan comes out of it."""
    said = environment.model_dump(mode="json", exclude_unset=True)
    text: str = yaml.dump(said, Dumper=_DUMPER, sort_keys=False, allow_unicode=True)
    return text


def drift_check_problems(environment: Environment, problem: Callable[..., Problem]) -> Iterator[Problem]:
    """A description that no ConfigMap can hold, where the check needs one."""
    if environment.drift_check is None:
        return
    size = len(kept_description(environment).encode())
    if size > MOST_BYTES:
        got = f"a description of {size} bytes"
        expected = f"at most {MOST_BYTES}, which is what a ConfigMap holds"
        fix = "remove drift_check and run ai-platform drift from a pipeline, or split the environment"
        yield problem(("drift_check",), got, expected, fix)

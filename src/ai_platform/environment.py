"""The description of one environment: what a user writes, read from YAML and checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .booleans import numbers_as_booleans
from .components.budget_spec import BudgetSpec
from .components.charts_spec import ChartsSpec
from .components.cluster_spec import CLUSTER_SPECS, ClusterProvider, ClusterSpec
from .components.cohort_spec import CohortSpec
from .components.drift_check_spec import DriftCheckSpec
from .components.errors import InvalidInput, Problem
from .components.gates_spec import GatesSpec
from .components.images import ImageWithDigest
from .components.monitoring_spec import MonitoringSpec
from .components.names import NAME_PATTERN, Name
from .components.priority_spec import PrioritySpec
from .components.state_spec import StateSpec
from .components.storage_spec import StorageSpec
from .components.team_spec import TeamSpec
from .finops.spec import DiscountSpec, PriceSpec
from .gpu.machine_spec import MachineSpec
from .gpu.spec import NodePoolSpec, TrainingJobSpec
from .layers import StackLayout
from .marks import Marks, read_yaml
from .serving.own_models import with_configs
from .serving.prompt_spec import PromptSpec, with_texts
from .serving.spec import EndpointSpec, ModelSpec


class Environment(BaseModel):
    """One environment of the platform. Everything that is planned, built and reported comes from it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: Name
    """Name of the environment; also of its stack and of the file."""
    cluster: ClusterSpec
    """The cluster."""
    stacks: StackLayout = StackLayout.WHOLE
    """Whether it is one stack, or one for each layer: cluster, platform, teams. Default: whole."""
    state: StateSpec | None = None
    """Where Pulumi keeps the state. Default: files below ``.ai-platform``."""
    charts: ChartsSpec = Field(default_factory=ChartsSpec)
    """Where Helm charts come from, and which software the cluster has. Default: from their homes, none."""
    region: str = "us-east-1"
    """Region whose prices apply. Default: us-east-1."""
    monitoring: MonitoringSpec | None = None
    """Prometheus and Grafana, with alerts and graphs. Default: none; not on a simulated cluster."""
    node_doctor_image: ImageWithDigest | None = None
    """Image with ai-platform installed, pinned by digest: it looks at every GPU node and reports what is not
    as planned. Default: no doctor; not on a simulated cluster."""
    drift_check: DriftCheckSpec | None = None
    """A job in the cluster that compares it with this description on a schedule. Default: none."""
    node_pools: Annotated[list[NodePoolSpec], Field(min_length=1, max_length=200)]
    """GPU node pools."""
    teams: Annotated[list[TeamSpec], Field(min_length=1, max_length=5000)]
    """Teams that share the pools."""
    models: list[ModelSpec] = Field(default_factory=list)
    """Models beside those of the catalog, or in their place. Default: none."""
    cohorts: Annotated[list[CohortSpec], Field(max_length=1000)] = Field(default_factory=list)
    """Groups of teams that lend each other first, a tree below ``teams``. Default: one group of all."""
    priorities: Annotated[list[PrioritySpec], Field(max_length=100)] = Field(default_factory=list)
    """Classes of work beside ``serving`` (1000) and ``training`` (100), or other values for these."""
    fair_sharing: bool = False
    """Whether idle quota goes to teams by ``fair_sharing_weight``, not to who asks first. Default: no."""
    endpoints: list[EndpointSpec] = Field(default_factory=list)
    """Models that are served. Default: none."""
    prompts: Annotated[list[PromptSpec], Field(max_length=1000)] = Field(default_factory=list)
    """Texts that applications send to models, each under a version. Default: none."""
    training_jobs: list[TrainingJobSpec] = Field(default_factory=list)
    """Training runs. Default: none."""
    storage: Annotated[list[StorageSpec], Field(max_length=200)] = Field(default_factory=list)
    """Datasets, weights and checkpoints, and which teams may use them. Default: none."""
    machines: list[MachineSpec] = Field(default_factory=list)
    """Machine types beside those of the catalog, or changes to these. Default: none."""
    prices: list[PriceSpec] = Field(default_factory=list)
    """Prices in place of the library's. Default: none."""
    price_files: list[str] = Field(default_factory=list)
    """CSV or YAML files with rows like those of prices, relative to this file. Later ones count first."""
    discounts: list[DiscountSpec] = Field(default_factory=list)
    """Percentages off all prices, own ones included. Default: none."""
    budget: BudgetSpec | None = None
    """What the environment may cost a month. Default: no budget."""
    gates: GatesSpec = Field(default_factory=GatesSpec)
    """How strict the policy pack is. Default: as its rules say."""


def load(path: Path) -> Environment:
    """Reads and checks a description. Raises ``InvalidInput`` with every problem and its line."""
    marks = read_yaml(path)
    return parse(marks.data, subject=str(path), marks=marks, folder=path.parent)


def parse(
    data: object, *, subject: str, marks: Marks | None = None, folder: Path | None = None
) -> Environment:
    """Checks a description that is already plain data, and reads the files it names relative to ``folder``.

    Raises ``InvalidInput`` with every problem.
    """
    try:
        environment = Environment.model_validate(data)
    except ValidationError as error:
        raise InvalidInput(subject, problems_of(error, marks)) from None
    truths = [
        Problem(dotted(at), said, "a number", "write digits", marks.line(at) if marks else None)
        for at, said in numbers_as_booleans(data, environment)
    ]
    if truths:
        raise InvalidInput(subject, truths)
    if folder is None:
        return environment
    models, problems = with_configs(environment.models, folder)
    prompts, unread = with_texts(environment.prompts, folder)
    if problems or unread:
        raise InvalidInput(subject, [with_line(problem, marks) for problem in (*problems, *unread)])
    return environment.model_copy(update={"models": models, "prompts": prompts})


_SUBJECTS = {
    "String should have": "a text with",
    "List should have": "a list with",
    "Dictionary should have": "a mapping with",
    "Decimal input should have": "a number with",
}
"""What pydantic writes at the head of a sentence about a size, and what stands there instead."""


def problems_of(error: ValidationError, marks: Marks | None = None) -> Sequence[Problem]:
    """pydantic's findings as problems: path as the user wrote it, got, expected and fix."""
    return [_problem(detail, marks) for detail in error.errors(include_url=False)]


def _problem(detail: Any, marks: Marks | None) -> Problem:
    location = _as_written(detail["loc"])
    location = location[:-1] if location[-1:] == ("[key]",) else location
    kind = detail["type"]
    expected, fix = _advice(kind, detail)
    got = "a missing key" if kind in {"missing", "union_tag_not_found"} else detail["input"]
    if kind == "union_tag_invalid":
        got = detail["ctx"]["tag"]
    if kind.startswith("union_tag"):
        location = (*location, "provider")
    if kind == "extra_forbidden":
        location = _as_written(detail["loc"])
        got = f"a key that nothing reads, {location[-1]!r}"
    return Problem(dotted(location), got, expected, fix, marks.line(location) if marks else None)


def _as_written(location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The path without the provider by which pydantic chose what a cluster may say."""
    chosen = location[:1] == ("cluster",) and len(location) > 1 and location[1] in CLUSTER_SPECS
    return (*location[:1], *location[2:]) if chosen else location


def _advice(kind: str, detail: Any) -> tuple[str, str]:
    message = detail["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    if kind.startswith("union_tag"):
        return f"one of {', '.join(ClusterProvider)}", "name where the cluster comes from"
    if kind == "missing":
        return "a value", "add the key"
    if kind == "extra_forbidden":
        known = ", ".join(sorted(_keys_at(detail["loc"][:-1])))
        return f"one of {known}" if known else "no such key", "correct the spelling or remove the key"
    if kind == "model_type":
        known = ", ".join(sorted(_keys_at(detail["loc"])))
        return f"keys and values; the keys are {known}", "write keys and values"
    if kind == "string_pattern_mismatch":
        pattern = detail["ctx"]["pattern"]
        if pattern == NAME_PATTERN:
            return "lower-case letters, digits and dashes, starting with a letter", "rename it"
        return f"a text of the form {pattern}", "correct it"
    for said, meant in _SUBJECTS.items():
        if message.startswith(said):
            message = meant + message.removeprefix(said).split(" after validation")[0]
    return message, "change the value"


def _keys_at(location: tuple[Any, ...]) -> set[str]:
    model: Any = Environment
    for index, part in enumerate(location):
        if index == 1 and location[0] == "cluster":
            model = CLUSTER_SPECS.get(str(part))
        elif isinstance(part, str) and isinstance(model, type) and issubclass(model, BaseModel):
            model = _inner(model.model_fields[part].annotation) if part in model.model_fields else None
        elif not isinstance(part, int):
            model = _inner(model)
    return set(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else set()


def _inner(annotation: Any) -> Any:
    arguments = getattr(annotation, "__args__", None)
    while arguments and not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        annotation = arguments[-1] if arguments[-1] is not type(None) else arguments[0]
        arguments = getattr(annotation, "__args__", None)
    return annotation


def with_line(problem: Problem, marks: Marks | None) -> Problem:
    """The problem with the line of its path, or of the nearest part around it."""
    if marks is None:
        return problem
    parts = [part for part in re.split(r"[.\[\]]", problem.path) if part]
    location = [int(part) if part.isdigit() else part for part in parts]
    return replace(problem, line=marks.line(location))


def dotted(location: Sequence[str | int]) -> str:
    """A path as people write it: ``("teams", 1, "name")`` is ``teams[1].name``."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text

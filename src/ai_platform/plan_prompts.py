"""What a plan says about prompts: which version of which text a team has, and on what evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from .components.errors import Problem
from .environment import Environment
from .quota_checks import Add, Location
from .serving.evidence import EvaluationSpec
from .serving.prompt_names import digest_of_text
from .serving.prompt_spec import PromptSpec, why_no_prompt

SHOWN_DIGEST = 12
"""Digits of a digest that a reader sees."""


class PromptPlan(BaseModel):
    """A prompt without its text."""

    model_config = ConfigDict(frozen=True)

    name: str
    team: str
    namespace: str
    version: str
    sha256: str
    """Of the text as UTF-8."""
    size_bytes: int
    endpoint: str | None
    """Endpoint of the team that it is written for, or ``None``."""
    evaluation: EvaluationSpec | None


def prompt_plans(specs: Sequence[PromptSpec]) -> tuple[PromptPlan, ...]:
    """Prompts whose texts have been read, as described."""
    return tuple(
        PromptPlan(
            name=spec.name,
            team=spec.team,
            namespace=spec.team,
            version=spec.version,
            sha256=digest_of_text(spec.text or ""),
            size_bytes=len((spec.text or "").encode()),
            endpoint=spec.endpoint,
            evaluation=spec.evaluation,
        )
        for spec in specs
    )


def prompt_problems(environment: Environment, problem: Add) -> Iterator[Problem]:
    """Prompts of nobody, for what is not there, and without a text that a ConfigMap can hold."""
    teams = {team.name for team in environment.teams}
    served: dict[str, list[str]] = {}
    for endpoint in environment.endpoints:
        served.setdefault(endpoint.team, []).append(endpoint.name)
    for index, spec in enumerate(environment.prompts):
        at: Location = ("prompts", index)
        if spec.team not in teams:
            fix = "correct the name or add the team"
            yield problem((*at, "team"), spec.team, "a team of this file", fix)
        elif spec.endpoint is not None and spec.endpoint not in served.get(spec.team, ()):
            named = ", ".join(served.get(spec.team, ())) or "it has none"
            fix = "correct the name, add the endpoint, or leave this out"
            yield problem((*at, "endpoint"), spec.endpoint, f"an endpoint of {spec.team}: {named}", fix)
        if spec.file is not None and spec.text is not None:
            yield problem(at, "a prompt with file and text", "one of them", "remove one of the two")
        elif spec.file is not None:
            fix = "read the description from its file, or write the text here"
            yield problem((*at, "file"), spec.file, "a file that has been read", fix)
        elif spec.text is None:
            yield problem(at, "a prompt without a text", "file or text", "name the file of its text")
        elif wrong := why_no_prompt(spec.text):
            yield problem((*at, "text"), *wrong)

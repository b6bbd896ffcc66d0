"""What contradicts itself in the prompts of a description."""

from __future__ import annotations

from collections.abc import Iterator

from ..components.errors import Problem
from ..environment import Environment
from ..serving.prompt_spec import why_no_prompt
from .quotas import Add, Location


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

"""What the components of an environment's prompts are made from."""

from __future__ import annotations

from collections.abc import Iterator

from .cost_tags import team_tags
from .environment import Environment
from .serving.prompt import PromptArgs


def prompt_args(environment: Environment) -> Iterator[PromptArgs]:
    """One for each prompt, as described."""
    for spec in environment.prompts:
        yield PromptArgs(
            name=spec.name,
            team=spec.team,
            namespace=spec.team,
            version=spec.version,
            text=spec.text or "",
            endpoint=spec.endpoint,
            evaluation=spec.evaluation,
            labels=team_tags(environment, spec.team).kubernetes(),
        )

"""What a plan says about prompts: which version of which text a team has, and on what evidence."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from ..serving.evidence import EvaluationSpec
from ..serving.prompt_names import digest_of_text
from ..serving.prompt_spec import PromptSpec

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

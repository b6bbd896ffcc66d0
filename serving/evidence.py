"""What is shown for a model before it goes to production: its licence, and how it was evaluated."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

LICENCE_ANNOTATION = "ai-platform/model-licence"
EVALUATION_ANNOTATION = "ai-platform/evaluation"

NON_COMMERCIAL: Mapping[str, str] = MappingProxyType(
    {
        "CC-BY-NC": "SPDX licence list: NC is non-commercial (2026-11)",
        "MRL": "Mistral AI Research License: research only; general knowledge, provisional",
        "MNPL": "Mistral AI Non-Production License; general knowledge, provisional",
        "Qwen-Research": "Qwen Research License: non-commercial; general knowledge, provisional",
    }
)
"""Start of a licence's name to who says that it forbids commercial use."""


EVIDENCE_RULE = "model-evidence"
"""Name of the gate that asks for all this."""
PRODUCTION = ("prod", "production")
"""Environments of which it asks, unless its configuration says others."""


class EvaluationSpec(BaseModel):
    """An evaluation of a model or a prompt, as evidence: where the report is and that it is that one."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    report: Annotated[str, Field(min_length=1, max_length=1024)]
    """Address of the report, for example ``s3://evaluations/chat-large.json``."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the report, in hexadecimal."""
    date: datetime.date
    """Day of the evaluation."""
    score: Annotated[Decimal, Field(ge=-1_000_000_000, le=1_000_000_000)] | None = None
    """What the report gives it, on the report's own scale. Default: not said."""

    @property
    def result(self) -> str:
        """Its day, and its score where it has one: ``2026-11-02, score 0.93``."""
        return f"{self.date}, score {self.score}" if self.score is not None else str(self.date)


def evidence_annotations(licence: str | None, evaluation: EvaluationSpec | None) -> dict[str, str]:
    """The annotations of an endpoint's InferenceService or a prompt; what is unknown has none."""
    found = {LICENCE_ANNOTATION: licence} if licence else {}
    if evaluation:
        found[EVALUATION_ANNOTATION] = json.dumps(
            evaluation.model_dump(mode="json", exclude_none=True), sort_keys=True
        )
    return found

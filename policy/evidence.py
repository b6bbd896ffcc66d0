"""Models and prompts in production: under which licence, and on which evidence."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator, Mapping

from ..components.gates_spec import GateLevel
from ..serving.evidence import (
    EVALUATION_ANNOTATION,
    EVIDENCE_RULE,
    LICENCE_ANNOTATION,
    NON_COMMERCIAL,
    PRODUCTION,
)
from ..serving.prompt_names import PROMPT_LABEL
from .look import UNKNOWN, Resource
from .rule import Rule, Setting, Settings

_SHA256 = re.compile(r"(sha256:)?[0-9a-f]{64}")
_ENVIRONMENT_LABEL = "ai-platform/environment"


def model_evidence(resource: Resource, settings: Settings) -> Iterator[str]:
    """Endpoints of production whose model nobody may use, and models and prompts that nobody has tried."""
    if not _asked(resource) or environment_of(resource) not in settings.get("environments", PRODUCTION):
        return
    annotations = resource.at("metadata", "annotations")
    if annotations is UNKNOWN:
        return
    found = annotations if isinstance(annotations, Mapping) else {}
    if resource.kind == "InferenceService":
        yield from _licences(resource, found)
    evaluation = resource.of(found, EVALUATION_ANNOTATION, "metadata.annotations")
    if evaluation is not UNKNOWN and (wrong := _wrong(evaluation, resource)):
        yield f"{EVALUATION_ANNOTATION}: {wrong}"


def _asked(resource: Resource) -> bool:
    return resource.kind == "InferenceService" or (
        resource.kind == "ConfigMap" and PROMPT_LABEL in resource.mapping("metadata", "labels")
    )


def _licences(resource: Resource, found: Mapping[str, object]) -> Iterator[str]:
    yield from _licence(resource, found, "metadata.annotations", "model")
    for index, entry in enumerate(resource.items("spec", "canary")):
        place = f"spec.canary[{index}].predictor"
        predictor = entry.get("predictor") if isinstance(entry, Mapping) else None
        shown = resource.of(predictor, "annotations", place) if isinstance(predictor, Mapping) else None
        if shown is not UNKNOWN:
            tried = shown if isinstance(shown, Mapping) else {}
            yield from _licence(resource, tried, f"{place}.annotations", "canary's model")


def _licence(resource: Resource, found: Mapping[str, object], place: str, whose: str) -> Iterator[str]:
    licence = resource.of(found, LICENCE_ANNOTATION, place)
    if licence is not UNKNOWN and not licence:
        yield f"the licence of its {whose} is not known: no annotation {LICENCE_ANNOTATION}"
    elif str(licence).lower().startswith(tuple(map(str.lower, NON_COMMERCIAL))):
        yield f"its {whose}'s licence {licence} forbids commercial use"


def environment_of(resource: Resource) -> str:
    """The environment of an object: its label's, else the stack's up to the first dot."""
    named = resource.mapping("metadata", "labels").get(_ENVIRONMENT_LABEL)
    return str(named or resource.urn.removeprefix("urn:pulumi:").partition("::")[0].partition(".")[0])


def _wrong(evaluation: object, resource: Resource) -> str | None:
    if not evaluation:
        prompt = resource.kind == "ConfigMap"
        return f"nobody has evaluated {'this prompt' if prompt else 'the model for this endpoint'}"
    try:
        found = json.loads(str(evaluation))
    except json.JSONDecodeError:
        return "is no JSON with report, sha256 and date"
    missing = [
        key for key in ("report", "sha256", "date") if not isinstance(found, dict) or not found.get(key)
    ]
    if missing:
        return f"lacks {', '.join(missing)}"
    if not _SHA256.fullmatch(str(found["sha256"])):
        return "sha256 is no digest, so the report can be another one tomorrow"
    try:
        datetime.date.fromisoformat(str(found["date"]))
    except ValueError:
        return "date is no day"
    return None


RULE = Rule(
    EVIDENCE_RULE,
    "Endpoints of production name the licence of their model, which allows commercial use; they and prompts "
    "name an evaluation by report, digest and date",
    "What a model may be used for and how well it and its prompt do is asked after an incident; then it is "
    "too late to find out",
    "Say `licence` on an own model, and `evaluation` on the endpoint or the prompt",
    GateLevel.MANDATORY,
    on_resource=model_evidence,
    settings={
        "environments": Setting(
            {"type": "array", "items": {"type": "string"}},
            "Environments that are production. Default: `prod`, `production`",
        )
    },
)

"""A prompt in the namespace of its team, for applications that mount it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import pulumi
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ..components.args import parsed
from ..components.names import Name
from ..components.objects import kubernetes_object
from ..components.tenant import TEAM_LABEL
from .evidence import EvaluationSpec, evidence_annotations
from .prompt_names import (
    PROMPT_DIGEST_ANNOTATION,
    PROMPT_ENDPOINT_ANNOTATION,
    PROMPT_LABEL,
    PROMPT_VERSION_LABEL,
    TEXT_KEY,
    VERSION_KEY,
    config_map_name,
    digest_of_text,
)
from .prompt_spec import why_no_prompt


def _fit(text: str) -> str:
    if wrong := why_no_prompt(text):
        raise ValueError(f"{wrong[1]}, not {wrong[0]}")
    return text


class PromptArgs(BaseModel):
    """A prompt with its text."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: Name
    """Name of the prompt; its ConfigMap is ``prompt-<name>``."""
    team: Name
    """Team that it belongs to."""
    namespace: Name
    """Namespace that is there already."""
    version: str
    """Version of the text, fit for a label."""
    text: Annotated[str, AfterValidator(_fit)]
    """The text. No secret: everybody who may read ConfigMaps of the namespace may read it."""
    endpoint: str | None = None
    """Endpoint that it is written for. Default: none in particular."""
    evaluation: EvaluationSpec | None = None
    """Evidence that it does its work. Default: none."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Further cost labels. Default: none."""


class Prompt(pulumi.ComponentResource):
    """A ConfigMap that applications mount as a folder with ``prompt.txt`` and ``version``.

    A new version changes it in its place, where the provider has ``enable_config_map_mutable``: what mounts
    it sees text and version change together, without a restart.
    """

    config_map: pulumi.Output[str]
    """Name of the ConfigMap."""

    def __init__(
        self, name: str, args: PromptArgs | Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ai-platform:index:Prompt", name, {}, opts)
        spec = parsed("Prompt", name, PromptArgs, args)
        made = kubernetes_object(f"{name}-text", prompt_manifest(spec), pulumi.ResourceOptions(parent=self))
        self.config_map = made.id.apply(lambda _: config_map_name(spec.name))
        self.register_outputs({"configMap": self.config_map})


def prompt_manifest(spec: PromptArgs) -> dict[str, Any]:
    """The ConfigMap."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": config_map_name(spec.name),
            "namespace": spec.namespace,
            "labels": {
                **spec.labels,
                TEAM_LABEL: spec.team,
                PROMPT_LABEL: spec.name,
                PROMPT_VERSION_LABEL: spec.version,
            },
            "annotations": {
                PROMPT_DIGEST_ANNOTATION: digest_of_text(spec.text),
                **({PROMPT_ENDPOINT_ANNOTATION: spec.endpoint} if spec.endpoint else {}),
                **evidence_annotations(None, spec.evaluation),
            },
        },
        "data": {TEXT_KEY: spec.text, VERSION_KEY: spec.version},
    }

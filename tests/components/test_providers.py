"""Providers put the cost tags on all they make, and ask for no account before they are used."""

from __future__ import annotations

import json
from pathlib import Path

from pulumi_kubernetes import _utilities

from ai_platform.components.aws.provider import aws_provider
from ai_platform.components.gcp.provider import gcp_provider
from ai_platform.components.objects import PROVIDER_VERSION
from ai_platform.environment import load
from ai_platform.local.toolchain import RECIPES, Tool
from ai_platform.stack import build
from ai_platform.testing import record

TAGS = {"environment": "prod"}
STACKS = Path(__file__).parents[2] / "stacks"


def inputs(made):
    (resource,) = record(made).resources
    return resource.inputs


def test_the_aws_provider_has_default_tags_and_looks_for_no_account():
    found = inputs(lambda: aws_provider("aws", "us-east-1", TAGS))
    assert json.loads(found["defaultTags"]) == {"tags": TAGS}
    assert found["skipCredentialsValidation"] == found["skipRequestingAccountId"] == "true"


def test_the_google_provider_has_default_labels_of_its_project_alone():
    found = inputs(lambda: gcp_provider("gcp", "example", "us-central1", TAGS))
    assert json.loads(found["defaultLabels"]) == TAGS
    assert found["addPulumiAttributionLabel"] == "false"


def test_the_kubernetes_provider_is_the_one_that_is_built_whatever_sdk_is_installed(monkeypatch):
    monkeypatch.setattr(_utilities, "get_version", lambda: "4.99.0")
    recording = record(lambda: build(load(STACKS / "local.yaml"), "local", STACKS))
    found = recording.only("pulumi:providers:kubernetes").options.version
    assert found == PROVIDER_VERSION == RECIPES[Tool.PULUMI_KUBERNETES].version

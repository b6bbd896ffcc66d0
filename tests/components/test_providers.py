"""Providers put the cost tags on all they make, and ask for no account before they are used."""

from __future__ import annotations

import json

from ai_platform.components.aws.provider import aws_provider
from ai_platform.components.gcp.provider import gcp_provider
from ai_platform.testing import record

TAGS = {"environment": "prod"}


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

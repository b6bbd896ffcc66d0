"""The Google Cloud provider of a stack."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pulumi

from ..cloud_objects import GCP_VERSION


def gcp_provider(name: str, project: str, region: str, labels: Mapping[str, str]) -> pulumi.ProviderResource:
    """A provider for one project and region that puts ``labels`` on everything it makes.

    Credentials come from outside. The label that the provider adds of itself is left off: it says nothing
    that the others don't.
    """
    properties = {
        "project": project,
        "region": region,
        "defaultLabels": json.dumps(dict(labels)),
        "addPulumiAttributionLabel": "false",
    }
    return pulumi.ProviderResource("gcp", name, properties, pulumi.ResourceOptions(version=GCP_VERSION))

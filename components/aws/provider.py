"""The AWS provider of a stack."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pulumi

from ..cloud_objects import AWS_VERSION


def aws_provider(name: str, region: str, tags: Mapping[str, str]) -> pulumi.ProviderResource:
    """A provider for one region that puts ``tags`` on everything it makes. Credentials come from outside.

    It asks the cloud for nothing before it is used, so that a preview needs no credentials.
    """
    properties = {
        "region": region,
        "defaultTags": json.dumps({"tags": dict(tags)}),
        "skipCredentialsValidation": "true",
        "skipMetadataApiCheck": "true",
        "skipRequestingAccountId": "true",
    }
    return pulumi.ProviderResource("aws", name, properties, pulumi.ResourceOptions(version=AWS_VERSION))

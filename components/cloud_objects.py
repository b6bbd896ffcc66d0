"""Cloud resources as Pulumi resources, without loading an SDK module for each service."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

AWS_VERSION = "7.51.1"
"""Version of the AWS provider that the resources are made with."""

GCP_VERSION = "10.2.0"
"""Version of the Google Cloud provider that the resources are made with."""

_VERSIONS = {"aws": AWS_VERSION, "gcp": GCP_VERSION}


def cloud_object(
    name: str,
    token: str,
    properties: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
    outputs: Sequence[str] = (),
) -> pulumi.CustomResource:
    """One cloud resource with the logical name ``name``.

    ``token`` is Pulumi's type, for example ``aws:ec2/vpc:Vpc``; ``properties`` have the names of its schema
    (``cidrBlock``), also in nested objects, and outputs in place of values that another resource gives.
    ``outputs`` names what the provider works out and ``output`` reads; inputs can be read too.
    """
    version = _VERSIONS[token.partition(":")[0]]
    versioned = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(version=version))
    # The SDK makes an output of each key that it finds here, also of one without a value.
    declared = dict.fromkeys(outputs) | dict(properties)
    return pulumi.CustomResource(token, name, declared, versioned)


def output(resource: pulumi.CustomResource, name: str) -> pulumi.Output[Any]:
    """What the provider says of a property. Raises ``KeyError`` for one that was not declared."""
    found: pulumi.Output[Any] = resource.__dict__[name]
    return found

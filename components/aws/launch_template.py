"""What every launch template of ours says, with and without GPUs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

ROOT_DISK, BOTTLEROCKET_DATA_DISK = "/dev/xvda", "/dev/xvdb"
"""Bottlerocket keeps images and logs on a disk of their own (EKS user guide, Bottlerocket AMIs)."""

_TAGGED = ("instance", "volume", "network-interface")


def metadata_options() -> dict[str, Any]:
    """Only IMDSv2, and out of reach for pods: they get their own rights by Pod Identity."""
    return {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1}


def encrypted_disk(
    device: str, gib: int | None, kms_key_arn: pulumi.Input[str] | None = None
) -> dict[str, Any]:
    """A gp3 volume that goes with its machine. ``gib``: None keeps the size of the image."""
    # AWS's launch templates have texts for these two, since "not said" is a value too.
    disk: dict[str, Any] = {"volumeType": "gp3", "encrypted": "true", "deleteOnTermination": "true"}
    if gib is not None:
        disk["volumeSize"] = gib
    if kms_key_arn is not None:
        disk["kmsKeyId"] = kms_key_arn
    return {"deviceName": device, "ebs": disk}


def tag_specifications(tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """Tags of what a node group launches: its own tags don't reach that."""
    return [{"resourceType": kind, "tags": dict(tags)} for kind in _TAGGED]


def node_launch_template(
    instance_type: str, disks: list[dict[str, Any]], tags: Mapping[str, str]
) -> dict[str, Any]:
    """A launch template. The instance type stands here, where a change rolls, not in the node group."""
    return {
        "instanceType": instance_type,
        "blockDeviceMappings": disks,
        "metadataOptions": metadata_options(),
        "tagSpecifications": tag_specifications(tags),
        "updateDefaultVersion": True,
        "tags": dict(tags),
    }


def template_reference(template: pulumi.CustomResource, latest: pulumi.Output[Any]) -> dict[str, Any]:
    """How a node group names its launch template: a new version rolls the nodes, in place."""
    # Numbers come out of Pulumi as floats.
    return {"id": template.id, "version": latest.apply(lambda version: str(int(version)))}

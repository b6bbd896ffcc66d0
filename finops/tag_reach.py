"""How cost tags reach what a cloud makes by itself: instances, volumes, interfaces, disks.

Default tags of a provider reach every resource of ours that can be tagged, and nothing that such a resource
makes in turn. Each row says where a resource carries them for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reach:
    """One place in the inputs of one type that carries tags further."""

    type: str
    """Pulumi's type of the resource."""
    path: tuple[str, ...]
    """Where the mapping stands, key by key; ``key=value`` takes the entry of a list that says so."""
    reaches: str
    """What gets the tags from there."""
    source: str
    """Who says that default tags don't reach it."""


_LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
_AWS_PROVIDER = "AWS provider, default_tags: not for instances and volumes of a launch template (2026-11)"
_GCP_PROVIDER = "Google provider, default_labels: only for top-level labels (2026-11)"

REACHES: tuple[Reach, ...] = (
    Reach(
        _LAUNCH_TEMPLATE, ("tagSpecifications", "resourceType=instance", "tags"), "instances", _AWS_PROVIDER
    ),
    Reach(
        _LAUNCH_TEMPLATE, ("tagSpecifications", "resourceType=volume", "tags"), "root disks", _AWS_PROVIDER
    ),
    Reach(
        _LAUNCH_TEMPLATE,
        ("tagSpecifications", "resourceType=network-interface", "tags"),
        "network interfaces",
        _AWS_PROVIDER,
    ),
    Reach("gcp:container/cluster:Cluster", ("resourceLabels",), "the cluster itself", _GCP_PROVIDER),
    Reach(
        "gcp:container/nodePool:NodePool",
        ("nodeConfig", "resourceLabels"),
        "instances and boot disks",
        _GCP_PROVIDER,
    ),
)
"""Places that the library's own components fill, and that ``untagged`` looks at."""


def carried(inputs: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    """The tags at ``path`` in a resource's inputs; empty where there are none."""
    found: Any = inputs
    for part in path:
        key, is_entry, value = part.partition("=")
        if is_entry:
            entries = found if isinstance(found, list) else []
            found = next((item for item in entries if item.get(key) == value), None)
        else:
            found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}

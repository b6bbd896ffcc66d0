"""Tags and labels that the provider's configuration adds, as the real providers merge them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .sdk_types import Fields
from .values import UNKNOWN, has_unknown

ATTRIBUTION = {"goog-pulumi-provisioned": "true"}
"""What the Google provider adds unless ``addPulumiAttributionLabel`` is off."""


def aws_tags_all(properties: Mapping[str, Any], config: Mapping[str, Any], outputs: Fields) -> dict[str, Any]:
    """``tagsAll`` for a type that has it: the provider's default tags under the resource's own.

    As ``applyTags`` in provider/tags.go of pulumi-aws does, read 2026-11-21.
    """
    if "tagsAll" not in outputs:
        return {}
    own = properties.get("tags", {})
    if own is UNKNOWN or has_unknown(own):
        return {"tagsAll": UNKNOWN}
    return {"tagsAll": {**config.get("defaultTags", {}).get("tags", {}), **own}}


def google_labels(
    properties: Mapping[str, Any], config: Mapping[str, Any], outputs: Fields
) -> dict[str, Any]:
    """``pulumiLabels`` and ``effectiveLabels`` for a type that has them.

    GKE clusters take ``resourceLabels``, and default labels reach them too
    (``SetDiffForLabelsWithCustomizedName`` in google/services/container/resource_container_cluster.go).
    What only has ``nodeConfig.resourceLabels`` gets none.
    """
    if "effectiveLabels" not in outputs:
        return {}
    own = properties.get("resourceLabels" if "resourceLabels" in outputs else "labels", {})
    if own is UNKNOWN or has_unknown(own):
        return {"pulumiLabels": UNKNOWN, "effectiveLabels": UNKNOWN}
    added = ATTRIBUTION if config.get("addPulumiAttributionLabel", True) else {}
    labels = {**added, **config.get("defaultLabels", {}), **own}
    return {"pulumiLabels": labels, "effectiveLabels": labels}

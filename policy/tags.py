"""Who pays: cost tags on everything that a bill can show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from ..components.gates_spec import GateLevel
from ..finops.cost_tags import KUBERNETES_PREFIX, ON_ALL
from ..finops.tag_reach import REACHES, carried
from ..testing.tagging import tags_property
from .look import UNKNOWN, Resource, document
from .pods import pod_templates
from .rule import Rule, Setting, Settings

_EVERYTHING = {"aws": ("tags", "tagsAll"), "gcp": ("labels", "effectiveLabels", "pulumiLabels")}
"""Cloud to the properties of its resources that carry their own tags; the first is what a user writes."""
_DEFAULTS = {"aws": ("defaultTags", "tags"), "gcp": ("defaultLabels",)}
_PAYERS = ("environment", "team", "pool")


def cost_tags(resource: Resource, settings: Settings) -> Iterator[str]:
    """What lacks a tag or label by which its cost is split, and where it belongs."""
    package = resource.type.partition(":")[0]
    keys = list(settings.get("keys", ON_ALL))
    if package in _EVERYTHING:
        yield from _of_cloud(resource, package, keys)
    elif package == "kubernetes":
        yield from _of_object(resource)


def _of_cloud(resource: Resource, package: str, keys: list[str]) -> Iterator[str]:
    if _taggable(resource, package):
        places = [resource.at(place) for place in _EVERYTHING[package]]
        found = {
            *_set(_defaults(resource, package)),
            *chain(*(_set(place) for place in places if isinstance(place, Mapping))),
        }
        missing = sorted(set(keys) - found)
        # One place that is not known may hold what the others lack.
        if missing and UNKNOWN not in (*places, _default(resource, package)):
            yield f"{_EVERYTHING[package][0]} lacks {', '.join(missing)}"
    for reach in REACHES:
        if reach.type == resource.type and _seen(resource, reach.path):
            missing = sorted(set(keys) - _set(carried(resource.properties, reach.path)))
            if missing:
                yield f"{'.'.join(reach.path)} lacks {', '.join(missing)}: {reach.reaches} get no others"


def _set(tags: Mapping[str, Any]) -> set[str]:
    """Keys of the tags that say something; one that is not known yet may."""
    return {key for key, value in tags.items() if value is UNKNOWN or str(value or "").strip()}


def _seen(resource: Resource, path: tuple[str, ...]) -> bool:
    """Whether nothing on the way there is unknown, else that is noted."""
    found: Any = resource.properties
    for part in path:
        key, is_entry, value = part.partition("=")
        if is_entry:
            entries = found if isinstance(found, list) else []
            found = next((item for item in entries if item is UNKNOWN or item.get(key) == value), None)
        else:
            found = found.get(key) if isinstance(found, Mapping) else None
        if found is UNKNOWN:
            resource.note(".".join(path))
            return False
    return True


def _taggable(resource: Resource, package: str) -> bool:
    own = _EVERYTHING[package]
    if any(place in resource.properties for place in own):
        return not isinstance(resource.properties.get(own[0]), list)
    try:
        return tags_property(resource.type) in own
    except LookupError:
        resource.hide("whether it can be tagged, since the SDK that knows it is not installed")
        return False


def _defaults(resource: Resource, package: str) -> dict[str, Any]:
    found = _default(resource, package)
    if found is UNKNOWN:
        resource.note(f"default tags of its provider ({package})")
    return dict(found) if isinstance(found, Mapping) else {}


def _default(resource: Resource, package: str) -> Any:
    found: Any = resource.provider
    for key in _DEFAULTS[package]:
        found = found.get(key) if isinstance(found, Mapping) else found
        found = document(resource, key, found) if isinstance(found, str) else found
    return found


def _of_object(resource: Resource) -> Iterator[str]:
    # A chart's pods have the labels that its author gave them; their namespace says who pays.
    if resource.kind in {"Namespace", "InferenceService"}:
        yield from _lacking(resource, "metadata.labels", resource.at("metadata", "labels"))
    elif "helm.sh/v4:Chart$" not in resource.urn:
        for path, template in pod_templates(resource):
            own = template.get("metadata")
            labels = own.get("labels") if isinstance(own, Mapping) else own
            yield from _lacking(resource, f"{path}.metadata.labels", labels)


def _lacking(resource: Resource, path: str, labels: Any) -> Iterator[str]:
    if labels is UNKNOWN:
        resource.note(path)
        return
    found = labels if isinstance(labels, Mapping) else {}
    if not _set(found) & {f"{KUBERNETES_PREFIX}{key}" for key in _PAYERS}:
        listed = ", ".join(f"{KUBERNETES_PREFIX}{key}" for key in _PAYERS)
        yield f"{path} has none of {listed}"


RULE = Rule(
    "cost-tags",
    "Everything that can be tagged on AWS and Google Cloud has `environment` and `managed-by`, also "
    "instances, "
    "disks and interfaces that a template makes. Namespaces, endpoints and pods say environment, team or "
    "pool",
    "Cost without a tag is borne by nobody, and nobody notices that it grows",
    "Hand `CostTags` to the component, or make the provider with default tags (docs/cost-tags.md)",
    GateLevel.MANDATORY,
    on_resource=cost_tags,
    settings={
        "keys": Setting(
            {"type": "array", "items": {"type": "string"}},
            "Tags that must be there. Default: `environment` and `managed-by`",
        )
    },
)

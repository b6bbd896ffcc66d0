"""What a refresh would change in the state: what somebody did in the cloud or the cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..gpu.node_groups import MIG_CONFIG_LABEL
from ..report.components import components_of
from ..report.noise import sifted
from ..report.preview import Op, Preview, PropertyChange, ResourceChange
from ..report.property_path import parsed
from .compare import differences, line, put_back
from .model import Aspect, DriftLine, Severity, Sources
from .refresh_tags import Tags
from .things import key_of, things_of

_PAIR = Sources.STATE_LIVE
_SUBJECTS = {
    "NodePool": "pool",
    "Tenant": "team",
    "TeamQueue": "team",
    "Endpoint": "endpoint",
    "Prompt": "prompt",
}
_TAGS = ("tags", "tagsAll", "labels", "effectiveLabels", "resourceLabels", "pulumiLabels", "terraformLabels")
"""Where clouds keep tags. Those that a provider adds by itself stand only in the ones that are computed."""
_COUNTS = {
    *("desiredSize", "desiredCapacity", "nodeCount", "currentNodeCount", "initialNodeCount"),
    *("instanceGroupUrls", "managedInstanceGroupUrls", "numberOfAvailableInstances", "autoscalingGroups"),
}
"""What an autoscaler changes."""
_STATUS = {"status", "statuses", "health", "updatedAt", "lastUpdated", "platformVersion", "resources"}
_VERSION = re.compile(r"(?i)version$|image(Id)?$|amiType|releaseVersion")
_SIZE = re.compile(r"(?i)(min|max)(Size|NodeCount)|replicas$|instanceTypes|machineType|diskSize")
_ABSENT, _THERE = "not there", "there"


def state_vs_live(
    preview: Preview, environment: str, tags: Mapping[str, tuple[Tags, Tags]] | None = None
) -> Iterator[DriftLine]:
    """What differs between the state of a stack and what its providers say, by meaning.

    ``preview`` is of `pulumi refresh --preview-only`. Node counts within the limits of an autoscaler,
    computed fields and status are no drift. ``tags`` are those before and after by URN, where known.
    """
    components = components_of(preview)
    fix = put_back(environment, [preview.stack or environment])
    for change in preview.resources:
        known = (tags or {}).get(change.urn)
        same = change.op is Op.SAME and known is None
        if not change.custom or same or change.type.startswith("pulumi:"):
            continue
        owner = components.get(change.urn)
        subject = _subject(owner.shown) if owner else change.name
        if _is_kubernetes(change):
            yield from _of_kubernetes(change, subject, fix)
        elif change.op is Op.DELETE:
            yield _gone(change, subject, fix)
        else:
            yield from _properties(change, subject, fix, known)


def _of_kubernetes(change: ResourceChange, subject: str, fix: str) -> Iterator[DriftLine]:
    known = things_of([change.before])
    if change.op is Op.DELETE:
        for thing in known.values():
            aspect = _missing_aspect(thing.name)
            grave = aspect is not Aspect.OBJECT or "Policy" in thing.name or thing.name.startswith("Prompt ")
            severity = Severity.ERROR if grave else None
            sides = _THERE, _ABSENT
            yield line(thing.subject, aspect, thing.name, _PAIR, sides, fix, severity=severity)
        if not known:
            yield _gone(change, subject, fix)
        return
    key, found = key_of(change.before), things_of([change.after])
    if key in known and key in found and (said := [*differences(known[key], found[key], _PAIR, fix)]):
        yield from said
        return
    yield from _properties(change, subject, fix)


def _properties(
    change: ResourceChange, subject: str, fix: str, known: tuple[Tags, Tags] | None = None
) -> Iterator[DriftLine]:
    shown = _shown(change)
    tags = _different(*known) if known else _tags(change)
    for key, sides in dict(tags).items():
        yield line(subject, Aspect.TAG, f"tag {key} of {shown}", _PAIR, sides, fix)
    for difference in sifted(change).matter:
        parts = parsed(difference.path)
        names = [part for part in parts if isinstance(part, str)]
        if not names or names[0] in _TAGS or not _STATUS.isdisjoint(names[:1]) or _scaled(difference, change):
            continue
        sides = _text(difference.before), _text(difference.after)
        yield line(subject, _aspect(names), f"{_what(names, difference)} of {shown}", _PAIR, sides, fix)


def _tags(change: ResourceChange) -> Iterator[tuple[str, tuple[str, str]]]:
    """Tags that differ, by key: an own one shows in two places, one of the provider in one."""
    if _is_kubernetes(change):
        return
    for difference in change.changes:
        parts = parsed(difference.path)
        if not parts or parts[0] not in _TAGS:
            continue
        if len(parts) > 1:
            yield str(parts[-1]), (_text(difference.before), _text(difference.after))
            continue
        yield from _different(_mapping(difference.before), _mapping(difference.after))


def _different(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key):
            yield key, (_text(before.get(key)), _text(after.get(key)))


def _scaled(difference: PropertyChange, change: ResourceChange) -> bool:
    """Whether an autoscaler may have done it: a count that is within the limits, where there are some."""
    leaf = next((part for part in reversed(parsed(difference.path)) if isinstance(part, str)), "")
    if leaf not in _COUNTS:
        return False
    least, most = _limits(change.before)
    after = difference.after
    if least is None or most is None or not isinstance(after, int | float):
        return leaf not in ("desiredSize", "desiredCapacity", "nodeCount") or not isinstance(
            after, int | float
        )
    return least <= after <= most


def _limits(inputs: Mapping[str, Any]) -> tuple[int | None, int | None]:
    scaling = inputs.get("scalingConfig") or inputs.get("autoscaling") or inputs
    said = _mapping(scaling)
    for least, most in (("minSize", "maxSize"), ("totalMinNodeCount", "totalMaxNodeCount")):
        if isinstance(said.get(least), int | float) and isinstance(said.get(most), int | float):
            return int(said[least]), int(said[most])
    return None, None


def _aspect(names: list[str]) -> Aspect:
    if MIG_CONFIG_LABEL in names:
        return Aspect.MIG_LAYOUT
    if "resourceGroups" in names:
        return Aspect.QUOTA
    if names[:2] == ["metadata", "labels"]:
        return Aspect.TAG
    if _VERSION.search(names[-1]):
        return Aspect.VERSION
    return Aspect.SIZE if _SIZE.search(names[-1]) else Aspect.OBJECT


def _what(names: list[str], difference: PropertyChange) -> str:
    if names[-1] == MIG_CONFIG_LABEL:
        return "MIG layout"
    return f"label {names[-1]}" if names[:2] == ["metadata", "labels"] else difference.path


def _shown(change: ResourceChange) -> str:
    """Kind and name, of a Kubernetes object those that it has in the cluster."""
    known = _mapping(change.before.get("metadata")).get("name") if _is_kubernetes(change) else None
    return f"{change.type.rpartition(':')[2]} {known or change.name}"


def _missing_aspect(name: str) -> Aspect:
    kind = name.partition(" ")[0]
    if kind in ("ClusterQueue", "Cohort", "LocalQueue"):
        return Aspect.QUOTA
    return Aspect.MIG_LAYOUT if kind == "ConfigMap" else Aspect.OBJECT


def _gone(change: ResourceChange, subject: str, fix: str) -> DriftLine:
    return line(
        subject, Aspect.OBJECT, _shown(change), _PAIR, (_THERE, _ABSENT), fix, severity=Severity.ERROR
    )


def _subject(shown: str) -> str:
    word, _, name = shown.partition(" ")
    return f"{_SUBJECTS[word]} {name}" if word in _SUBJECTS and name else shown


def _is_kubernetes(change: ResourceChange) -> bool:
    return change.type.startswith("kubernetes:")


def _text(value: object) -> str:
    return _ABSENT if value is None else str(value)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

"""Which differences mean nothing: order, digests of one tag, computed fields, another way to write it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from .keyed_lists import differences, place_of
from .preview import EXPOSED, SECRET, UNKNOWN, PropertyChange, ResourceChange
from .property_path import MISSING, Part, found_at, parsed, quoted, written
from .values import MOST_JSON_CHARACTERS

_COMPUTED = {
    *("tagsAll", "effectiveLabels", "effectiveAnnotations", "pulumiLabels", "terraformLabels"),
    *("resourceVersion", "managedFields", "labelFingerprint", "fingerprint", "etag"),
    *("__defaults", "__inputs", "__internal", "__fieldManager", "__initialApiVersion"),
}
_COMPUTED_METADATA = {"generation", "uid", "creationTimestamp", "selfLink"}
_FREE = {"data", "stringData", "binaryData"}
"""Properties whose keys are their user's."""
_INTERNAL = "pulumi.com/"
_UNORDERED = {
    *("env", "volumes", "volumeMounts", "ports", "tolerations", "taints", "imagePullSecrets", "tags"),
    *("ingress", "egress", "ingresses", "egresses", "securityGroups", "securityGroupIds", "policyTypes"),
    *("vpcSecurityGroupIds", "subnetIds", "subnets", "cidrBlocks", "ipv6CidrBlocks", "prefixListIds"),
    *("members", "oauthScopes", "zones", "availabilityZones", "nodeLocations", "finalizers", "verbs"),
    *("apiGroups", "resourceNames", "networkTags", "secrets", "dependsOn"),
}
"""Lists of which the order says nothing, by the name of their property."""
_KEYS = ("name", "key", "containerPort", "port", "mountPath")
"""What the members of such a list are known by, where each has another."""
_AMOUNTS = {
    *("limits", "requests", "hard", "default", "defaultRequest", "max", "min", "capacity", "allocatable"),
    *("nominalQuota", "borrowingLimit", "lendingLimit", "sizeLimit", "storage"),
}
"""Properties that hold Kubernetes quantities: there 8.0 is 8. Elsewhere 1.30 is another version than 1.3."""
_QUANTITY = re.compile(r"([+-]?\d{1,30}(?:\.\d{1,30})?)(?:[eE]([+-]?\d{1,2}))?([numkKMGTPE]?i?)")
_UNITS = {"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "": Fraction(1)} | {
    unit: Fraction(1000**power) for power, unit in enumerate("kMGTPE", 1)
}
_UNITS |= {f"{unit}i": Fraction(1024**power) for power, unit in enumerate("KMGTPE", 1)}
_DIGEST = re.compile(r"(.+:[^/@:]+)@sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Sifted:
    """The differences of a resource that matter, and how many do not."""

    matter: tuple[PropertyChange, ...]
    noise: int


def sifted(change: ResourceChange) -> Sifted:
    """Tells what matters from noise. What replaces a resource always matters."""
    matter: list[PropertyChange] = []
    noise = 0
    lists: dict[tuple[Part, ...], list[PropertyChange]] = {}
    named: dict[tuple[Part, ...], list[PropertyChange]] = {}
    for difference in change.changes:
        parts = parsed(difference.path)
        if difference.replaces or difference.before == difference.after == SECRET:
            matter.append(difference)
        elif _is_computed(parts, change.type) or _same(difference, parts):
            noise += 1
        elif (place := _unordered(parts)) and _is_of_inputs(difference, parts, change):
            lists.setdefault(place, []).append(difference)
        elif (place := place_of(parts, change.before, change.after)) and _is_of_inputs(
            difference, parts, change
        ):
            named.setdefault(place, []).append(difference)
        else:
            matter.append(difference)
    for place, found in lists.items():
        real = _by_key(place, change)
        if real is None or len(real) > len(found):
            matter += found
        else:
            matter += real
            noise += len(found) - len(real)
    for place, found in named.items():
        real = [*differences(written(place), found_at(change.before, place), found_at(change.after, place))]
        # What the provider does not call a difference is none.
        matter += real if len(real) <= len(found) else found
    return Sifted(tuple(matter), noise)


def _is_computed(parts: Sequence[Part], kind: str) -> bool:
    if parts[:1] and parts[0] in _FREE:
        return False
    if any(isinstance(part, str) and (part in _COMPUTED or part.startswith(_INTERNAL)) for part in parts):
        return True
    if not kind.startswith("kubernetes:"):
        return False
    return parts[:1] == ("status",) or (
        parts[:1] == ("metadata",) and len(parts) > 1 and parts[1] in _COMPUTED_METADATA
    )


def _same(difference: PropertyChange, parts: Sequence[Part]) -> bool:
    before, after = difference.before, difference.after
    if before in (SECRET, EXPOSED, UNKNOWN) or after in (SECRET, EXPOSED, UNKNOWN):
        return False
    if before is None or after is None:
        return before is after
    if before == after and type(before) is type(after):
        return True
    if isinstance(before, dict | list) or isinstance(after, dict | list):
        return before == after
    old, new = _plain(before), _plain(after)
    return old == new or _digest_only(old, new) or _equal_amounts(old, new, parts) or _equal_json(old, new)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _digest_only(old: str, new: str) -> bool:
    first, second = _DIGEST.fullmatch(old), _DIGEST.fullmatch(new)
    return first is not None and second is not None and first[1] == second[1]


def _equal_amounts(old: str, new: str, parts: Sequence[Part]) -> bool:
    first, second = _QUANTITY.fullmatch(old), _QUANTITY.fullmatch(new)
    if not first or not second:
        return False
    has_unit = first[3] or second[3]
    if not has_unit and _AMOUNTS.isdisjoint(part for part in parts if isinstance(part, str)):
        return False
    return _amount(first) == _amount(second)


def _amount(found: re.Match[str]) -> Fraction | None:
    unit = _UNITS.get(found[3])
    return None if unit is None else Fraction(found[1]) * Fraction(10) ** int(found[2] or 0) * unit


def _equal_json(old: str, new: str) -> bool:
    if not (old[:1] == new[:1] and old[:1] in ("{", "[") and max(len(old), len(new)) < MOST_JSON_CHARACTERS):
        return False
    try:
        return bool(json.loads(old) == json.loads(new))
    except (ValueError, RecursionError):
        return False


def _unordered(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The outermost list around a place of which the order says nothing."""
    for at, part in enumerate(parts):
        if part in _UNORDERED and (at + 1 == len(parts) or isinstance(parts[at + 1], int)):
            return tuple(parts[: at + 1])
    return ()


def _is_of_inputs(difference: PropertyChange, parts: Sequence[Part], change: ResourceChange) -> bool:
    """Whether it is about the inputs that we have: what the cloud holds may be another list."""
    old, new = found_at(change.before, parts), found_at(change.after, parts)
    return (None if old is MISSING else old) == difference.before and (
        None if new is MISSING else new
    ) == difference.after


def _by_key(place: tuple[Part, ...], change: ResourceChange) -> list[PropertyChange] | None:
    """Differences of a list's members, each beside the one that is known by the same key."""
    old, new = found_at(change.before, place), found_at(change.after, place)
    if not isinstance(old, list) or not isinstance(new, list):
        return None
    name = next((key for key in _KEYS if _has_keys(old, key) and _has_keys(new, key)), None)
    first, second = _members(old, name), _members(new, name)
    if first is None or second is None:
        return None
    return list(_differences(written(place), first, second, keyed=name is not None))


def _has_keys(items: Sequence[object], key: str) -> bool:
    values = [item.get(key) if isinstance(item, dict) else None for item in items]
    return all(isinstance(value, str | int) for value in values) and len(set(values)) == len(values)


def _members(items: Sequence[object], name: str | None) -> dict[str, object] | None:
    if name is not None:
        return {str(item[name]): item for item in items if isinstance(item, dict)}
    members = {json.dumps(item, sort_keys=True): item for item in items}
    return members if len(members) == len(items) else None


def _differences(
    path: str, old: Mapping[str, object], new: Mapping[str, object], *, keyed: bool
) -> Iterator[PropertyChange]:
    for key in dict.fromkeys([*old, *new]):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        if not keyed:
            yield PropertyChange(path, before, after)
            continue
        place = f"{path}{quoted(key[:100])}"
        if not isinstance(before, dict) or not isinstance(after, dict):
            yield PropertyChange(place, before, after)
            continue
        for field in dict.fromkeys([*before, *after]):
            if before.get(field) != after.get(field):
                yield PropertyChange(written([field], place), before.get(field), after.get(field))

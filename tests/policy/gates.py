"""Rules as plain functions: on made-up resources, and on what a recorded program registers."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from ai_platform.policy.catalog import RULES
from ai_platform.policy.leave import Leave, given
from ai_platform.policy.look import SENTINELS, UNKNOWN, Resource, plain
from ai_platform.policy.rule import Rule
from ai_platform.testing import Recording
from ai_platform.testing import Unknown as Unrecorded
from ai_platform.testing.marks import Asset, Reference, Secret

TODAY = datetime.date(2026, 11, 21)
BY_NAME = {rule.name: rule for rule in RULES}
NOT_YET = sorted(SENTINELS)[0]
"""A value that is not known yet, as the engine says it."""
STACK = "pulumi:pulumi:Stack"


def made(type_: str, name: str = "x", /, *, protected: bool = False, **properties: Any) -> Resource:
    """A resource with these properties."""
    return Resource(f"urn:pulumi:test::p::{type_}::{name}", type_, name, plain(properties), protected)


def lines(rule: str, *resources: Resource, **settings: Any) -> list[str]:
    """What a rule says of these resources."""
    return [line for _, line in judged(BY_NAME[rule], resources, settings)]


def judged(rule: Rule, resources: tuple[Resource, ...], settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Logical name and words of each finding that no exception covers."""
    leave = Leave(given(settings), TODAY)
    found: list[tuple[str, str]] = []
    if rule.on_stack:
        found = [(finding.name, finding.message) for finding in rule.on_stack(resources, settings)]
    elif rule.on_resource:
        found = [(item.name, line) for item in resources for line in rule.on_resource(item, settings)]
    return [(name, line) for name, line in found if not leave.covers(rule.name, name)]


def resources_of(recording: Recording) -> tuple[Resource, ...]:
    """What a recorded program registers, as rules see it, behind the stack itself."""
    providers = {item.urn: _plain(item.inputs) for item in recording.resources if "providers:" in item.type}
    return (
        made(STACK, "stack"),
        *(
            Resource(
                item.urn,
                item.type,
                item.name,
                _plain(item.inputs),
                item.options.protect,
                providers.get(item.options.provider, {}),
                item.parent,
                {"launchTemplate": item.options.depends_on},
            )
            for item in recording.resources
        ),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Unrecorded):
        return UNKNOWN
    if isinstance(value, Secret):
        return _plain(value.value)
    if isinstance(value, Asset | Reference):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else plain(value)

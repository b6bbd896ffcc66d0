"""The rules as policies of Pulumi. Only this file and the pack itself know of ``pulumi_policy``."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    ResourceValidationPolicy,
    StackValidationPolicy,
)

from ..components.gates_spec import GateException
from .catalog import EXPIRED, RULES, UNNEEDED, UNSEEN
from .described import NoDescriptionError
from .leave import EXCEPTIONS, Leave, day, given, unneeded, wrong
from .look import Resource, plain
from .rule import Finding, OnResource, OnStack, Rule, Settings

Clock = Callable[[], datetime.date]
_STACK = "pulumi:pulumi:Stack"
_LEVEL = "enforcementLevel"
_CHART = "kubernetes:helm.sh/v4:Chart"
_COMMON: Mapping[str, Mapping[str, Any]] = {
    EXCEPTIONS: {"type": "array", "items": {"type": "object"}},
    "today": {"type": "string"},
}


@dataclass(slots=True)
class Run:
    """What the rules have seen of one run of the engine.

    Rules on a whole stack get its resources with their outputs, which lack the properties of objects in a
    cluster that is not there yet; so they are given what was registered.
    """

    inputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    used: set[GateException] = field(default_factory=set)
    unseen: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """URN and rule to sentences about what it could not see there."""


def policies(clock: Clock = lambda: datetime.datetime.now(datetime.UTC).date()) -> list[Policy]:
    """Every rule. All of them share what they see, so that they belong into one pack."""
    run = Run()
    judged = [_policy(rule, run, clock) for rule in RULES]
    return [_expired(clock), *judged, _unneeded(run, clock), _unseen(run)]


def _policy(rule: Rule, run: Run, clock: Clock) -> Policy:
    schema = {**_COMMON, **{name: dict(setting.schema) for name, setting in rule.settings.items()}}
    if rule.on_stack:
        return _made(rule, schema, _on_stack(rule, rule.on_stack, run, clock))
    if rule.on_resource:
        return _made(rule, schema, _on_resource(rule, rule.on_resource, run, clock))
    raise ValueError(f"rule {rule.name} looks at nothing")


def _made(rule: Rule, schema: Mapping[str, Any], validate: Any, *, whole_stack: bool | None = None) -> Policy:
    whole = rule.whole_stack if whole_stack is None else whole_stack
    kind = StackValidationPolicy if whole else ResourceValidationPolicy
    made: Policy = kind(
        name=rule.name,
        description=f"{rule.checks}. {rule.reason}. Remedy: {rule.remedy}.",
        validate=validate,
        enforcement_level=EnforcementLevel(rule.level.value),
        config_schema=PolicyConfigSchema(dict(schema)),
        remediation_steps=rule.remedy,
    )
    return made


def _on_resource(rule: Rule, check: OnResource, run: Run, clock: Clock) -> Any:
    def validate(args: Any, report: Any) -> None:
        settings = args.get_config()
        leave = Leave(given(settings), day(settings, clock()), run.used)
        resource = _resource(args)
        run.inputs[args.urn] = resource.properties
        try:
            lines = list(check(resource, settings))
        except NoDescriptionError as error:
            lines = [_unjudged(error)]
        lines = [] if lines and leave.covers(rule.name, resource.name) else lines
        # The stack is there once, so that it is said once.
        if args.resource_type == _STACK:
            lines = [*_misspelt(rule, settings), *lines]
        if lines:
            report("\n".join(lines))
        _note(run, rule, [resource])

    return validate


def _on_stack(rule: Rule, check: OnStack, run: Run, clock: Clock) -> Any:
    def validate(args: Any, report: Any) -> None:
        settings = args.get_config()
        leave = Leave(given(settings), day(settings, clock()), run.used)
        resources = [_in_stack(item, run) for item in args.resources]
        found: dict[str, list[str]] = {"": said} if (said := _misspelt(rule, settings)) else {}
        try:
            findings = list(check(resources, settings))
        except NoDescriptionError as error:
            findings = [Finding(_unjudged(error))]
        for finding in findings:
            if not leave.covers(rule.name, finding.name):
                found.setdefault(finding.urn, []).append(finding.message)
        for urn, lines in found.items():
            report("\n".join(lines), urn or None)
        _note(run, rule, resources)

    return validate


def _unjudged(error: NoDescriptionError) -> str:
    return f"can't be judged, since the plan can't be made: {error}"


def _misspelt(rule: Rule, settings: Settings) -> list[str]:
    """Keys of the configuration that mean nothing: a limit that is misspelt would be no limit."""
    known = [*rule.settings, *_COMMON]
    return [
        f"its configuration says {key!r}, which is none of its settings: {', '.join(known)}"
        for key in settings
        if key not in known and key != _LEVEL
    ]


def _expired(clock: Clock) -> Policy:
    def validate(args: Any, report: Any) -> None:
        # Of all resources the stack comes first: nothing is made under an exception that has ended.
        if args.resource_type == _STACK:
            settings = args.get_config()
            for line in wrong(settings, day(settings, clock()), [rule.name for rule in RULES]):
                report(line)

    return _made(EXPIRED, {**_COMMON, "levels": {"type": "array", "items": {"type": "string"}}}, validate)


def _unneeded(run: Run, clock: Clock) -> Policy:
    def validate(args: Any, report: Any) -> None:
        settings = args.get_config()
        # What nobody can see may need its exception.
        empty = set(_empty_charts(args.resources))
        names = {item.urn: item.name for item in args.resources}
        unseen = [name for urn, name in names.items() if urn in empty]
        for line in unneeded(settings, day(settings, clock()), run.used, list(names.values()), unseen):
            report(line)

    schema = {**_COMMON, "whole": {"type": "boolean"}}
    return _made(UNNEEDED, schema, validate, whole_stack=True)


def _unseen(run: Run) -> Policy:
    def validate(args: Any, report: Any) -> None:
        # Of two previews in one process, the first must leave nothing behind that has gone since.
        there = {item.urn for item in args.resources}
        for (urn, _), lines in sorted(run.unseen.items()):
            if urn in there and lines:
                report("\n".join(lines), urn)
        for item in _empty_charts(args.resources):
            report(
                "no rule could see the objects of this chart: its cluster is not there yet; the apply "
                "checks them",
                item,
            )

    return _made(UNSEEN, {}, validate, whole_stack=True)


def _empty_charts(resources: Sequence[Any]) -> Iterator[str]:
    parents = {item.parent.urn for item in resources if item.parent is not None}
    return (item.urn for item in resources if item.resource_type == _CHART and item.urn not in parents)


def _note(run: Run, rule: Rule, resources: Sequence[Resource]) -> None:
    for resource in resources:
        lines = []
        if resource.unseen:
            lines.append(
                f"{rule.name} could not see {', '.join(sorted(resource.unseen))}; the apply checks it"
            )
        if resource.hidden:
            lines.append(f"{rule.name} can't see {', '.join(resource.hidden)}")
        run.unseen[resource.urn, rule.name] = lines


def _resource(args: Any) -> Resource:
    return Resource(
        urn=args.urn,
        type=args.resource_type,
        name=args.name,
        properties=plain(args.props),
        protected=bool(args.opts.protect),
        provider=plain(args.provider.props) if args.provider else {},
        parent=args.opts.parent or "",
    )


def _in_stack(item: Any, run: Run) -> Resource:
    registered = run.inputs.get(item.urn)
    return Resource(
        urn=item.urn,
        type=item.resource_type,
        name=item.name,
        properties=plain(item.props) if registered is None else registered,
        protected=bool(item.opts.protect),
        provider=plain(item.provider.props) if item.provider else {},
        parent=item.parent.urn if item.parent else "",
        depends_on={
            key: tuple(other.urn for other in others) for key, others in item.property_dependencies.items()
        },
    )

"""The commands ``ai-platform report`` and ``preview``: what a change does, and whether it may pass."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ..components.cluster_spec import NO_CLUSTER
from ..components.errors import InvalidInput, Problem
from ..layers import StackLayout, environment_of, stacks_of
from ..local.tools import say
from . import project
from .command import FAILED, PASSED, STOPPED, WRONG, Add
from .output import PIPE_WIDTH, write, write_file
from .state import is_simulated
from .table import text_for, text_of
from .workplace import Workplace

if TYPE_CHECKING:
    from ..environment import Environment
    from ..report.model import Report
    from ..report.preview import Preview
    from .sides import Sides

_FORMATS = ("terminal", "markdown", "json", "html")
_RENDERERS = {"markdown": "markdown", "json": "json_text", "html": "html"}
"""Modules of ``report``, each with a function of its name. HTML takes long to load."""
_LEVELS = ("critical", "high", "medium", "never")
_DEFAULT = "local"
_NOT_THERE = (NO_CLUSTER, "unknown stack")


def register(add: Add) -> None:
    """Adds the commands."""
    report = add("report", _report, "show what previews would do, and what it costs; touches nothing")
    report.add_argument(
        "--preview",
        metavar="FILE",
        nargs="+",
        default=[],
        help="of `pulumi preview --json` or `--event-log`; without any, plans alone are compared",
    )
    report.add_argument(
        "--before", metavar="FILE|ENV|REV:ENV", nargs="+", default=[], help="description before the change"
    )
    report.add_argument(
        "--after", metavar="FILE|ENV|REV:ENV", nargs="+", default=[], help="default: stacks/ENV.yaml"
    )
    preview = add("preview", _preview, "show what `up` would change, cost and endanger")
    preview.add_argument(
        "stacks", metavar="STACK", nargs="*", default=[_DEFAULT], help="environment or stack; default: local"
    )
    for parser in (report, preview):
        parser.add_argument(
            "--base", metavar="REV", help="git revision to compare with; default: where the branch began"
        )
        parser.add_argument("--format", choices=_FORMATS, default=_FORMATS[0], help="default: terminal")
        parser.add_argument("--output", metavar="FILE", help="default: standard output")
        parser.add_argument(
            "--fail-on",
            choices=_LEVELS,
            default=_LEVELS[0],
            help="dangers that end with 3; default: critical",
        )


def _report(options: argparse.Namespace) -> int:
    from ..report.read_preview import read_files
    from .sides import sides_of

    if not options.preview and not options.before and not options.after:
        fix = "give --preview FILE of `pulumi preview --json --show-sames`, or --before and --after"
        raise InvalidInput("report", [Problem("", "nothing to report on", "a preview or descriptions", fix)])
    # Nearly all objects live to the end: looking for garbage between them would take a fifth of the time.
    gc.disable()
    try:
        previews = read_files([Path(name) for name in options.preview])
        environments = {environment_of(preview.stack) for preview in previews if preview.stack}
        sides = sides_of(_root(), environments, base=options.base, before=options.before, after=options.after)
        return _finish(options, previews, sides)
    finally:
        gc.enable()


def _preview(options: argparse.Namespace) -> int:
    from .gates import pack_of
    from .preview_run import previewed
    from .sides import sides_of

    place = project.workplace()
    environments = {environment_of(name) for name in options.stacks}
    sides = sides_of(place.root, environments, base=options.base)
    # Of a description that goes there is no preview, and much to say.
    for name in sorted(environments - {side.environment.name for side in sides.before}):
        project.require_description(place, name)
    right = {side.environment.name: side.environment for side in sides.after}
    names = [name for name in options.stacks if environment_of(name) in right]
    stacks = _stacks(place, names, right)
    if stacks:
        say(f"previewing {', '.join(stacks)}")
    packs = {stack: pack_of(place, stack) for stack in stacks}
    previews = previewed([project.engine(place, stack) for stack in stacks], packs)
    if options.format == _FORMATS[0] and not options.output:
        for preview in previews:
            write(_summary(place, preview))
    return _finish(options, previews, sides)


def _stacks(place: Workplace, names: Sequence[str], right: Mapping[str, Environment]) -> list[str]:
    """The stacks that these environments and stacks are. Raises ``InvalidInput``."""
    stacks: dict[str, None] = {}
    for name in names:
        environment = right[environment_of(name)]
        if is_simulated(place.root, name):
            project.require_cluster(place, name)
            stacks[name] = None
            continue
        there = list(stacks_of(environment.name, environment.stacks))
        if name != environment.name and name not in there:
            fix = "name the environment or one of its stacks"
            raise InvalidInput(name, [Problem("", name, f"one of: {', '.join(there)}", fix)])
        stacks |= dict.fromkeys(there if name == environment.name else [name])
    return list(stacks)


def _summary(place: Workplace, preview: Preview) -> str:
    from ..report.change import stack_parts
    from .summary import Summary

    head = "\npreview" if is_simulated(place.root, preview.stack) else preview.stack
    if not preview.complete:
        return f"{head}: {_why(preview)}"
    counts = stack_parts([preview])[0].counts
    summary = Summary(
        counts.create, counts.update, counts.delete, counts.replace, counts.same + counts.rename
    )
    return f"{head}: {summary}" if summary.changed else f"{head}: nothing would change"


def _why(preview: Preview) -> str:
    if _is_not_there(preview):
        first = next(iter(stacks_of(environment_of(preview.stack), StackLayout.SPLIT)))
        return f"can be previewed once {first} was applied"
    return "the preview failed"


def _is_not_there(preview: Preview) -> bool:
    """Whether it fails only because a stack that it needs was never applied."""
    return any(text in error for text in _NOT_THERE for error in preview.errors)


def _finish(options: argparse.Namespace, previews: Sequence[Preview], sides: Sides) -> int:
    from ..report.make import make_report

    report = make_report(
        previews, sides.before, sides.after, sides.notes, wrong=sides.wrong, unknown=sides.unknown
    )
    text = _rendered(report, options.format, sys.stdout.isatty() and not options.output)
    if options.output:
        write_file(Path(options.output), text if text.endswith("\n") else f"{text}\n")
    else:
        write(text)
    return status_of(report, options.fail_on, previews)


def status_of(report: Report, fail_on: str, previews: Sequence[Preview]) -> int:
    """The exit status of a report: what must not pass goes before what failed."""
    from ..report.model import Grade

    order = [grade.value for grade in Grade]
    grave = order[: order.index(fail_on) + 1] if fail_on in order else []
    too_grave = any(danger.grade.value in grave for danger in report.dangers)
    if too_grave or any(line.level == "mandatory" for line in report.gates):
        return STOPPED
    if report.wrong:
        return WRONG
    failed = any(not preview.complete and not _is_not_there(preview) for preview in previews)
    return FAILED if failed else PASSED


def _rendered(report: Report, form: str, wide: bool) -> str:
    if form in _RENDERERS:
        module = import_module(f"..report.{_RENDERERS[form]}", __package__)
        return str(getattr(module, _RENDERERS[form])(report))
    from ..report.terminal import terminal

    parts = terminal(report)
    return text_for(sys.stdout, parts) if wide else text_of(parts, PIPE_WIDTH)


def _root() -> Path:
    """The project, or the current folder: a report needs none where all its files are named."""
    try:
        return project.workplace().root
    except InvalidInput:
        return Path.cwd()

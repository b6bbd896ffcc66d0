"""The command ``ai-platform drift``: description, state and what is really there. Reads; never writes."""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from ..components.counted import counted
from ..components.errors import InvalidInput, Problem
from . import project
from .command import FAILED, STOPPED, Add
from .output import write, write_file
from .table import TextTable, text_for

if TYPE_CHECKING:
    from ..drift.model import DriftLine, DriftReport


def register(add: Add) -> None:
    """Adds the command."""
    text = "compare description, state and what is really there; changes nothing; 3 when they differ"
    parser = add("drift", _drift, text)
    parser.add_argument("environment", metavar="ENV", nargs="?", default="local", help="default: local")
    parser.add_argument("--json", action="store_true", help="for programs; see docs/drift.schema.json")
    parser.add_argument("--no-cloud", action="store_true", help="don't let Pulumi ask providers (refresh)")
    parser.add_argument("--no-cluster", action="store_true", help="don't ask the cluster's API server")
    parser.add_argument("--prices", action="store_true", help="ask the cloud's price API too")
    parser.add_argument("--kubeconfig", metavar="FILE", type=Path, help="default: the environment's own")
    parser.add_argument(
        "--in-cluster", action="store_true", help="in a pod: ask its own cluster, nothing else"
    )
    parser.add_argument("--output", metavar="FILE", type=Path, help="write there, replacing it")


def _drift(options: argparse.Namespace) -> int:
    out: Path | None = options.output
    if out is not None and not out.absolute().parent.is_dir():
        problem = Problem("--output", str(out), "a file in a folder that exists", "make the folder first")
        raise InvalidInput("drift", [problem])
    from .drift_sources import looked_at, looked_at_from_inside

    if options.in_cluster:
        _refuse_others(options)
        report = looked_at_from_inside(*project.described_by(options.environment), today=_today())
        return _told(report, options)
    place = project.workplace()
    environment, plan = project.described(place, options.environment)
    report = looked_at(
        place,
        environment,
        plan,
        today=_today(),
        cloud=not options.no_cloud,
        cluster=not options.no_cluster,
        prices=options.prices,
        kubeconfig=options.kubeconfig,
    )
    return _told(report, options)


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()


def _refuse_others(options: argparse.Namespace) -> None:
    given = {
        "--no-cluster": options.no_cluster,
        "--kubeconfig": options.kubeconfig is not None,
        "--prices": options.prices,
    }
    expected, fix = "only the pod's own cluster with --in-cluster", "leave one of the two out"
    problems = [Problem(name, "a given option", expected, fix) for name, there in given.items() if there]
    if problems:
        raise InvalidInput("drift", problems)


def _told(report: DriftReport, options: argparse.Namespace) -> int:
    out: Path | None = options.output
    text = report.model_dump_json(indent=2) if options.json else text_for(sys.stdout, tables(report))
    if out is None:
        write(text)
    else:
        write_file(out, f"{text}\n")
    return exit_status(report)


def exit_status(report: DriftReport) -> int:
    """0 without drift, 3 with, and 1 when something that was asked for could not be read."""
    if report.unread:
        return FAILED
    return STOPPED if report.drifted else 0


def tables(report: DriftReport) -> list[TextTable | str]:
    """One table, grouped by subject; below it what was not looked at, and what to do."""
    from ..drift.model import Severity

    parts: list[TextTable | str] = []
    if report.lines:
        shown = TextTable(f"drift of {report.environment}", ("", "what", "described", "state", "live"))
        for row in _rows(report):
            shown.add_row(*row)
        parts.append(shown)
    count = sum(line.severity is not Severity.NOTE for line in report.lines)
    notes = len(report.lines) - count
    read = [source.name for source in report.sources if source.read]
    said = counted(count, "difference")
    more = f", {counted(notes, 'note')}" if notes else ""
    parts.append(f"{said if count else 'no drift'}{more}; looked at: {', '.join(read) or 'nothing'}")
    parts += [f"not looked at: {source.name}: {source.why}" for source in report.sources if not source.read]
    fixes: dict[str, dict[str, None]] = {}
    for line in report.lines:
        fixes.setdefault(line.fix, {})[line.subject] = None
    return [*parts, *(f"for {', '.join(subjects)}: {fix}" for fix, subjects in fixes.items())]


def _rows(report: DriftReport) -> Iterator[tuple[str, ...]]:
    for subject, lines in groupby(report.lines, key=lambda line: line.subject):
        for at, line in enumerate(lines):
            yield (subject if at == 0 else "", _what(line), *_sides(line))


def _what(line: DriftLine) -> str:
    return f"{line.what} ({line.note})" if line.note else line.what


def _sides(line: DriftLine) -> tuple[str, ...]:
    return tuple(side if side is not None else "-" for side in (line.described, line.state, line.live))

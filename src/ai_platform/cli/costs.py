"""The command ``ai-platform costs``: what an environment cost, and who bears it."""

from __future__ import annotations

import argparse
import datetime
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..components.errors import InvalidInput, Problem
from ..local.tools import say
from .command import FAILED, Add
from .output import write, write_file
from .project import described_by
from .table import text_for

if TYPE_CHECKING:
    from ..finops.usage import Usage

_FORMATS = ("table", "csv", "focus", "json", "html")
_TOKEN = "AI_PLATFORM_PROMETHEUS_TOKEN"  # noqa: S105 - the variable's name


def register(add: Add) -> None:
    """Adds the command."""
    parser = add("costs", _costs, "show what an environment cost, by team, pool and token")
    parser.add_argument("environment", metavar="ENV|FILE", help="environment, or its description")
    parser.add_argument(
        "--from", dest="first", metavar="DAY", type=_day, required=True, help="first day, UTC"
    )
    parser.add_argument(
        "--to", dest="last", metavar="DAY", type=_day, required=True, help="last day, included"
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--prometheus", metavar="URL", help=f"read usage there; a token may stand in {_TOKEN}"
    )
    source.add_argument("--usage", metavar="FILE", type=Path, help="read usage that --save-usage wrote")
    parser.add_argument("--save-usage", metavar="FILE", type=Path, help="write down what was read")
    parser.add_argument(
        "--bill", metavar="FILE", type=Path, help="the cloud's bill as FOCUS, for list prices"
    )
    parser.add_argument("--format", choices=_FORMATS, default="table")
    parser.add_argument("--output", metavar="FILE", type=Path, help="default: standard output")


def _costs(options: argparse.Namespace) -> int:
    from ..finops.prometheus import PrometheusError

    try:
        return _told(options)
    except PrometheusError as error:
        say(f"error: {error}")
        return FAILED


def _told(options: argparse.Namespace) -> int:
    from .. import costs_tables
    from ..costs import costs_of
    from ..finops.bill_file import read_bill
    from ..finops.usage_file import usage_text

    first, last = options.first, options.last
    if last < first:
        fix = f"name the earlier day first: --from {last} --to {first}"
        raise InvalidInput("costs", [Problem("--to", str(last), f"{first} or later", fix)])
    environment, plan = described_by(options.environment)
    bill = read_bill(options.bill, environment.name) if options.bill else None
    usage = _usage(options, environment.name)
    if options.save_usage:
        write_file(options.save_usage, usage_text(usage))
    costs = costs_of(plan, usage, first, last, bill)
    if options.format == "table":
        text = text_for(sys.stdout, costs_tables.tables(costs)) + "\n"
    elif options.format == "focus":
        text = costs_tables.focus_text(environment, plan, costs)
    elif options.format == "html":
        from ..showback import showback

        text = showback(costs, costs.savings)
    else:
        text = {"csv": costs_tables.csv_text, "json": costs_tables.json_text}[options.format](costs)
    if options.output:
        write_file(options.output, text)
    else:
        write(text.removesuffix("\n"))
    if options.format != "table":
        for name in costs.unknown:
            say(f"without a price, and in no sum: {name}")
        for note in costs.notes:
            say(f"note: {note}")
    return 0


def _usage(options: argparse.Namespace, environment: str) -> Usage:
    from ..finops.usage_file import read_usage

    if options.usage:
        return read_usage(options.usage, environment)
    from ..finops.prometheus import Prometheus
    from ..finops.prometheus_usage import read_usage_from

    prometheus = Prometheus(options.prometheus, os.environ.get(_TOKEN))
    return read_usage_from(prometheus, environment, options.first, options.last)


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: write it as 2026-11-21") from None

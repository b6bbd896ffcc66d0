"""The command ``ai-platform prices``: prices read from a cloud into a file that is reviewed and committed."""

from __future__ import annotations

import argparse
import datetime
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..components.errors import InvalidInput, Problem
from ..gpu.machines import MACHINES, Cloud, Machine
from ..local.tools import say
from .command import FAILED, Add
from .output import write_file

if TYPE_CHECKING:
    from ..finops.gcp_prices import GcpMachine
    from ..finops.price_file import Refreshed

_SUFFIXES = (".csv", ".yaml", ".yml")


def register(add: Add) -> None:
    """Adds the command."""
    parser = add("prices", _prices, "read current prices from a cloud into a price file")
    parser.add_argument("action", choices=["refresh"], help="refresh: ask the cloud's price API")
    parser.add_argument("--cloud", choices=[Cloud.AWS.value, Cloud.GCP.value], required=True)
    parser.add_argument("--region", metavar="R", required=True)
    parser.add_argument(
        "--out", metavar="FILE", type=Path, help=".csv or .yaml, replaced; default: CSV on standard output"
    )


def _prices(options: argparse.Namespace) -> int:
    from ..finops.price_file import RefreshError, as_csv, as_yaml

    out: Path | None = options.out
    if out is not None:
        _writable(out)
    try:
        found = refreshed(Cloud(options.cloud), options.region)
    except RefreshError as error:
        say(f"error: {error}")
        return FAILED
    if not found.rows:
        say(
            f"error: no machine of the catalog has a price in {options.region}; "
            f"is that a region of {options.cloud}?"
        )
        return FAILED
    text = as_yaml(found.rows) if out and out.suffix != ".csv" else as_csv(found.rows)
    if out is None:
        sys.stdout.write(text)
    else:
        write_file(out, text)
    for line in report(found, out):
        say(line)
    return 0


def report(found: Refreshed, out: Path | None) -> list[str]:
    """What was found, what was not and why, and what to do next."""
    machines = len({row.machine for row in found.rows})
    lines = [f"{len(found.rows)} prices of {machines} machines"]
    by_reason: dict[str, list[str]] = {}
    for name, why in found.unpriced.items():
        by_reason.setdefault(why, []).append(name)
    lines += [f"unknown: {', '.join(names)}: {why}" for why, names in by_reason.items()]
    if out is not None:
        lines.append(f"review {out}, commit it, and name it under price_files in a description")
    return lines


def refreshed(cloud: Cloud, region: str) -> Refreshed:
    """What a cloud asks today for each machine of the catalog. Raises ``RefreshError``."""
    from ..finops import aws_prices, gcp_prices

    now = datetime.datetime.now(datetime.UTC)
    machines = [row for row in MACHINES.values() if row.cloud is cloud]
    if cloud is Cloud.AWS:
        return aws_prices.refresh(region, {row.name for row in machines}, now)
    return gcp_prices.refresh(
        region, [_billed(row) for row in machines if row.vcpu and row.memory_gib], now.date()
    )


def _billed(row: Machine) -> GcpMachine:
    from ..finops.gcp_prices import GcpMachine

    return GcpMachine(
        name=row.name,
        accelerator=row.gke_accelerator or "",
        gpu_count=row.gpu_count,
        vcpu=row.vcpu or 0,
        memory_gib=row.memory_gib or 0,
        local_disk_gib=row.local_disk_gib or 0,
        options=row.purchase_options,
    )


def _writable(out: Path) -> None:
    problem = None
    if out.suffix not in _SUFFIXES:
        problem = Problem("--out", str(out), f"a file that ends in {', '.join(_SUFFIXES)}", "name it so")
    elif not out.parent.is_dir():
        problem = Problem("--out", str(out), "a file in a folder that exists", f"make {out.parent} first")
    if problem:
        raise InvalidInput("prices refresh", [problem])

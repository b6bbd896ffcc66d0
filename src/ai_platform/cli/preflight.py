"""The command ``ai-platform preflight``: asks the cloud what it lacks for an environment."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..components.cluster_spec import EksSpec, GkeSpec
from ..components.errors import InvalidInput, Problem
from ..gpu.preflight import Finding, NoCredentials, Verdict
from ..local.tools import say
from . import project
from .command import FAILED, Add
from .output import write
from .table import TextTable, text_for

if TYPE_CHECKING:
    from ..environment import Environment
    from ..gpu.machines import Machine
    from ..gpu.spec import NodePoolSpec

_MISSING, _UNKNOWN = 1, 2


def register(add: Add) -> None:
    """Adds the command."""
    parser = add("preflight", _preflight, "ask the cloud what it lacks for the environment; changes nothing")
    parser.add_argument("environment", metavar="ENV|FILE")
    parser.add_argument("--json", action="store_true", help="for programs")


def _preflight(options: argparse.Namespace) -> int:
    environment, _ = project.described_by(options.environment)
    cluster = environment.cluster
    if not isinstance(cluster, EksSpec | GkeSpec):
        write(
            "[]"
            if options.json
            else f"{environment.name}: no cloud is asked for a {cluster.provider} cluster"
        )
        return 0
    _one_region(environment, cluster)
    try:
        found = list(_findings(environment, cluster))
    except ImportError as error:
        extra = "aws" if isinstance(cluster, EksSpec) else "gcp"
        say(f"error: {error}; install ai-platform[{extra}]")
        return FAILED
    except NoCredentials as error:
        say(f"error: {error}")
        return FAILED
    write(
        json.dumps([finding.as_json() for finding in found], indent=2)
        if options.json
        else text_for(sys.stdout, table(environment.name, found))
    )
    return exit_status(found)


def _one_region(environment: Environment, cluster: EksSpec | GkeSpec) -> None:
    zones = [zone for zone in cluster.zones if not zone.startswith(environment.region)]
    if zones:
        expected, fix = f"the region of {', '.join(zones)}", "let region and zones of the cluster agree"
        raise InvalidInput(environment.name, [Problem("region", environment.region, expected, fix)])


def _findings(environment: Environment, cluster: EksSpec | GkeSpec) -> Iterable[Finding]:
    from ..catalogs import machines_of
    from ..gpu.tpus import TPU_MACHINES

    machines = machines_of(environment)
    pools: Sequence[tuple[NodePoolSpec, Machine]] = [
        (spec, machines[spec.machine]) for spec in environment.node_pools if spec.machine not in TPU_MACHINES
    ]
    if isinstance(cluster, EksSpec):
        from ..gpu.aws import preflight_calls as aws

        clients = aws.clients_of(environment.region)
        return aws.findings(clients, environment.name, environment.region, cluster, pools)
    from ..gpu.gcp import preflight_calls as gcp

    tpus = [spec for spec in environment.node_pools if spec.machine in TPU_MACHINES]
    return gcp.findings(gcp.clients_of(), environment.name, environment.region, cluster, pools, tpus)


def table(name: str, found: Sequence[Finding]) -> Iterable[TextTable | str]:
    """What is missing first, then what could not be checked, then what is there.

    What to ask for stands below, each on a line of its own, so that commands can be copied.
    """
    shown = TextTable(f"preflight of {name}", ("", "for", "what", "there is", "needed"))
    lines: list[str] = []
    for verdict, title in (
        (Verdict.MISSING, "ask for:"),
        (Verdict.UNKNOWN, "could not be checked:"),
        (Verdict.OK, ""),
    ):
        rows = [row for row in found if row.verdict is verdict]
        for row in rows:
            shown.add_row(_MARKS[verdict], row.subject, row.what, row.got, row.needed)
        if asks := [f"  {row.subject}, {row.what}: {row.ask}" for row in rows if row.ask]:
            lines += ["", title, *asks]
    counts = ", ".join(f"{sum(row.verdict is v for row in found)} {_COUNTED[v]}" for v in Verdict)
    return [shown, counts, *lines]


_MARKS = {Verdict.OK: "ok", Verdict.MISSING: "missing", Verdict.UNKNOWN: "?"}
_COUNTED = {Verdict.OK: "ok", Verdict.MISSING: "missing", Verdict.UNKNOWN: "could not be checked"}


def exit_status(found: Iterable[Finding]) -> int:
    """0 when all is there, 1 when something is missing, 2 when something could not be checked."""
    verdicts = {finding.verdict for finding in found}
    return _MISSING if Verdict.MISSING in verdicts else _UNKNOWN if Verdict.UNKNOWN in verdicts else 0

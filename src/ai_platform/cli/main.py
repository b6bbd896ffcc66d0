"""The command ``ai-platform``."""

from __future__ import annotations

import argparse
import gc
import json
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..components.errors import InvalidInput, Problem
from ..local import tools
from ..local.errors import ClusterError
from ..local.gobuild import clock
from ..local.tools import ToolError, say
from . import (
    changed,
    comment,
    costs,
    doctor,
    drift,
    fit,
    gates,
    init,
    machines,
    mig,
    new,
    preflight,
    prices,
    project,
    pull_request,
    render,
    stacks,
    wait,
)
from .command import FAILED, WRONG
from .entry import AGAIN, INTERRUPTED
from .output import write as _write
from .state import is_simulated
from .table import text_for
from .workplace import EngineError, Workplace, forget, held

if TYPE_CHECKING:
    from ..plan import Plan
    from .summary import Summary

_DEFAULT = "local"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; the exit status is 0, 1 after a failure, 2 for bad input, 3 for what must not
    pass, 130 when stopped."""
    try:
        options = _parser().parse_args(argv)
        # Who ends us politely means pulumi as well: it gets to finish what it is at and to write its state.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except InvalidInput as error:
        say(f"error: {error}")
        if getattr(options, "json", False):
            _write(json.dumps(error.as_data(), indent=2))
        return WRONG
    except (ToolError, ClusterError, EngineError) as error:
        say(f"error: {error}")
        return FAILED
    except KeyboardInterrupt:
        say(AGAIN)
        return INTERRUPTED
    except BrokenPipeError:
        # Who reads us has seen enough, as `head` does. Python must not find that out again while it ends.
        sys.stdout = None
        return FAILED
    except OSError as error:
        if error.filename is None:
            raise
        say(f"error: {error.filename}: {error.strerror or error}")
        return FAILED


@cache
def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ai-platform", description="One AI platform, from one description.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        return added

    for name, command, text in (
        ("up", _up, "make the environment what stacks/ENV.yaml says"),
        ("down", _down, "remove the simulated cluster and all that belongs to it"),
        ("destroy", _destroy, "take the platform off the cluster, which stays"),
        ("env", _env, "print the shell variables with which `pulumi` works on the project"),
    ):
        added = add(name, command, text)
        added.add_argument("environment", metavar="ENV", nargs="?", default=_DEFAULT, help="default: local")
    plan = add("plan", _plan, "show the capacity plan; touches nothing")
    plan.add_argument("environment", metavar="ENV|FILE", nargs="?", default=_DEFAULT, help="default: local")
    plan.add_argument("--json", action="store_true", help="for programs")
    for part in (
        machines,
        prices,
        fit,
        mig,
        new,
        init,
        doctor,
        preflight,
        drift,
        pull_request,
        changed,
        render,
        comment,
        costs,
        gates,
        wait,
    ):
        part.register(add)
    local = add("local", _local, "the simulated cluster alone")
    local.add_argument("action", choices=list(_LOCAL))
    local.add_argument("--name", default=_DEFAULT, help="default: local")
    made = add("tools", _tools, "find or build the programs that the other commands need")
    made.add_argument("names", metavar="NAME", nargs="*", help="default: all")
    return parser


def _up(options: argparse.Namespace) -> int:
    began = time.monotonic()
    name, place = options.environment, project.workplace()
    environment, plan = project.described(place, name)
    if not is_simulated(place.root, name):
        stacks.up(place, environment)
        if not wait.arrived(place, environment, plan):
            return FAILED
        _write(f"\n{_tables(plan)}\nready after {clock(time.monotonic() - began)}")
        return 0
    if not place.kubeconfig(name).exists():
        # The objects of an earlier cluster have gone with it.
        with held(place, name):
            forget(place, name)
    project.start_cluster(place, name, fair_sharing=plan.fair_sharing)
    summary = _engine_up(place, name)
    if not wait.arrived(place, environment, plan):
        return FAILED
    from .report import live_table

    _write(text_for(sys.stdout, live_table(plan, place.kubeconfig(name))))
    _write(f"\n{summary}\nready after {clock(time.monotonic() - began)}\n\n{_next_steps(place, name)}")
    return 0


def _engine_up(place: Workplace, name: str) -> Summary:
    from ..components.objects import SWEPT_KINDS

    try:
        return project.engine(place, name).up(SWEPT_KINDS)
    except EngineError as error:
        raise EngineError("\n".join([str(error), *_not_ready(place.kubeconfig(name))])) from error


def _not_ready(kubeconfig: Path) -> list[str]:
    from .report import not_ready

    try:
        lines = not_ready(kubeconfig)
    except Exception as error:
        return [f"what is not ready can't be read from the cluster: {error}"]
    return ["not ready:", *(f"  {line}" for line in lines)] if lines else []


def _next_steps(place: Workplace, name: str) -> str:
    program = _program()
    by_make = name == _DEFAULT and (place.root / "Makefile").is_file()
    again = "make up" if by_make else f"{program} up {name}"
    return "\n".join(
        [
            "next:",
            f"  {program} plan {name}",
            f"  change `mig:` in stacks/{name}.yaml, then: {again}",
            f'  eval "$({program} env {name})", then: pulumi preview, or: pulumi stack output',
        ]
    )


def _program() -> str:
    """How the user can call us again from here."""
    if shutil.which("ai-platform"):
        return "ai-platform"
    own = Path(sys.argv[0]).absolute()
    return str(own.relative_to(Path.cwd())) if own.is_relative_to(Path.cwd()) else str(own)


def _down(options: argparse.Namespace) -> int:
    name, place = options.environment, project.workplace()
    if not is_simulated(place.root, name):
        got = "an environment whose cluster is not simulated"
        fix = f"take the platform away with: ai-platform destroy {name}"
        raise InvalidInput(name, [Problem("", got, "one on the simulated cluster", fix)])
    return _remove(place, name)


def _remove(place: Workplace, name: str) -> int:
    from ..local import cluster

    there = place.home.exists()
    with held(place, name):
        cluster.down(name, root=place.clusters, report=say)
        forget(place, name)
    if there and not any(place.home.iterdir()):
        place.home.rmdir()
    _write(f"{name} is gone" if there else f"{name}: there is nothing to remove")
    return 0


def _destroy(options: argparse.Namespace) -> int:
    name, place = options.environment, project.workplace()
    if not is_simulated(place.root, name):
        stacks.destroy(place, project.described(place, name)[0])
        return 0
    project.require_cluster(place, name)
    _write(f"\n{project.engine(place, name).destroy()}")
    return 0


def _plan(options: argparse.Namespace) -> int:
    # All objects of a plan live to its end: looking for garbage between them would take as long as planning.
    gc.disable()
    try:
        environment, plan = project.described_by(options.environment)
        if options.json:
            _write(plan.model_dump_json(indent=2))
        else:
            from .budgets import budget_lines
            from .nodes import node_lines

            lines = [*budget_lines(environment, plan), *node_lines(environment, plan)]
            _write("\n".join([_tables(plan), *lines]))
    finally:
        gc.enable()
    return 0


def _tables(plan: Plan) -> str:
    from .report import plan_table

    return text_for(sys.stdout, plan_table(plan))


def _env(options: argparse.Namespace) -> int:
    for name, value in project.variables(project.workplace(), options.environment).items():
        _write(f"export {name}={project.quoted(value)}")
    return 0


def _tools(options: argparse.Namespace) -> int:
    return tools.build(options.names)


def _local(options: argparse.Namespace) -> int:
    return _LOCAL[options.action](project.workplace(), options.name)


def _local_up(place: Workplace, name: str) -> int:
    began = time.monotonic()
    started = project.start_cluster(place, name)
    _write(f"cluster {name} is ready after {clock(time.monotonic() - began)}: {started.kubeconfig}")
    return 0


def _local_status(place: Workplace, name: str) -> int:
    from ..local import cluster

    programs = cluster.status(name, root=place.clusters)
    for program in programs:
        state = (
            "healthy" if program.healthy else "running, but does not answer" if program.running else "stopped"
        )
        ports = ", ".join(f"{role} {port}" for role, port in program.ports.items())
        _write(f"{program.name:<24} {program.pid or '-':>8}  {state:<10} {ports}".rstrip())
        if program.log_tail:
            _write("\n".join(f"    {line}" for line in program.log_tail.splitlines()))
    if not programs:
        _write(f"there is no cluster {name}")
    return 0 if programs and all(program.healthy for program in programs) else FAILED


_LOCAL: dict[str, Callable[[Workplace, str], int]] = {
    "up": _local_up,
    "status": _local_status,
    "down": _remove,
}

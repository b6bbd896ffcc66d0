"""``ai-platform gates``: what the policy pack is to know of an environment."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from . import cli_project as project
from .cli_output import write
from .layers import stacks_of

Add = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]
_PACK = "policy"


def register(add: Add) -> None:
    """Adds the command."""
    command = add("gates", _gates, "write the policy pack's configuration and how to run it")
    command.add_argument("environment", metavar="ENV", help="name of stacks/ENV.yaml")
    command.add_argument(
        "--output", type=Path, metavar="FILE", help="where to write it; default: .ai-platform/gates-ENV.json"
    )


def _gates(options: argparse.Namespace) -> int:
    from .gates_config import gates_config

    place, name = project.workplace(), options.environment
    environment, _ = project.described(place, name)
    path = place.root / "stacks" / f"{name}.yaml"
    output = options.output or place.home / f"gates-{name}.json"
    output.parent.mkdir(parents=True, exist_ok=True)
    config = gates_config(environment, path)
    output.write_text(json.dumps(config, indent=2) + "\n")
    shown = project.short(output.absolute())
    ended = len(environment.gates.exceptions)
    write(f"{shown}: {len(environment.gates.levels)} levels and {ended} exceptions of {name}\n")
    for stack in stacks_of(environment.name, environment.stacks):
        pack = f"--policy-pack {_PACK} --policy-pack-config {shown}"
        write(f"pulumi preview --stack {stack} {pack}")
        write(f"pulumi policy analyze --stack {stack} {pack} --json")
    return 0

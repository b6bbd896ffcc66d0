"""``ai-platform gates``: what the policy pack is to know of an environment."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..gates_pack import pack_folder
from ..layers import environment_of, stacks_of
from . import project
from .command import Add
from .output import write, write_file
from .workplace import Workplace


def register(add: Add) -> None:
    """Adds the command."""
    command = add("gates", _gates, "write the policy pack's configuration and how to run it")
    command.add_argument("environment", metavar="ENV", help="name of stacks/ENV.yaml")
    command.add_argument(
        "--output", type=Path, metavar="FILE", help="where to write it; default: .ai-platform/gates-ENV.json"
    )


def pack_of(place: Workplace, stack: str) -> tuple[Path, Path]:
    """The policy pack, and the file that tells it what the stack's description says of it.

    Raises ``InvalidInput``, also where what runs packs is not installed.
    """
    return pack_folder(place.root, place.home), _written(place, environment_of(stack), None)


def _written(place: Workplace, name: str, output: Path | None) -> Path:
    from ..gates_config import gates_config

    environment, _ = project.described(place, name)
    config = gates_config(environment, place.root / "stacks" / f"{name}.yaml")
    if output is None:
        output = place.home / f"gates-{name}.json"
        output.parent.mkdir(parents=True, exist_ok=True)
    write_file(output, json.dumps(config, indent=2) + "\n")
    return output


def _gates(options: argparse.Namespace) -> int:
    place, name = project.workplace(), options.environment
    environment, _ = project.described(place, name)
    folder = project.short(pack_folder(place.root, place.home).absolute())
    shown = project.short(_written(place, name, options.output).absolute())
    ended = len(environment.gates.exceptions)
    write(f"{shown}: {len(environment.gates.levels)} levels and {ended} exceptions of {name}\n")
    for stack in stacks_of(environment.name, environment.stacks):
        pack = f"--policy-pack {folder} --policy-pack-config {shown}"
        write(f"pulumi preview --stack {stack} {pack}")
        write(f"pulumi policy analyze --stack {stack} {pack} --json")
    return 0

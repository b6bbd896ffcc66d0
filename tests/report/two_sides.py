"""Sides of a change, from descriptions that are changed a little."""

import copy
from pathlib import Path

from ai_platform.environment import parse
from ai_platform.marks import read_yaml
from ai_platform.plan import make_plan
from ai_platform.report.side import Side

STACKS = Path(__file__).parents[2] / "stacks"
DESCRIPTIONS = {name: read_yaml(STACKS / f"{name}.yaml").data for name in ("local", "dev", "prod")}


def described(name="local"):
    """A description to change."""
    return copy.deepcopy(DESCRIPTIONS[name])


def side(description):
    environment = parse(description, subject="test", folder=STACKS)
    return Side(environment, make_plan(environment), f"stacks/{environment.name}.yaml")


def part(description, kind, name):
    """The pool, team or endpoint of that name."""
    return next(entry for entry in description[kind] if entry["name"] == name)


def price(machine, usd, **keys):
    row = {"machine": machine, "region": "us-east-1", "source": "offer of 12 November", "date": "2026-11-12"}
    return {**row, "usd_per_hour": str(usd), **keys}

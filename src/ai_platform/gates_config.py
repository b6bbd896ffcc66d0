"""The configuration of the policy pack for one environment, as ``--policy-pack-config`` takes it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .components.errors import InvalidInput, Problem
from .components.gates_spec import GateLevel
from .environment import Environment
from .layers import StackLayout

FIXED = "exceptions"
"""The rule about exceptions: an expired one fails, whatever a description says."""
_PLANNED = ("budget", "pools-as-planned", "quota-sums")
"""Rules that look at the plan."""
_UNNEEDED = "unneeded-exceptions"


def gates_config(
    environment: Environment, path: Path, today: datetime.date | None = None
) -> dict[str, dict[str, Any]]:
    """Rule to its level and settings. ``path`` is the description's; without ``today`` the clock counts.

    Each has its level, also where that is the pack's own: without one Pulumi refuses what is said of a rule
    that a pack of somebody else has left out.

    Raises ``InvalidInput`` where the description would let expired exceptions pass.
    """
    gates = environment.gates
    if FIXED in gates.levels:
        fix = "take the line out; renew the exception that has ended, or mend what it excused"
        problem = Problem(f"gates.levels.{FIXED}", gates.levels[FIXED].value, "no such key", fix)
        raise InvalidInput(f"environment {environment.name!r}", [problem])
    exceptions = [entry.model_dump(mode="json") for entry in gates.exceptions]
    config: dict[str, dict[str, Any]] = {rule: {"environment": str(path)} for rule in _PLANNED}
    for entry in exceptions:
        config.setdefault(entry["rule"], {}).setdefault("exceptions", []).append(entry)
    for rule in (FIXED, _UNNEEDED):
        config.setdefault(rule, {})["exceptions"] = exceptions
    config[_UNNEEDED]["whole"] = environment.stacks is StackLayout.WHOLE
    for rule, level in gates.levels.items():
        config.setdefault(rule, {})["enforcementLevel"] = level.value
    config[FIXED]["levels"] = sorted(gates.levels)
    dated: Mapping[str, Any] = {"today": today.isoformat()} if today else {}
    return {rule: {"enforcementLevel": _level(rule), **config[rule], **dated} for rule in sorted(config)}


def _level(rule: str) -> str:
    return (GateLevel.ADVISORY if rule == _UNNEEDED else GateLevel.MANDATORY).value

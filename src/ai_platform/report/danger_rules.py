"""Every rule that finds a danger: its grade, when it speaks, and the safer way. The docs are made from it."""

from __future__ import annotations

from collections.abc import Mapping

from .danger_rule import Rule
from .danger_rules_capacity import CAPACITY
from .danger_rules_exposure import EXPOSURE
from .danger_rules_stacks import STACKS
from .danger_rules_versions import VERSIONS
from .danger_rules_workloads import WORKLOADS
from .model import Grade
from .stateful_types import KINDS


def _kinds() -> list[Rule]:
    rules = []
    for kind, loss in KINDS.items():
        safer = loss.safer.format(noun=loss.noun)
        rules += [
            Rule(f"{kind}-removed", loss.removed, f"a {loss.noun} is deleted: {loss.reason}", safer),
            Rule(
                f"{kind}-replaced",
                Grade.CRITICAL if kind == "pool" else loss.replaced,
                f"a {loss.noun} is deleted and made anew: {loss.reason}",
                safer,
            ),
        ]
    return rules


RULES: Mapping[str, Rule] = {
    rule.name: rule for rule in (*_kinds(), *STACKS, *CAPACITY, *WORKLOADS, *EXPOSURE, *VERSIONS)
}
"""By name."""

"""The gates: a CrossGuard pack whose rules others can import.

from pulumi_policy import PolicyPack
from ai_platform.policy import rules

PolicyPack("ours", [*rules(), our_own_rule])
"""

from __future__ import annotations

from typing import Any


def rules() -> list[Any]:
    """Every rule as a policy for a ``PolicyPack``. What they see of a run is kept apart from other calls'."""
    # Not above: who tests a rule as a plain function needs no pulumi_policy.
    from .pack import policies

    return policies()

"""Other ways to serve the same needs for less, proven by a plan or by a price that is known."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import chain

from .model_money import Saving
from .pairs import pairs
from .savings_devices import smaller_devices
from .savings_nodes import idle_nodes
from .savings_prices import machines, reserved, spot
from .side import Side
from .variants import Planned

LEAST_USD, LEAST_PERCENT = Decimal(50), 1
"""A month, and of what the environment is expected to cost: what is below either is not worth reading."""

_RULES = (reserved, spot, machines, idle_nodes, smaller_devices)


def savings(after: Sequence[Side]) -> tuple[Saving, ...]:
    """What could be saved, largest first. Each stands alone: two of one pool may not add up."""
    found: list[Saving] = []
    for pair in pairs([], after):
        where = Planned.of(pair.latest, pair.prefix)
        least = max(LEAST_USD, where.plan.cost.expected * LEAST_PERCENT / 100)
        found += (
            saving
            for saving in chain.from_iterable(rule(where) for rule in _RULES)
            if saving.monthly_usd >= least
        )
    return tuple(sorted(found, key=lambda saving: (-saving.monthly_usd, saving.what)))

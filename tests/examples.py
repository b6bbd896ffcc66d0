"""How many examples a property is tried with."""

from __future__ import annotations

import os

from hypothesis import settings

FEWEST = 5


def examples(count: int) -> settings:
    """``count`` examples before a change is merged; elsewhere a fifth, which are others in each run."""
    return settings(deadline=None, max_examples=count if os.environ.get("CI") else max(FEWEST, count // 5))

"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

_INTERVAL_S = 0.05


def wait_until(condition: Callable[[], bool], *, limit_s: float, interval_s: float = _INTERVAL_S) -> bool:
    """Asks until the condition holds; False when it did not within the limit."""
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() >= end:
            return False
        time.sleep(interval_s)
    return True

"""What every test needs."""

from __future__ import annotations

import gc
import os
import sys

import pytest
from hypothesis import HealthCheck, settings

from tests.browser import browser
from tests.cluster_fixture import built_tools, simulated_cluster

__all__ = ["browser", "built_tools", "simulated_cluster"]

# What is made while tests are collected lives until the end: to look for garbage in it takes a second.
gc.disable()

# How long an example takes says how busy the machine is.
_ANY_TIME = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("local", max_examples=20, **_ANY_TIME)
settings.register_profile("ci", max_examples=100, derandomize=True, **_ANY_TIME)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_collection_finish() -> None:
    """From here on there is garbage, and tests that look for it; a look each 100,000 objects is enough."""
    gc.freeze()
    gc.set_threshold(100_000)
    gc.enable()
    _without_positions()


def _without_positions() -> None:
    """Recordings keep no source positions, for which Pulumi walks the whole stack at each resource."""
    if runtime := sys.modules.get("pulumi.runtime.resource"):
        nowhere = runtime.source_pb2.StackTrace()
        vars(runtime)["_get_stack_trace"] = lambda: nowhere


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests first: a plain mistake shows before the engine starts."""
    items.sort(key=lambda item: item.get_closest_marker("engine") is not None)
    for item in items:
        if item.get_closest_marker("engine") and isinstance(item, pytest.Function):
            item.fixturenames.insert(0, "built_tools")

"""A program with the drift check, for ``tests/programs.py``."""

from ai_platform.components.observability import Observability
from ai_platform.drift.check import DriftCheck
from ai_platform.finops.cost_tags import CostTags

IMAGE = f"registry.example/ai-platform@sha256:{'a' * 64}"


def drift_check() -> None:
    """A job that looks each day, with its alert."""
    labels = CostTags(environment="prod").kubernetes()
    Observability("monitoring", {"provider": "eks", "labels": labels})
    DriftCheck("drift", {"image": IMAGE, "description": "name: prod\n", "labels": labels, "monitored": True})

"""Rules on versions."""

from __future__ import annotations

from .danger_rule import Rule
from .model import Grade

VERSIONS: tuple[Rule, ...] = (
    Rule(
        "kubernetes-version-jump",
        Grade.HIGH,
        "Kubernetes goes up by more than one minor version, or down; clouds refuse both",
        "go one minor version at a time and look at what each one removes",
    ),
    Rule(
        "kubernetes-upgrade",
        Grade.MEDIUM,
        "Kubernetes goes up one minor version, and every node is replaced in its turn",
        "try it on an environment that nobody waits for, and run `ai-platform doctor` after it",
    ),
    Rule(
        "chart-major-jump",
        Grade.MEDIUM,
        "a chart goes up a major version, or a minor one below 1.0",
        "read its upgrade notes, try it on another environment, and upgrade its CRDs first",
    ),
    Rule(
        "chart-downgrade",
        Grade.HIGH,
        "a chart goes back to an older version, whose controllers may not read what the newer ones wrote",
        "keep it as it is, or say in the pull request why the older version reads the objects of "
        "the newer one",
    ),
    Rule(
        "runtime-changed",
        Grade.HIGH,
        "the runtime of all endpoints gets another image: every replica starts anew with it; low where "
        "only the digest differs",
        "make a second runtime with the new image and move one endpoint there first",
    ),
)
